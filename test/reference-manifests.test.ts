import { App, Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  CanaryRelease, ChaosExperiment, ChaosTarget, Fault, LoadBalancing, MeshPort, MeshService, Percent, Permission, Retries, RetryOn, RouteMatch,
  StringMatch, ZeroTrustNamespace,
} from '../src';

/** The manifests that every team of this field writes by hand sooner or later, out of typed constructs. */
interface Manifest { apiVersion: string; kind: string; metadata: { [key: string]: any }; spec: any; [key: string]: any }

const UNASKED = { attempts: 2, retryOn: 'connect-failure,refused-stream,reset-before-request' };

let app: App;

function chart(namespace: string): Chart {
  return new Chart(app, namespace, { namespace });
}

function service(scope: Chart, name: string, port = MeshPort.http(8080)): MeshService {
  return new MeshService(scope, name, { image: `ghcr.io/acme/${name}:1.0.0`, ports: [port] });
}

function release(of: MeshService, scope: Chart, props: { weight: number; match?: RouteMatch[]; mirror?: Percent }): void {
  const { weight, ...rest } = props;
  new CanaryRelease(scope, 'release', { service: of, image: `ghcr.io/acme/${of.name}:2.0.0`, stages: [0, ...weight === 0 ? [0] : [weight], 100], stage: 1, ...rest });
}

function find(scope: Chart, kind: string, name: string): Manifest {
  const found = (scope.toJson() as Manifest[]).filter(manifest => manifest.kind === kind && manifest.metadata.name === name);
  expect(found).toHaveLength(1);
  return found[0];
}

beforeEach(() => {
  app = new App();
});

describe('a VirtualService that splits requests between v1 and v2', () => {
  test.each([['go-microservice', 20], ['user-service', 10]])('%s: %i percent to v2', (name, weight) => {
    const go = chart('go');
    release(service(go, name), go, { weight });
    const host = `${name}.go.svc.cluster.local`;
    expect(find(go, 'VirtualService', name)).toMatchObject({
      apiVersion: 'networking.istio.io/v1',
      spec: {
        hosts: [host],
        http: [{
          route: [
            { destination: { host, subset: 'v1' }, weight: 100 - weight },
            { destination: { host, subset: 'v2' }, weight },
          ],
        }],
      },
    });
    expect(find(go, 'VirtualService', name).spec.http).toHaveLength(1);
    expect(find(go, 'DestinationRule', name).spec).toMatchObject({
      host,
      subsets: [{ name: 'v1', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } }],
    });
    expect(find(go, 'Deployment', name).spec.template.metadata.labels).toMatchObject({ app: name, version: 'v1' });
    expect(find(go, 'Deployment', `${name}-v2`).spec.template.metadata.labels).toMatchObject({ app: name, version: 'v2' });
    expect(find(go, 'Service', name).spec.selector).toEqual({ app: name });
  });
});

test('the same with 5% of the requests mirrored to v2, in the current fields', () => {
  const go = chart('go');
  release(service(go, 'go-microservice'), go, { weight: 20, mirror: Percent.of(5) });
  const host = 'go-microservice.go.svc.cluster.local';
  const [route] = find(go, 'VirtualService', 'go-microservice').spec.http;
  expect(route).toMatchObject({
    route: [{ weight: 80 }, { weight: 20 }],
    mirror: { host, subset: 'v2' },
    mirrorPercentage: { value: 5 },
  });
  expect(route).not.toHaveProperty('mirrorPercent');
  expect(route).not.toHaveProperty('mirror_percent');
});

test('requests with a header to v2, everything else to v1', () => {
  const go = chart('go');
  release(service(go, 'user-service'), go, { weight: 0, match: [RouteMatch.header('X-User', StringMatch.exactly('beta'))] });
  const host = 'user-service.go.svc.cluster.local';
  expect(find(go, 'VirtualService', 'user-service').spec.http).toEqual([
    {
      name: 'canary-match',
      match: [{ headers: { 'x-user': { exact: 'beta' } } }],
      retries: UNASKED,
      route: [{ destination: { host, subset: 'v1' }, weight: 0 }, { destination: { host, subset: 'v2' }, weight: 100 }],
    },
    {
      name: 'canary',
      retries: UNASKED,
      route: [{ destination: { host, subset: 'v1' }, weight: 100 }, { destination: { host, subset: 'v2' }, weight: 0 }],
    },
  ]);
});

