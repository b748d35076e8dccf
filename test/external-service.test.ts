import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import {
  CircuitBreaker, EgressGateway, ExternalEgress, ExternalService, ExternalServiceProps, Mesh, MeshPort, MeshService, Retries, Rewrite,
} from '../src';
import { find, inventory, lookUp, synthesize, synthesizeApp } from './support/manifests';
import { World } from './support/world';

const HOST = 'api.stripe.com';
const UNASKED = { attempts: 2, retryOn: 'connect-failure,refused-stream,reset-before-request' };
const from = (service: string) => ({ sourceNamespace: 'shop', sourceLabels: { 'service.istio.io/canonical-name': service } });

function stripe(world: World, props: Partial<ExternalServiceProps> = {}): ExternalService {
  return new ExternalService(world.shop, 'stripe', { host: HOST, ports: [MeshPort.tls(443)], ...props });
}

test('becomes a ServiceEntry that is seen in its own namespace alone', () => {
  const world = new World();
  stripe(world);
  const manifests = synthesize(world.shop);

  expect(inventory(manifests)).toEqual(['ServiceEntry shop/stripe']);
  expect(manifests[0].apiVersion).toBe('networking.istio.io/v1');
  expect(manifests[0].metadata.labels).toEqual({ 'app.kubernetes.io/name': 'stripe', 'app.kubernetes.io/managed-by': 'cdk8s-mesh' });
  expect(manifests[0].spec).toEqual({
    hosts: [HOST],
    location: 'MESH_EXTERNAL',
    resolution: 'DNS',
    ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
    exportTo: ['.'],
  });
});

test('has the shape of this snapshot', () => {
  const world = new World();
  world.service('orders').calls(stripe(world, { ports: [MeshPort.http(80)] }), { timeout: Duration.seconds(1) });

  expect([find(synthesize(world.shop), 'ServiceEntry', 'stripe'), find(synthesize(world.shop), 'VirtualService', 'stripe')]).toMatchSnapshot();
});

test('says what it is', () => {
  expect(stripe(new World()).host).toBe(HOST);
});

test('names each port\'s protocol; the port may be low', () => {
  const world = new World();
  stripe(world, { ports: [MeshPort.http(80), MeshPort.http2(8080), MeshPort.grpc(50051), MeshPort.tls(443, { name: 'tls-api' })] });

  expect(find(synthesize(world.shop), 'ServiceEntry', 'stripe').spec.ports).toEqual([
    { number: 80, name: 'http', protocol: 'HTTP' },
    { number: 8080, name: 'http2', protocol: 'HTTP2' },
    { number: 50051, name: 'grpc', protocol: 'GRPC' },
    { number: 443, name: 'tls-api', protocol: 'TLS' },
  ]);
});

