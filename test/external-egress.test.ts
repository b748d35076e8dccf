import { ApiObject, Cron, JsonPatch } from 'cdk8s';
import { ExistingService, ExternalEgress, ExternalService, ExternalServiceProps, Mesh, MeshCronJob, MeshPort, MeshProps, MeshWorkload, TlsOrigination } from '../src';
import { find, lookUp, Manifest, synthesizeApp } from './support/manifests';
import { World } from './support/world';

function outside(world: World, id: string, host: string, props: Partial<ExternalServiceProps> = {}): ExternalService {
  return new ExternalService(world.shop, id, { host, ports: [MeshPort.tls(443)], ...props });
}

/** A world whose network knows names. */
function named(props: MeshProps = {}): World {
  const world = new World();
  new Mesh(world.app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns(), ...props });
  return world;
}

function namesOf(manifests: Manifest[], name = 'orders'): Manifest | undefined {
  return lookUp(manifests, 'CiliumNetworkPolicy', name);
}

const onPort = (port: number) => [{ ports: [{ port: String(port), protocol: 'TCP' }] }];
const LOOK_UPS = [{ ports: [{ port: '53', protocol: 'UDP' }, { port: '53', protocol: 'TCP' }], rules: { dns: [{ matchPattern: '*' }] } }];
const KUBE_DNS = {
  toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' } }], toPorts: LOOK_UPS,
};
const ESSENTIALS = 2; // DNS and istiod

test('a host that is called by its name alone is open by its name, and no public address is', () => {
  const world = named();
  world.service('orders').calls(outside(world, 'stripe', 'api.stripe.com'));
  const manifests = synthesizeApp(world.app);

  expect(namesOf(manifests)).toEqual({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'orders', namespace: 'shop', labels: { 'app.kubernetes.io/name': 'orders', 'app.kubernetes.io/managed-by': 'cdk8s-mesh' } },
    spec: {
      endpointSelector: { matchLabels: { 'service.istio.io/canonical-name': 'orders' } },
      egress: [{ toFQDNs: [{ matchName: 'api.stripe.com' }], toPorts: onPort(443) }, KUBE_DNS],
    },
  });
  expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress).toHaveLength(ESSENTIALS);
});

describe('both policies are those of the same pods', () => {
  const ports = [MeshPort.http(8080)];

  test.each<[string, (world: World) => MeshWorkload]>([
    ['that something else deploys', world => new ExistingService(world.shop, 'orders', { serviceAccount: 'orders', podLabels: { instance: 'orders' }, ports })],
    ['that are taken over', world => world.service('orders', { adopts: { workload: 'web', selector: { app: 'web' } } })],
    ['of a service', world => world.service('orders')],
  ])('%s', (_, workloadIn) => {
    const world = named();
    workloadIn(world).calls(outside(world, 'stripe', 'api.stripe.com'));
    const manifests = synthesizeApp(world.app);

    expect(namesOf(manifests)!.spec.endpointSelector).toEqual(find(manifests, 'NetworkPolicy', 'orders').spec.podSelector);
  });
});

test('the pods of a job, too', () => {
  const world = named();
  new MeshCronJob(world.shop, 'export', { image: 'ghcr.io/acme/export:1.0.0', schedule: Cron.daily() }).calls(outside(world, 's3', 'eu.s3.example.com'));

  expect(namesOf(synthesizeApp(world.app), 'export')!.spec.egress[0].toFQDNs).toEqual([{ matchName: 'eu.s3.example.com' }]);
});

test('what is known by more than its name stays with the NetworkPolicy', () => {
  const world = named();
  const orders = world.service('orders');
  orders.calls(outside(world, 'stripe', 'api.stripe.com'));
  orders.calls(outside(world, 'ledger', 'ledger.example.com', { cidrs: ['203.0.113.0/24'] }));
  orders.calls(outside(world, 'stock', 'stock.example.com', { addresses: ['203.0.114.7'] }));
  const manifests = synthesizeApp(world.app);

  expect(namesOf(manifests)!.spec.egress[0].toFQDNs).toEqual([{ matchName: 'api.stripe.com' }]);
  expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress.slice(0, -ESSENTIALS).flatMap(({ to }: any) => to)).toEqual([
    { ipBlock: { cidr: '203.0.113.0/24' } }, { ipBlock: { cidr: '203.0.114.7/32' } },
  ]);
});

test('hosts are together by the port that the packet bears, in an order of their own', () => {
  const declared = [
    ['stripe', 'api.stripe.com', MeshPort.tls(443)],
    ['bank', 'api.bank.example.com', MeshPort.http(80, { tls: TlsOrigination.simple(), targetPort: 443 })],
    ['queue', 'queue.example.com', MeshPort.tls(5671)],
    ['clock', 'clock.example.com', MeshPort.tls(10443)],
    ['mail', 'mail.example.com', MeshPort.tcp(25)],
  ] as const;
  const egressOf = (order: readonly (typeof declared)[number][]) => {
    const world = named();
    const orders = world.service('orders');
    order.forEach(([id, host, port]) => orders.calls(outside(world, id, host, { ports: [port] })));
    return namesOf(synthesizeApp(world.app))!.spec.egress;
  };

  expect(egressOf(declared)).toEqual([
    { toFQDNs: [{ matchName: 'mail.example.com' }], toPorts: onPort(25) },
    { toFQDNs: [{ matchName: 'api.bank.example.com' }, { matchName: 'api.stripe.com' }], toPorts: onPort(443) },
    { toFQDNs: [{ matchName: 'queue.example.com' }], toPorts: onPort(5671) },
    { toFQDNs: [{ matchName: 'clock.example.com' }], toPorts: onPort(10443) },
    KUBE_DNS,
  ]);
  expect(egressOf([...declared].reverse())).toEqual(egressOf(declared));
});

