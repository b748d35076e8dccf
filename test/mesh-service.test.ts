import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import { CircuitBreaker, Mesh, MeshPort, MeshProps } from '../src';
import { find, inventory, lookUp, Manifest, synthesize } from './support/manifests';
import { ordersWith, podOf, World } from './support/world';

const POLICY_SELECTOR = { 'service.istio.io/canonical-name': 'orders' };
const OBJECT_LABELS = { 'app.kubernetes.io/name': 'orders', 'app.kubernetes.io/managed-by': 'cdk8s-mesh' };

test('becomes these objects, all of its name and namespace', () => {
  expect(inventory(ordersWith())).toEqual([
    'ServiceAccount shop/orders',
    'Deployment shop/orders',
    'Service shop/orders',
    'PodDisruptionBudget shop/orders',
    'DestinationRule shop/orders',
    'VirtualService shop/orders',
    'Sidecar shop/orders',
    'AuthorizationPolicy shop/orders',
    'NetworkPolicy shop/orders',
  ]);
});

test('has the shape of this snapshot', () => {
  expect(ordersWith({ ports: [MeshPort.http(80, { targetPort: 8080 })] })).toMatchSnapshot();
});

test('says what it is', () => {
  const world = new World();
  const orders = world.service('the-orders', { name: 'orders', version: 'stable' });

  expect(orders.name).toBe('orders');
  expect(orders.namespace).toBe('shop');
  expect(orders.version).toBe('stable');
  expect(orders.host).toBe('orders.shop.svc.cluster.local');
  expect(orders.serviceAccount.name).toBe('orders');
  expect(orders.deployment.name).toBe('orders');
  expect(orders.service.name).toBe('orders');
});

test('uses the current versions of every API', () => {
  expect(Object.fromEntries(ordersWith().map(({ kind, apiVersion }) => [kind, apiVersion]))).toEqual({
    ServiceAccount: 'v1',
    Deployment: 'apps/v1',
    Service: 'v1',
    PodDisruptionBudget: 'policy/v1',
    DestinationRule: 'networking.istio.io/v1',
    Sidecar: 'networking.istio.io/v1',
    AuthorizationPolicy: 'security.istio.io/v1',
    VirtualService: 'networking.istio.io/v1',
    NetworkPolicy: 'networking.k8s.io/v1',
  });
});

describe('labels', () => {
  test('of the pods name the service, its version and Istio\'s canonical service', () => {
    expect(podOf(ordersWith()).labels).toEqual({
      ...OBJECT_LABELS,
      'app': 'orders',
      'version': 'v1',
      'service.istio.io/canonical-name': 'orders',
      'service.istio.io/canonical-revision': 'v1',
      'app.kubernetes.io/instance': 'orders',
      'app.kubernetes.io/version': 'v1',
      'sidecar.istio.io/inject': 'true',
    });
  });

  test('of every object name the service', () => {
    ordersWith().forEach(({ metadata }) => expect(metadata.labels).toMatchObject(OBJECT_LABELS));
  });

  test('by which the Deployment finds its pods are app and version', () => {
    expect(find(ordersWith({ version: 'stable' }), 'Deployment', 'orders').spec.selector).toEqual({ matchLabels: { app: 'orders', version: 'stable' } });
  });

  test('by which the Service finds the pods are those of every version', () => {
    expect(find(ordersWith(), 'Service', 'orders').spec.selector).toEqual({ app: 'orders' });
  });

  test('by which policies find the pods survive what Flagger does to `app`', () => {
    const manifests = ordersWith();

    expect(find(manifests, 'PodDisruptionBudget', 'orders').spec.selector).toEqual({ matchLabels: POLICY_SELECTOR });
    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.selector).toEqual({ matchLabels: POLICY_SELECTOR });
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.podSelector).toEqual({ matchLabels: POLICY_SELECTOR });
    expect(find(manifests, 'Sidecar', 'orders').spec.workloadSelector).toEqual({ labels: POLICY_SELECTOR });
  });
});