describe('a call', () => {
  test('opens the caller\'s network to every public address, on the port', () => {
    const world = new World();
    world.service('orders').calls(stripe(world));

    expect(find(synthesize(world.shop), 'NetworkPolicy', 'orders').spec.egress[0]).toEqual({
      to: [{
        ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'] },
      }],
      ports: [{ port: 443, protocol: 'TCP' }],
    });
  });

  test('opens it to the given addresses alone', () => {
    const world = new World();
    world.service('orders').calls(stripe(world, { cidrs: ['203.0.113.0/24', '2001:db8::/32'] }));

    expect(find(synthesize(world.shop), 'NetworkPolicy', 'orders').spec.egress[0].to).toEqual([
      { ipBlock: { cidr: '203.0.113.0/24' } }, { ipBlock: { cidr: '2001:db8::/32' } },
    ]);
  });

  test('opens the caller\'s proxy, and nobody else\'s', () => {
    const world = new World();
    world.service('orders').calls(stripe(world));
    world.service('payments');
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual([`shop/${HOST}`, 'istio-system/*']);
    expect(find(manifests, 'Sidecar', 'payments').spec.egress[0].hosts).toEqual(['istio-system/*']);
    expect(find(manifests, 'NetworkPolicy', 'payments').spec.egress).toHaveLength(2);
  });

  test('of other namespaces makes it visible there, and nowhere else', () => {
    const world = new World();
    const external = stripe(world);
    ['web', 'api'].forEach((namespace) => {
      const props = { image: 'ghcr.io/acme/client:1.0.0', ports: [MeshPort.http(8080)] };
      new MeshService(world.chart(namespace, namespace), 'client', props).calls(external);
    });
    const manifests = synthesizeApp(world.app);

    expect(find(manifests, 'ServiceEntry', 'stripe').spec.exportTo).toEqual(['api', 'web']);
    expect(find(manifests, 'Sidecar', 'client', 'web').spec.egress[0].hosts).toEqual([`shop/${HOST}`, 'istio-system/*']);
  });

  test('of its own and of another namespace makes it visible in both', () => {
    const world = new World();
    const external = stripe(world);
    world.service('orders').calls(external);
    new MeshService(world.chart('web', 'web'), 'client', { image: 'ghcr.io/acme/client:1.0.0', ports: [MeshPort.http(8080)] }).calls(external);

    expect(find(synthesizeApp(world.app), 'ServiceEntry', 'stripe').spec.exportTo).toEqual(['.', 'web']);
  });

  test('with a timeout over plain HTTP makes a VirtualService, as visible as the ServiceEntry', () => {
    const world = new World();
    const external = stripe(world, { ports: [MeshPort.http(80)] });
    new MeshService(world.chart('web', 'web'), 'client', { image: 'ghcr.io/acme/client:1.0.0', ports: [MeshPort.http(8080)] })
      .calls(external, { timeout: Duration.seconds(3), retries: Retries.none() });

    const { metadata, spec } = find(synthesizeApp(world.app), 'VirtualService', 'stripe');
    expect(metadata.namespace).toBe('shop');
    expect(spec).toEqual({
      hosts: [HOST],
      exportTo: ['web'],
      http: [
        {
          name: expect.any(String),
          match: [{ sourceNamespace: 'web', sourceLabels: { 'service.istio.io/canonical-name': 'client' } }],
          timeout: '3s',
          retries: { attempts: 0 },
          route: [{ destination: { host: HOST } }],
        },
        { name: 'undeclared', directResponse: { status: 403 } },
      ],
    });
  });

  test('over plain HTTP is held by the caller\'s proxy to its methods and paths, and to its port', () => {
    const world = new World();
    const external = stripe(world, { ports: [MeshPort.http(80), MeshPort.grpc(50051)] });
    world.service('orders').calls(external, { port: 'http', methods: ['GET'], paths: ['/v1/*'] });
    world.service('payments').calls(external, { port: 'grpc' });

    expect(find(synthesize(world.shop), 'VirtualService', 'stripe').spec.http).toEqual([
      {
        name: 'default.http.orders',
        match: [{ ...from('orders'), port: 80, method: { exact: 'GET' }, uri: { prefix: '/v1/' } }],
        retries: UNASKED,
        route: [{ destination: { host: HOST, port: { number: 80 } } }],
      },
      { name: 'undeclared.http', match: [{ port: 80 }], directResponse: { status: 403 } },
      {
        name: 'default.grpc.payments',
        match: [{ ...from('payments'), port: 50051 }],
        retries: UNASKED,
        route: [{ destination: { host: HOST, port: { number: 50051 } } }],
      },
      { name: 'undeclared.grpc', match: [{ port: 50051 }], directResponse: { status: 403 } },
    ]);
  });

  test('over TLS makes no VirtualService: the proxy cannot read it', () => {
    const world = new World();
    world.service('orders').calls(stripe(world));

    expect(lookUp(synthesize(world.shop), 'VirtualService', 'stripe')).toBeUndefined();
  });
});

test.each(['api.svc.example.com', 'svc.example.com', 'orders.shopping', 'acme.com', 'acme-cluster.local'])('takes the host %s, which is outside', (host) => {
  const world = new World();
  new ExternalService(world.shop, 'outside', { host, ports: [MeshPort.tls(443)] });

  expect(find(synthesize(world.shop), 'ServiceEntry', 'outside').spec.hosts).toEqual([host]);
});

test('of one host serves a client in each namespace', () => {
  const world = new World();
  world.service('orders').calls(stripe(world));
  const web = world.chart('web', 'web');
  const frontend = new MeshService(web, 'frontend', { image: 'ghcr.io/acme/frontend:1.0.0', ports: [MeshPort.http(8080)] });
  frontend.calls(new ExternalService(web, 'stripe', { host: HOST, ports: [MeshPort.tls(443)] }));

  expect(() => world.synth()).not.toThrow();
});

test('keeps the fields that a patch adds', () => {
  const world = new World();
  ApiObject.of(stripe(world).node.findChild('service-entry')).addJsonPatch(JsonPatch.add('/spec/subjectAltNames', [HOST]));

  expect(find(synthesize(world.shop), 'ServiceEntry', 'stripe').spec.subjectAltNames).toEqual([HOST]);
});