test('a DestinationRule with ROUND_ROBIN for go-service', () => {
  const go = chart('go');
  new MeshService(go, 'go-service', { image: 'ghcr.io/acme/go-service:1.0.0', ports: [MeshPort.http(8080)], loadBalancing: LoadBalancing.roundRobin() });
  expect(find(go, 'DestinationRule', 'go-service')).toMatchObject({
    apiVersion: 'networking.istio.io/v1',
    metadata: { name: 'go-service', namespace: 'go' },
    spec: { host: 'go-service.go.svc.cluster.local', trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN' } } },
  });
});

test('a Namespace go-services with injection', () => {
  const go = chart('go-services');
  new ZeroTrustNamespace(go, 'namespace');
  const namespace = find(go, 'Namespace', 'go-services');
  expect(namespace).toMatchObject({ apiVersion: 'v1', metadata: { name: 'go-services', labels: { 'istio-injection': 'enabled' } } });
  expect(namespace.metadata).not.toHaveProperty('namespace'); // the API server refuses it on a cluster's object
});

test('a route with a timeout of 2s and 3 attempts of 1s each for a gRPC service', () => {
  const go = chart('go');
  const server = service(go, 'orders', MeshPort.grpc(50051));
  const client = service(go, 'frontend');
  client.calls(server, {
    timeout: Duration.seconds(2),
    retries: Retries.upTo(3, { perTryTimeout: Duration.seconds(1), on: [RetryOn.UNAVAILABLE, RetryOn.GATEWAY_ERROR] }),
  });
  expect(find(go, 'Service', 'orders').spec.ports).toEqual([{ name: 'grpc', port: 50051, targetPort: 50051 }]);
  const [route, rest] = find(go, 'VirtualService', 'orders').spec.http;
  expect(route).toEqual({
    name: 'default.frontend',
    match: [{ sourceNamespace: 'go', sourceLabels: { 'service.istio.io/canonical-name': 'frontend' } }],
    timeout: '2s',
    retries: { attempts: 3, perTryTimeout: '1s', retryOn: 'unavailable,gateway-error' },
    route: [{ destination: { host: 'orders.go.svc.cluster.local' } }],
  });
  expect(rest).toEqual({ name: 'default', retries: UNASKED, route: [{ destination: { host: 'orders.go.svc.cluster.local' } }] });
});

test('a Role db-reader in production, bound to one workload', () => {
  const production = chart('production');
  const namespace = new ZeroTrustNamespace(production, 'namespace');
  const reports = service(production, 'reports');
  namespace.addRole('db-reader', { workload: reports, permissions: [Permission.of(['get', 'list'], kplus.ApiResource.SECRETS)] });
  expect(find(production, 'Role', 'db-reader')).toMatchObject({
    metadata: { namespace: 'production' },
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
  });
  expect(find(production, 'Role', 'db-reader').rules).toHaveLength(1);
  expect(find(production, 'RoleBinding', 'db-reader')).toMatchObject({
    metadata: { namespace: 'production' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'db-reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'reports', namespace: 'production' }],
  });
  // Bound but without its token, it could do nothing
  expect(find(production, 'Deployment', 'reports').spec.template.spec.automountServiceAccountToken).toBe(true);
});

test('a ChaosEngine that deletes pods of run=my-app in default, with what Litmus needs beside it', () => {
  const drills = chart('default');
  const drill = new ChaosExperiment(drills, 'my-app-pod-delete', {
    target: ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app' }),
    fault: Fault.podDelete({ duration: Duration.seconds(30), interval: Duration.seconds(10) }),
  });
  const engine = find(drills, 'ChaosEngine', drill.engineName);
  expect(engine).toMatchObject({
    apiVersion: 'litmuschaos.io/v1alpha1',
    spec: {
      engineState: 'active',
      appinfo: { appns: 'default', applabel: 'run=my-app', appkind: 'deployment' },
      chaosServiceAccount: 'my-app-pod-delete',
      experiments: [{ name: 'pod-delete' }],
    },
  });
  expect(engine.spec).not.toHaveProperty('annotationCheck'); // gone in Litmus 3
  expect(engine.spec.experiments[0].spec.components.env).toEqual(expect.arrayContaining([
    { name: 'TOTAL_CHAOS_DURATION', value: '30' }, { name: 'CHAOS_INTERVAL', value: '10' }, { name: 'FORCE', value: 'false' },
  ]));
  expect(find(drills, 'ChaosExperiment', 'pod-delete').spec.definition.args).toEqual(['-c', './experiments -name pod-delete']);
  expect(find(drills, 'ServiceAccount', 'my-app-pod-delete').metadata.namespace).toBe('default');
  expect(find(drills, 'RoleBinding', 'my-app-pod-delete').subjects).toEqual([{ kind: 'ServiceAccount', name: 'my-app-pod-delete', namespace: 'default' }]);
  expect(find(drills, 'Role', 'my-app-pod-delete').rules).toEqual(expect.arrayContaining([
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'delete'] },
    { apiGroups: ['litmuschaos.io'], resources: ['chaosengines', 'chaosexperiments', 'chaosresults'], verbs: ['create', 'list', 'get', 'patch', 'update', 'delete'] },
  ]));
});