describe('a wildcard', () => {
  const pattern = () => {
    const world = named();
    world.service('orders').calls(outside(world, 's3', '*.s3.example.com'));
    const [{ toFQDNs: [fqdn] }] = namesOf(synthesizeApp(world.app))!.spec.egress;
    return fqdn.matchPattern;
  };

  /** As Cilium 1.19 reads a pattern: pkg/fqdn/matchpattern/matchpattern.go, escapeRegexpCharacters. */
  const asCilium = (text: string) => new RegExp(`^${text.replace(/\./g, '[.]')
    .replace(/^\*{2,}\[\.\]/, '([-a-zA-Z0-9_]+([.][-a-zA-Z0-9_]+){0,})[.]').replace(/\*+/g, '[-a-zA-Z0-9_]*')}$`);

  test('is the names below, at any depth, as to Istio', () => {
    expect(pattern()).toBe('**.s3.example.com');
  });

  test.each([['bucket.s3.example.com', true], ['a.b.s3.example.com', true], ['s3.example.com', false], ['evils3.example.com', false], ['s3.example.com.evil.com', false]])(
    'means %s: %s', (name, meant) => {
      expect(asCilium(pattern()).test(name)).toBe(meant);
    });
});

test('UDP is a transport of its own', () => {
  const world = named();
  world.service('orders').calls(outside(world, 'time', 'ntp.example.com', { ports: [MeshPort.udp(123)] }));

  expect(namesOf(synthesizeApp(world.app))!.spec.egress[0]).toEqual({
    toFQDNs: [{ matchName: 'ntp.example.com' }], toPorts: [{ ports: [{ port: '123', protocol: 'UDP' }] }],
  });
});

test('look-ups at other DNS servers are seen, too', () => {
  const world = named({ dnsCidrs: ['169.254.20.10/32'] });
  world.service('orders').calls(outside(world, 'stripe', 'api.stripe.com'));

  expect(namesOf(synthesizeApp(world.app))!.spec.egress.slice(1)).toEqual([KUBE_DNS, { toCIDR: ['169.254.20.10/32'], toPorts: LOOK_UPS }]);
});

test('what the proxies call by themselves is a call of every workload, those included that come later', () => {
  const world = new World();
  const mesh = new Mesh(world.app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns() });
  world.service('orders');
  mesh.proxiesCall(outside(world, 'collector', 'otlp.example.com'));
  world.service('payments');
  const manifests = synthesizeApp(world.app);

  for (const name of ['orders', 'payments']) {
    expect(namesOf(manifests, name)!.spec.egress[0]).toEqual({ toFQDNs: [{ matchName: 'otlp.example.com' }], toPorts: onPort(443) });
    expect(find(manifests, 'NetworkPolicy', name).spec.egress).toHaveLength(ESSENTIALS);
  }
});

describe('there is no second policy', () => {
  test.each<[string, MeshProps | undefined]>([
    ['without a Mesh', undefined], ['by default', {}], ['by addresses', { externalEgress: ExternalEgress.addresses() }],
  ])('%s, and public addresses are open', (_, props) => {
    const world = new World();
    if (props) {
      new Mesh(world.app, 'mesh', props);
    }
    world.service('orders').calls(outside(world, 'stripe', 'api.stripe.com'));
    const manifests = synthesizeApp(world.app);

    expect(namesOf(manifests)).toBeUndefined();
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0].to[0].ipBlock.cidr).toBe('0.0.0.0/0');
  });

  test('of who calls nobody by name', () => {
    const world = named();
    const orders = world.service('orders');
    world.service('frontend').calls(orders);
    orders.calls(outside(world, 'ledger', 'ledger.example.com', { cidrs: ['203.0.113.0/24'] }));
    outside(world, 'stripe', 'api.stripe.com');

    expect(synthesizeApp(world.app).filter(({ kind }) => kind === 'CiliumNetworkPolicy')).toEqual([]);
  });
});

test('a Mesh that comes last says the same', () => {
  const build = (first: boolean) => {
    const world = first ? named() : new World();
    world.service('orders').calls(outside(world, 'stripe', 'api.stripe.com'));
    if (!first) {
      new Mesh(world.app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns() });
    }
    return synthesizeApp(world.app);
  };

  expect(JSON.stringify(build(false))).toBe(JSON.stringify(build(true)));
});

test('keeps the fields that a patch adds', () => {
  const world = named();
  const orders = world.service('orders');
  orders.calls(outside(world, 'stripe', 'api.stripe.com'));
  ApiObject.of(orders.node.findChild('cilium-network-policy')).addJsonPatch(JsonPatch.add('/spec/description', 'payments'));

  expect(namesOf(synthesizeApp(world.app))!.spec.description).toBe('payments');
});

test('an object of the user\'s own is told that it is one of ours', () => {
  const world = named();
  world.service('orders').calls(outside(world, 'stripe', 'api.stripe.com'));
  new ApiObject(world.shop, 'mine', { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'orders' } });

  expect(() => world.synth()).toThrow('DuplicateName');
});