test('ports: the Service has the client\'s number and the protocol\'s name, the container its own number', () => {
  const manifests = ordersWith({ ports: [MeshPort.http(80, { targetPort: 8080 }), MeshPort.grpc(50051, { name: 'grpc-admin' }), MeshPort.tcp(6379)] });

  expect(find(manifests, 'Service', 'orders').spec).toMatchObject({
    type: 'ClusterIP',
    ports: [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'grpc-admin', port: 50051, targetPort: 50051 },
      { name: 'tcp', port: 6379, targetPort: 6379 },
    ],
  });
  expect(podOf(manifests).container.ports).toEqual([
    { name: 'http', containerPort: 8080 }, { name: 'grpc-admin', containerPort: 50051 }, { name: 'tcp', containerPort: 6379 },
  ]);
});

describe('a service that nobody calls and that calls nobody', () => {
  const manifests = ordersWith();

  test('refuses every request', () => {
    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec).toEqual({ selector: { matchLabels: POLICY_SELECTOR }, action: 'ALLOW' });
  });

  test('knows no host but those of the mesh\'s own namespace', () => {
    expect(find(manifests, 'Sidecar', 'orders').spec).toMatchObject({
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' }, egress: [{ hosts: ['istio-system/*'] }],
    });
  });

  test('lets in Prometheus, and lets out to DNS and istiod', () => {
    expect(find(manifests, 'NetworkPolicy', 'orders').spec).toEqual({
      podSelector: { matchLabels: POLICY_SELECTOR },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-system' } } }],
        ports: [{ port: 15020, protocol: 'TCP' }, { port: 15090, protocol: 'TCP' }],
      }],
      egress: [
        {
          to: [{
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
            podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
          }],
          ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }],
        },
        {
          to: [{
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-system' } },
            podSelector: { matchLabels: { app: 'istiod' } },
          }],
          ports: [{ port: 15012, protocol: 'TCP' }],
        },
      ],
    });
  });

  test('has one subset, mutual TLS, every zone alike, and one route', () => {
    expect(find(manifests, 'DestinationRule', 'orders').spec).toEqual({
      host: 'orders.shop.svc.cluster.local',
      trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' }, loadBalancer: { localityLbSetting: { enabled: false } } },
      subsets: [{ name: 'v1', labels: { version: 'v1' } }],
    });
    expect(find(manifests, 'VirtualService', 'orders').spec.http).toHaveLength(1);
  });

  test('has no VirtualService where no port speaks HTTP', () => {
    expect(lookUp(ordersWith({ ports: [MeshPort.tcp(6379)] }), 'VirtualService', 'orders')).toBeUndefined();
  });
});

test('a circuit breaker leaves out pods, and says nothing of the balance', () => {
  const { trafficPolicy } = find(ordersWith({ circuitBreaker: CircuitBreaker.consecutiveErrors(5) }), 'DestinationRule', 'orders').spec;

  expect(trafficPolicy).toMatchObject({ loadBalancer: { localityLbSetting: { enabled: false } }, outlierDetection: { consecutive5xxErrors: 5 } });
  expect(trafficPolicy.loadBalancer.simple).toBeUndefined();
});

describe('a service that uses the Kubernetes API', () => {
  function withApi(before: boolean, cidrs?: string[]): Manifest[] {
    const world = new World();
    const mesh = () => new Mesh(world.app, 'mesh', { apiServerCidrs: cidrs });
    if (before) {
      mesh();
    }
    const orders = world.service('orders');
    orders.usesKubernetesApi();
    orders.usesKubernetesApi(); // twice is as good as once
    world.release(orders);
    if (!before) {
      mesh();
    }
    return synthesize(world.shop);
  }

  test('mounts its token, in every version; its account mounts none by itself', () => {
    const manifests = withApi(true);

    expect(podOf(manifests).spec.automountServiceAccountToken).toBe(true);
    expect(podOf(manifests, 'orders-v2').spec.automountServiceAccountToken).toBe(true);
    expect(find(manifests, 'ServiceAccount', 'orders').automountServiceAccountToken).toBe(false);
  });

  test('reaches the API server by its proxy and by the network', () => {
    const manifests = withApi(true, ['10.96.0.1/32', '192.168.0.0/24']);

    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual(['default/kubernetes.default.svc.cluster.local', 'istio-system/*']);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress.at(-1)).toEqual({
      to: [{ ipBlock: { cidr: '10.96.0.1/32' } }, { ipBlock: { cidr: '192.168.0.0/24' } }],
      ports: [{ port: 443, protocol: 'TCP' }, { port: 6443, protocol: 'TCP' }],
    });
  });

  test('reaches any address on the API server\'s ports by default', () => {
    expect(find(withApi(true), 'NetworkPolicy', 'orders').spec.egress.at(-1).to).toEqual([{ ipBlock: { cidr: '0.0.0.0/0' } }]);
  });

  test('knows it by the name that the cluster gives it', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { clusterDomain: 'acme.internal' });
    world.service('orders').usesKubernetesApi();

    expect(find(synthesize(world.shop), 'Sidecar', 'orders').spec.egress[0].hosts).toEqual(['default/kubernetes.default.svc.acme.internal', 'istio-system/*']);
  });

  test('whether the Mesh comes first or last', () => {
    expect(withApi(false, ['10.96.0.1/32'])).toEqual(withApi(true, ['10.96.0.1/32']));
  });

  test('and a release that came first mounts it too', () => {
    const world = new World();
    const orders = world.service('orders');
    world.release(orders);
    orders.usesKubernetesApi();

    expect(podOf(synthesize(world.shop), 'orders-v2').spec.automountServiceAccountToken).toBe(true);
  });
});

describe('the escape hatch', () => {
  test('keeps fields of the Deployment that cdk8s-plus\' Kubernetes 1.28 does not know', () => {
    const world = new World();
    ApiObject.of(world.service('orders').deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/hostUsers', false),
      JsonPatch.add('/spec/template/spec/containers/0/resizePolicy', [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }]),
      JsonPatch.add('/spec/template/spec/fieldOfTheFuture', { deep: [1] }),
    );
    const { spec, container } = podOf(synthesize(world.shop));

    expect(spec.hostUsers).toBe(false);
    expect(container.resizePolicy).toEqual([{ resourceName: 'cpu', restartPolicy: 'NotRequired' }]);
    expect(spec.fieldOfTheFuture).toEqual({ deep: [1] });
    expect(spec.securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
  });

  test.each([
    ['DestinationRule', 'destination-rule'],
    ['Sidecar', 'sidecar'],
    ['AuthorizationPolicy', 'authorization-policy'],
    ['NetworkPolicy', 'network-policy'],
    ['PodDisruptionBudget', 'disruption-budget'],
  ])('keeps fields of the %s', (kind, id) => {
    const world = new World();
    ApiObject.of(world.service('orders').node.findChild(id)).addJsonPatch(
      JsonPatch.add('/spec/fieldOfTheFuture', { deep: [1] }), JsonPatch.add('/metadata/annotations', { team: 'orders' }),
    );

    const manifest = find(synthesize(world.shop), kind, 'orders');
    expect(manifest.spec.fieldOfTheFuture).toEqual({ deep: [1] });
    expect(manifest.metadata.annotations).toEqual({ team: 'orders' });
  });

  test('replaces a derived field of the Istio objects', () => {
    const world = new World();
    ApiObject.of(world.service('orders').node.findChild('destination-rule')).addJsonPatch(JsonPatch.replace('/spec/trafficPolicy/tls/mode', 'DISABLE'));

    expect(find(synthesize(world.shop), 'DestinationRule', 'orders').spec.trafficPolicy.tls).toEqual({ mode: 'DISABLE' });
  });
});

describe('a Mesh', () => {
  const PROPS = { trustDomain: 'acme.example', clusterDomain: 'acme.internal', istioNamespace: 'istio', prometheusNamespace: 'monitoring' };

  function meshed(order: 'before' | 'after'): Manifest[] {
    const world = new World();
    const mesh = () => new Mesh(world.app, 'mesh', PROPS);
    if (order === 'before') {
      mesh();
    }
    world.service('frontend').calls(world.service('orders'), { timeout: Duration.seconds(1) });
    if (order === 'after') {
      mesh();
    }
    return synthesize(world.shop);
  }

  test('gives identities, hosts, istiod and Prometheus their places', () => {
    const manifests = meshed('before');

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules[0].from).toEqual([
      { source: { principals: ['acme.example/ns/shop/sa/frontend'] } },
    ]);
    expect(find(manifests, 'DestinationRule', 'orders').spec.host).toBe('orders.shop.svc.acme.internal');
    expect(find(manifests, 'VirtualService', 'orders').spec.hosts).toEqual(['orders.shop.svc.acme.internal']);
    expect(find(manifests, 'Sidecar', 'frontend').spec.egress[0].hosts).toEqual(['shop/orders.shop.svc.acme.internal', 'istio/*']);
    const { ingress, egress } = find(manifests, 'NetworkPolicy', 'frontend').spec;
    expect(ingress.at(-1).from[0].namespaceSelector.matchLabels).toEqual({ 'kubernetes.io/metadata.name': 'monitoring' });
    expect(egress.at(-1).to[0].namespaceSelector.matchLabels).toEqual({ 'kubernetes.io/metadata.name': 'istio' });
  });

  test.each([
    ['http://prometheus.monitoring:9090', 'monitoring'],
    ['http://prometheus.monitoring.svc:9090', 'monitoring'],
    ['https://prometheus.monitoring.svc.acme.internal/prometheus', 'monitoring'],
    ['http://prometheus.monitoring', 'monitoring'],
    ['http://prometheus:9090', 'istio-system'],
    ['https://metrics.acme.example/prometheus', 'istio-system'],
    ['http://10.0.0.1:9090', 'istio-system'],
  ])('whose Prometheus is %s lets it in from %s', (prometheusUrl, namespace) => {
    const lets = (props: MeshProps) => {
      const world = new World();
      world.service('orders');
      new Mesh(world.app, 'mesh', props);
      return find(synthesize(world.shop), 'NetworkPolicy', 'orders').spec.ingress.at(-1).from[0].namespaceSelector.matchLabels['kubernetes.io/metadata.name'];
    };

    expect(lets({ prometheusUrl })).toBe(namespace);
    expect(lets({ prometheusUrl, prometheusNamespace: 'agents' })).toBe('agents');
  });

  test('may stand before or after the services', () => {
    expect(meshed('after')).toEqual(meshed('before'));
  });

  test('may come after a host was told, if it leaves the domain as it is', () => {
    const world = new World();

    expect(world.service('orders').host).toBe('orders.shop.svc.cluster.local');
    expect(() => new Mesh(world.app, 'mesh', { istioNamespace: 'mesh' })).not.toThrow();
  });

  test('without properties is as good as none, and undefined ones are left out', () => {
    const world = new World();
    world.service('orders');
    new Mesh(world.app, 'mesh', { trustDomain: undefined, revision: undefined });

    expect(synthesize(world.shop)).toEqual(ordersWith());
  });
});

test('DNS servers that are no pods are reached where the Mesh names them', () => {
  const world = new World();
  world.service('orders');
  new Mesh(world.app, 'mesh', { dnsCidrs: ['169.254.20.10/32'] });

  expect(find(synthesize(world.shop), 'NetworkPolicy', 'orders').spec.egress[0]).toEqual({
    to: [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } }, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } },
      { ipBlock: { cidr: '169.254.20.10/32' } },
    ],
    ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }],
  });
});

test('patches of the Service and the ServiceAccount keep fields that cdk8s-plus does not know', () => {
  const world = new World();
  const orders = world.service('orders');
  ApiObject.of(orders.service).addJsonPatch(JsonPatch.add('/spec/trafficDistribution', 'PreferSameZone'));
  ApiObject.of(orders.serviceAccount).addJsonPatch(JsonPatch.add('/imagePullSecrets', [{ name: 'registry', later: true }]));
  const manifests = synthesize(world.shop);

  expect(find(manifests, 'Service', 'orders').spec.trafficDistribution).toBe('PreferSameZone');
  expect(find(manifests, 'ServiceAccount', 'orders').imagePullSecrets).toEqual([{ name: 'registry', later: true }]);
});
