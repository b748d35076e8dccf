import { ApiObject, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Mesh, MeshProps, Permission, PodSecurity, WorkloadRole, ZeroTrustNamespace, ZeroTrustNamespaceProps } from '../src';
import { find, inventory, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

function namespaceWith(props: ZeroTrustNamespaceProps = {}, mesh?: MeshProps): Manifest[] {
  const world = new World();
  new ZeroTrustNamespace(world.shop, 'namespace', props);
  if (mesh) {
    new Mesh(world.app, 'mesh', mesh);
  }
  return synthesize(world.shop);
}

test('becomes these objects', () => {
  expect(inventory(namespaceWith())).toEqual([
    'Namespace shop',
    'PeerAuthentication shop/default',
    'AuthorizationPolicy shop/deny-all',
    'NetworkPolicy shop/default-deny',
    'NetworkPolicy shop/mesh-essentials',
    'LimitRange shop/limits',
    'ResourceQuota shop/quota',
  ]);
});

test('has the shape of this snapshot', () => {
  expect(namespaceWith()).toMatchSnapshot();
});

test('uses the current versions of every API', () => {
  expect(namespaceWith().map(({ apiVersion }) => apiVersion)).toEqual([
    'v1', 'security.istio.io/v1', 'security.istio.io/v1', 'networking.k8s.io/v1', 'networking.k8s.io/v1', 'v1', 'v1',
  ]);
});

describe('the Namespace', () => {
  test('stands first and belongs to no namespace', () => {
    const world = new World();
    world.service('orders');
    new ZeroTrustNamespace(world.shop, 'namespace');
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Namespace', 'shop').metadata.namespace).toBeUndefined();
    const place = (kind: string) => manifests.findIndex(manifest => manifest.kind === kind);
    ['PeerAuthentication', 'LimitRange', 'ResourceQuota'].forEach(kind => expect(place(kind)).toBeGreaterThan(place('Namespace')));
  });

  test('has injection and Pod Security of one version', () => {
    expect(find(namespaceWith(), 'Namespace', 'shop').metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'cdk8s-mesh',
      'istio-injection': 'enabled',
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': 'v1.32',
      'pod-security.kubernetes.io/audit': 'restricted',
      'pod-security.kubernetes.io/audit-version': 'v1.32',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/warn-version': 'v1.32',
    });
  });

  test('can be baseline, of another version', () => {
    expect(find(namespaceWith({ podSecurity: PodSecurity.BASELINE, podSecurityVersion: 'v1.35' }), 'Namespace', 'shop').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'baseline',
      'pod-security.kubernetes.io/enforce-version': 'v1.35',
      'pod-security.kubernetes.io/audit': 'baseline',
      'pod-security.kubernetes.io/warn': 'baseline',
    });
  });

  test('is injected by a revision in place of the default, never by both', () => {
    const { labels } = find(namespaceWith({}, { revision: 'stable' }), 'Namespace', 'shop').metadata;

    expect(labels).toMatchObject({ 'istio.io/rev': 'stable' });
    expect(labels).not.toHaveProperty('istio-injection');
  });

  test('keeps its labels in order, and the patches of a user', () => {
    const world = new World();
    const namespace = new ZeroTrustNamespace(world.shop, 'namespace');
    ApiObject.of(namespace.node.findChild('namespace')).addJsonPatch(JsonPatch.add('/metadata/labels/team', 'orders'));
    const { labels } = find(synthesize(world.shop), 'Namespace', 'shop').metadata;

    expect(labels).toMatchObject({ 'team': 'orders', 'istio-injection': 'enabled' });
    expect(Object.keys(labels!)).toEqual(Object.keys(labels!).sort());
  });
});

