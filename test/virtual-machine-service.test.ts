import {
  CircuitBreaker, ExistingWorkload, LoadBalancing, Locality, Mesh, MeshPort, Retries, RouteMatch, StringMatch, VirtualMachine, VirtualMachineService,
  VirtualMachineServiceProps,
} from '../src';
import { find, inventory, lookUp, synthesize } from './support/manifests';
import { World } from './support/world';

const HOST = 'billing.shop.svc.cluster.local';
const SELECTED = { 'service.istio.io/canonical-name': 'billing' };
const MACHINES = [VirtualMachine.at('10.8.0.8'), VirtualMachine.at('10.8.0.7', { locality: 'eu-1/eu-1a', weight: 2 })];
const BOTH = [{ ipBlock: { cidr: '10.8.0.7/32' } }, { ipBlock: { cidr: '10.8.0.8/32' } }];

function billingIn(world: World, props: Partial<VirtualMachineServiceProps> = {}): VirtualMachineService {
  return new VirtualMachineService(world.shop, 'billing', { ports: [MeshPort.http(80, { targetPort: 8080 })], machines: MACHINES, ...props });
}

describe('machines of the mesh', () => {
  test('become what the mesh has to know of them, and no NetworkPolicy', () => {
    const world = new World();
    billingIn(world);

    expect(inventory(synthesize(world.shop))).toEqual([
      'ServiceAccount shop/billing', 'WorkloadGroup shop/billing', 'WorkloadEntry shop/billing-10.8.0.7', 'WorkloadEntry shop/billing-10.8.0.8', 'Service shop/billing',
      'DestinationRule shop/billing', 'VirtualService shop/billing', 'Sidecar shop/billing', 'AuthorizationPolicy shop/billing',
    ]);
  });

  test('are entries that the Service selects, with the account that they take mutual TLS as', () => {
    const world = new World();
    billingIn(world);
    const manifests = synthesize(world.shop);
    const labels = { 'app': 'billing', ...SELECTED, 'service.istio.io/canonical-revision': 'latest' };

    expect(find(manifests, 'WorkloadEntry', 'billing-10.8.0.7').spec).toEqual({ address: '10.8.0.7', weight: 2, locality: 'eu-1/eu-1a', labels, serviceAccount: 'billing' });
    expect(find(manifests, 'WorkloadEntry', 'billing-10.8.0.8').spec).toEqual({ address: '10.8.0.8', labels, serviceAccount: 'billing' });
    const { selector, ports } = find(manifests, 'Service', 'billing').spec;
    expect(labels).toMatchObject(selector);
    expect(selector).toEqual({ app: 'billing', ...SELECTED });
    expect(ports).toEqual([{ name: 'http', port: 80, targetPort: 8080 }]);
    expect(find(manifests, 'DestinationRule', 'billing').spec).toMatchObject({ host: HOST, trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } });
  });

  test('get from their group the labels by which the policies find their proxies', () => {
    const world = new World();
    billingIn(world, { serviceAccount: 'legacy' });
    const manifests = synthesize(world.shop);
    const { metadata, template } = find(manifests, 'WorkloadGroup', 'billing').spec;

    expect(template).toEqual({ serviceAccount: 'legacy' });
    expect(metadata.labels).toMatchObject(find(manifests, 'Sidecar', 'billing').spec.workloadSelector.labels);
    expect(metadata.labels).toMatchObject(find(manifests, 'AuthorizationPolicy', 'billing').spec.selector.matchLabels);
    expect(find(manifests, 'ServiceAccount', 'legacy').automountServiceAccountToken).toBe(false);
    expect(find(manifests, 'WorkloadEntry', 'billing-10.8.0.7').spec.serviceAccount).toBe('legacy');
  });

  test('are called by a name of the cluster\'s DNS, through the caller\'s network to their addresses alone', () => {
    const world = new World();
    const billing = billingIn(world);
    world.service('orders').calls(billing, { paths: ['/invoices/*'], retries: Retries.none(), addressVariable: 'BILLING_ADDR' });
    const manifests = synthesize(world.shop);

    expect(billing.host).toBe(HOST);
    expect(find(manifests, 'AuthorizationPolicy', 'billing').spec).toEqual({
      selector: { matchLabels: SELECTED },
      action: 'ALLOW',
      rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/orders'] } }], to: [{ operation: { ports: ['8080'], paths: ['/invoices/*'] } }] }],
    });
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0]).toEqual({ to: BOTH, ports: [{ port: 8080, protocol: 'TCP' }] });
    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toContain(`shop/${HOST}`);
    expect(find(manifests, 'VirtualService', 'billing').spec.http.map(({ name }: any) => name)).toEqual(['default.orders', 'default']);
    const pod = find(manifests, 'Deployment', 'orders').spec.template;
    expect(pod.spec.containers[0].env).toEqual([{ name: 'BILLING_ADDR', value: `${HOST}:80` }]);
    expect(pod.metadata.annotations['proxy.istio.io/config'] ?? '').not.toContain('DNS_CAPTURE');
  });

  test('call as their account, and are let in from their addresses', () => {
    const world = new World();
    billingIn(world).calls(world.service('ledger'), { retries: Retries.none() });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'AuthorizationPolicy', 'ledger').spec.rules[0].from).toEqual([{ source: { principals: ['cluster.local/ns/shop/sa/billing'] } }]);
    expect(find(manifests, 'NetworkPolicy', 'ledger').spec.ingress[0]).toEqual({ from: BOTH, ports: [{ port: 8080, protocol: 'TCP' }] });
    expect(find(manifests, 'Sidecar', 'billing').spec).toMatchObject({
      workloadSelector: { labels: SELECTED }, outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' }, egress: [{ hosts: ['shop/ledger.shop.svc.cluster.local', 'istio-system/*'] }],
    });
    expect(find(manifests, 'VirtualService', 'ledger').spec.http[0].match).toEqual([{ sourceNamespace: 'shop', sourceLabels: SELECTED }]);
  });

  test('are named by addresses of IPv6 too, written in one way', () => {
    const world = new World();
    world.service('orders').calls(billingIn(world, { machines: [VirtualMachine.at('2001:DB8:0::7'), VirtualMachine.at('2001:db8:8::')] }));
    const manifests = synthesize(world.shop);

    expect(manifests.filter(({ kind }) => kind === 'WorkloadEntry').map(({ metadata, spec }) => [metadata.name, spec.address])).toEqual([
      ['billing-2001-db8-8--0', '2001:db8:8::'], ['billing-2001-db8--7', '2001:db8::7'],
    ]);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0].to).toEqual([{ ipBlock: { cidr: '2001:db8:8::/128' } }, { ipBlock: { cidr: '2001:db8::7/128' } }]);
  });

  test('are told apart by version, with a group for each, weights and routes', () => {
    const world = new World();
    const billing = billingIn(world, {
      machines: [VirtualMachine.at('10.8.0.7', { version: 'v2' }), VirtualMachine.at('10.8.0.8', { version: 'v1' })], versionWeights: { v1: 90, v2: 10 },
    });
    billing.addRoute('qa', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'v2' });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'DestinationRule', 'billing').spec.subsets).toEqual([{ name: 'v1', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } }]);
    expect(find(manifests, 'WorkloadEntry', 'billing-v2-10.8.0.7').spec.labels).toEqual({
      'app': 'billing', 'version': 'v2', ...SELECTED, 'service.istio.io/canonical-revision': 'v2',
    });
    expect(find(manifests, 'WorkloadGroup', 'billing-v1').spec.metadata.labels).toMatchObject({ version: 'v1' });
    expect(lookUp(manifests, 'WorkloadGroup', 'billing')).toBeUndefined();
    expect(find(manifests, 'VirtualService', 'billing').spec.http.map((route: any) => [route.name, route.route.map((to: any) => [to.destination.subset, to.weight])])).toEqual([
      ['qa', [['v2', undefined]]], ['default', [['v1', 90], ['v2', 10]]],
    ]);
  });

  test('of a version and of none stand side by side', () => {
    const world = new World();
    billingIn(world, { machines: [VirtualMachine.at('10.8.0.7', { version: 'v1' }), VirtualMachine.at('10.8.0.8')] });

    expect(inventory(synthesize(world.shop)).filter(object => object.startsWith('Workload'))).toEqual([
      'WorkloadGroup shop/billing-v1', 'WorkloadGroup shop/billing', 'WorkloadEntry shop/billing-v1-10.8.0.7', 'WorkloadEntry shop/billing-10.8.0.8',
    ]);
  });

  test('without ports call and are not called', () => {
    const world = new World();
    billingIn(world, { ports: undefined, machines: [VirtualMachine.at('10.8.0.7')] });

    expect(inventory(synthesize(world.shop))).toEqual([
      'ServiceAccount shop/billing', 'WorkloadGroup shop/billing', 'WorkloadEntry shop/billing-10.8.0.7', 'Sidecar shop/billing', 'AuthorizationPolicy shop/billing',
    ]);
  });

  test('are left out by a breaker and preferred by zone like pods', () => {
    const world = new World();
    billingIn(world, {
      machines: [VirtualMachine.at('10.8.0.7', { locality: 'eu-1/eu-1a' }), VirtualMachine.at('10.8.0.8', { locality: 'eu-1/eu-1b/rack-2' })],
      loadBalancing: LoadBalancing.leastRequest({ locality: Locality.failover() }),
      circuitBreaker: CircuitBreaker.consecutiveErrors(5),
    });

    expect(find(synthesize(world.shop), 'DestinationRule', 'billing').spec.trafficPolicy).toMatchObject({
      loadBalancer: { localityLbSetting: { enabled: true } }, outlierDetection: { consecutive5xxErrors: 5 },
    });
  });

  test('need no place where labels say which are near', () => {
    const world = new World();
    billingIn(world, {
      machines: [VirtualMachine.at('10.8.0.7'), VirtualMachine.at('10.8.0.8')],
      loadBalancing: LoadBalancing.leastRequest({ locality: Locality.failover({ labels: ['tier'] }) }),
      circuitBreaker: CircuitBreaker.consecutiveErrors(5),
    });

    expect(find(synthesize(world.shop), 'DestinationRule', 'billing').spec.trafficPolicy.loadBalancer.localityLbSetting).toEqual({ enabled: true, failoverPriority: ['tier'] });
  });

  test('are let in by what the proxies of all workloads call', () => {
    const world = new World();
    billingIn(world);
    new Mesh(world.app, 'mesh').proxiesCall(world.service('collector', { ports: [MeshPort.grpc(4317)] }));

    expect(find(synthesize(world.shop), 'NetworkPolicy', 'collector').spec.ingress[0].from).toEqual(BOTH);
  });

  test('let in whom another app describes', () => {
    const world = new World();
    new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'istio-ingress' }).calls(billingIn(world));

    expect(find(synthesize(world.shop), 'AuthorizationPolicy', 'billing').spec.rules[0].from).toEqual([
      { source: { principals: ['cluster.local/ns/istio-ingress/sa/istio-ingress'] } },
    ]);
  });

  test('no analyzer that knows pods alone takes their objects for lost ones', () => {
    const world = new World();
    billingIn(world);
    world.service('orders');
    const manifests = synthesize(world.shop);
    const suppressed = (kind: string, name: string) => find(manifests, kind, name).metadata.annotations?.['galley.istio.io/analyze-suppress'];

    expect(['Sidecar', 'AuthorizationPolicy', 'DestinationRule'].map(kind => suppressed(kind, 'billing'))).toEqual(Array(3).fill('IST0101,IST0127,IST0173'));
    expect(['Sidecar', 'AuthorizationPolicy', 'DestinationRule'].map(kind => suppressed(kind, 'orders'))).toEqual(Array(3).fill(undefined));
  });
});