describe('many names that one host answers for', () => {
  const WILD = { host: '*.wikipedia.org', ports: [MeshPort.http(80), MeshPort.tls(443)], servedBy: 'www.wikipedia.org' };

  test('are looked up as this one, so that no connection goes elsewhere', () => {
    const world = new World();
    world.service('orders').calls(stripe(world, WILD), { port: 'tls' });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'ServiceEntry', 'stripe').spec).toMatchObject({ hosts: ['*.wikipedia.org'], resolution: 'DNS', endpoints: [{ address: 'www.wikipedia.org' }] });
    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toContain('shop/*.wikipedia.org');
    expect(find(manifests, 'Deployment', 'orders').spec.template.metadata.annotations).not.toHaveProperty('proxy.istio.io/config');
  });

  test('are that host to a network that knows names', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns() });
    world.service('orders').calls(stripe(world, WILD), { port: 'tls' });

    expect(find(synthesize(world.shop), 'CiliumNetworkPolicy', 'orders').spec.egress[0].toFQDNs).toEqual([{ matchName: 'www.wikipedia.org' }]);
  });

  test('may be chosen among its addresses', () => {
    const world = new World();
    world.service('orders').calls(stripe(world, { ...WILD, circuitBreaker: CircuitBreaker.consecutiveErrors(5) }), { port: 'tls' });

    expect(find(synthesize(world.shop), 'DestinationRule', 'stripe').spec.trafficPolicy).toHaveProperty('outlierDetection');
  });
});

describe('an alias', () => {
  const ALIASED = { ports: [MeshPort.http(80)], alias: 'payments' };

  test('is a Service that stands for the host', () => {
    const world = new World();
    stripe(world, ALIASED);

    expect(find(synthesize(world.shop), 'Service', 'payments').spec).toEqual({
      type: 'ExternalName', externalName: HOST, ports: [{ name: 'http', port: 80, targetPort: 80, protocol: 'TCP' }],
    });
  });

  test('is known to the proxies of who calls the host, and to no other', () => {
    const world = new World();
    world.service('orders').calls(stripe(world, ALIASED));
    world.service('frontend');
    const [caller, other] = ['orders', 'frontend'].map(name => find(synthesize(world.shop), 'Sidecar', name).spec.egress[0].hosts);

    expect(caller).toEqual([`shop/${HOST}`, 'shop/payments.shop.svc.cluster.local', 'istio-system/*']);
    expect(other).toEqual(['istio-system/*']);
  });

  test('has the host asked by its own name, for what was declared', () => {
    const world = new World();
    world.service('orders').calls(stripe(world, ALIASED), { paths: ['/v1/*'] });
    const { hosts, http } = find(synthesize(world.shop), 'VirtualService', 'stripe').spec;

    expect(hosts).toEqual([HOST]);
    expect(http.map(({ rewrite, directResponse }: any) => ({ rewrite, directResponse }))).toEqual([
      { rewrite: { authority: HOST }, directResponse: undefined }, { rewrite: undefined, directResponse: { status: 403 } },
    ]);
  });

  test('leaves another name to a call that says one, and its path', () => {
    const world = new World();
    const to = stripe(world, ALIASED);
    world.service('orders').calls(to, { paths: ['/v1/*'], rewrite: Rewrite.prefix('/v2') });
    world.service('frontend').calls(to, { rewrite: Rewrite.authority('eu.stripe.com') });
    const { http } = find(synthesize(world.shop), 'VirtualService', 'stripe').spec;

    expect(http.map(({ rewrite }: any) => rewrite?.authority)).toEqual(expect.arrayContaining([HOST, 'eu.stripe.com']));
    expect(http.find(({ rewrite }: any) => rewrite?.authority === HOST).rewrite).toHaveProperty('uriRegexRewrite');
  });

  test('leads through a gateway, which hears the host\'s own name', () => {
    const world = new World();
    const out = new EgressGateway(world.chart('egress', 'egress'), 'out');
    world.service('orders').calls(stripe(world, { ...ALIASED, through: out }));
    const manifests = synthesizeApp(world.app);

    expect(find(manifests, 'VirtualService', 'stripe').spec.http[0]).toMatchObject({ rewrite: { authority: HOST }, route: [{ destination: { host: 'out.egress.svc.cluster.local' } }] });
    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toContain('shop/payments.shop.svc.cluster.local');
  });
});