describe('refuses', () => {
  const manifests = namespaceWith();

  test('plaintext', () => {
    expect(find(manifests, 'PeerAuthentication', 'default').spec).toEqual({ mtls: { mode: 'STRICT' } });
  });

  test('every request, to every pod', () => {
    expect(find(manifests, 'AuthorizationPolicy', 'deny-all').spec).toEqual({});
  });

  test('every packet, to and from every pod', () => {
    expect(find(manifests, 'NetworkPolicy', 'default-deny').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  test('but those to DNS and istiod', () => {
    expect(find(manifests, 'NetworkPolicy', 'mesh-essentials').spec).toEqual({
      podSelector: {},
      policyTypes: ['Egress'],
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

  test('but istiod may live elsewhere', () => {
    const { egress } = find(namespaceWith({}, { istioNamespace: 'mesh' }), 'NetworkPolicy', 'mesh-essentials').spec;

    expect(egress[1].to[0].namespaceSelector.matchLabels).toEqual({ 'kubernetes.io/metadata.name': 'mesh' });
  });
});

describe('limits', () => {
  test('one container by default', () => {
    expect(find(namespaceWith(), 'LimitRange', 'limits').spec.limits).toEqual([{
      type: 'Container',
      min: { cpu: '1m', memory: '1Mi' },
      max: { cpu: '4', memory: '8Gi' },
      default: { cpu: '500m', memory: '256Mi' },
      defaultRequest: { cpu: '50m', memory: '64Mi' },
    }]);
  });

  test('one container as it is told, down to what the proxy needs', () => {
    const limits = { maxCpu: kplus.Cpu.millis(2000), maxMemory: Size.gibibytes(1) };

    expect(find(namespaceWith({ limits }), 'LimitRange', 'limits').spec.limits[0].max).toEqual({ cpu: '2000m', memory: '1Gi' });
  });

  test('all pods together by default, and allows no other way in', () => {
    expect(find(namespaceWith(), 'ResourceQuota', 'quota').spec).toEqual({
      hard: {
        'requests.cpu': '64',
        'requests.memory': '128Gi',
        'limits.cpu': '512',
        'limits.memory': '512Gi',
        'pods': '500',
        'services.loadbalancers': '0',
        'services.nodeports': '0',
      },
    });
  });

  test('all pods together as it is told', () => {
    const quota = {
      requestsCpu: kplus.Cpu.units(1),
      requestsMemory: Size.gibibytes(2),
      limitsCpu: kplus.Cpu.millis(3500),
      limitsMemory: Size.mebibytes(4000),
      pods: 5,
    };

    expect(find(namespaceWith({ quota }), 'ResourceQuota', 'quota').spec.hard).toMatchObject({
      'requests.cpu': '1', 'requests.memory': '2Gi', 'limits.cpu': '3500m', 'limits.memory': '4000Mi', 'pods': '5',
    });
  });

  test('holds exactly the pods of its services, their proxies, and the old and the new ones of an update', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', {
      quota: {
        pods: 6,
        requestsCpu: kplus.Cpu.millis(1200),
        requestsMemory: Size.mebibytes(1536),
        limitsCpu: kplus.Cpu.units(18),
        limitsMemory: Size.mebibytes(7680),
      },
    });
    world.service('orders');

    expect(() => world.synth()).not.toThrow();
  });

  test('does not count the services of other namespaces', () => {
    const world = new World();
    new ZeroTrustNamespace(world.chart('other', 'other'), 'namespace', { quota: { pods: 1 } });
    world.service('orders');

    expect(() => world.synth()).not.toThrow();
  });
});

describe('a role', () => {
  function withRole(): Manifest[] {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace').addRole('db-reader', {
      workload: world.service('orders'),
      permissions: [
        Permission.of(['get', 'list'], kplus.ApiResource.SECRETS),
        Permission.read(kplus.ApiResource.DEPLOYMENTS),
        Permission.of(['create'], kplus.ApiResource.custom({ apiGroup: 'cert-manager.io', resourceType: 'certificaterequests' })),
      ],
    });
    return synthesize(world.shop);
  }

  test('allows what it lists, and nothing else', () => {
    expect(find(withRole(), 'Role', 'db-reader')).toMatchObject({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: { name: 'db-reader', namespace: 'shop' },
    });
    expect(find(withRole(), 'Role', 'db-reader').rules).toEqual([
      { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['cert-manager.io'], resources: ['certificaterequests'], verbs: ['create'] },
    ]);
  });

  test('is bound to the one workload\'s account', () => {
    const { roleRef, subjects } = find(withRole(), 'RoleBinding', 'db-reader');

    expect(roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'db-reader' });
    expect(subjects).toEqual([expect.objectContaining({ kind: 'ServiceAccount', name: 'orders', namespace: 'shop' })]);
  });

  test('gives the workload its token and the way to the API server', () => {
    const manifests = withRole();

    expect(find(manifests, 'Deployment', 'orders').spec.template.spec.automountServiceAccountToken).toBe(true);
    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toContain('default/kubernetes.default.svc.cluster.local');
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress).toHaveLength(3);
  });

  test('for one object names it', () => {
    const world = new World();
    const secret = kplus.Secret.fromSecretName(world.shop, 'secret', 'db-password');
    new WorkloadRole(world.shop, 'reader', { workload: world.service('orders'), permissions: [Permission.of(['get'], secret)] });

    expect(find(synthesize(world.shop), 'Role', 'reader').rules).toEqual([
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['db-password'], verbs: ['get'] },
    ]);
  });

  test('in another namespace stands there and is bound to the account where it is', () => {
    const world = new World();
    const production = world.chart('production', 'production');
    new WorkloadRole(production, 'db-reader', {
      workload: world.service('orders'), permissions: [Permission.of(['get', 'list'], kplus.ApiResource.SECRETS)],
    });
    const manifests = synthesize(production);

    expect(find(manifests, 'Role', 'db-reader').metadata.namespace).toBe('production');
    expect(find(manifests, 'RoleBinding', 'db-reader').metadata.namespace).toBe('production');
    expect(find(manifests, 'RoleBinding', 'db-reader').subjects[0]).toMatchObject({ name: 'orders', namespace: 'shop' });
  });
});
