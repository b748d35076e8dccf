import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Duration } from 'cdk8s';
import {
  AccessLog, AccessLogProvider, ExistingService, ExistingWorkload, ExtensionProviders, ExternalService, Mesh, MeshPort, MeshService, MeshTelemetry,
  MeshTelemetryProps, Percent, RouteMatch, ServiceVersion, TraceTag, Tracing,
} from '../src';
import { find, lookUp, synthesize } from './support/manifests';
import { World } from './support/world';
import { declaredProviders } from '../src/telemetry/provider';

const OTEL = 'observability/otel.observability.svc.cluster.local';

function otel(world: World, ports = [MeshPort.grpc(4317)]): ExistingWorkload {
  return new ExistingWorkload(world.app, 'otel', { namespace: 'observability', podLabels: { app: 'otel' }, ports, inMesh: false });
}

function shopAndWeb(world: World) {
  const web = world.chart('web', 'web');
  return { web, orders: world.service('orders'), ledger: world.service('ledger'), frontend: new MeshService(web, 'frontend', { image: 'frontend:1', ports: [MeshPort.http(8080)] }) };
}

/** Whose proxies have a way to the collector: in their Sidecar and through the network, both or neither. */
function openFor(world: World, host = OTEL): string[] {
  const manifests = world.app.charts.flatMap(synthesize);
  const scoped = manifests.filter(({ kind, spec }) => kind === 'Sidecar' && spec.egress[0].hosts.includes(host)).map(({ metadata }) => metadata.name);
  const networked = manifests.filter(({ kind, spec }) => kind === 'NetworkPolicy' && (spec.egress ?? []).some(({ ports = [] }: any) => ports.some(({ port }: any) => port === 4317)));
  expect(networked.map(({ metadata }) => metadata.name)).toEqual(scoped);
  return scoped.sort();
}

describe('scopes', () => {
  test('a namespace\'s is for its proxies, and opens the way for these alone', () => {
    const world = new World();
    shopAndWeb(world);
    new MeshTelemetry(world.shop, 'telemetry', { tracing: Tracing.otlp(otel(world)) });

    const { apiVersion, metadata, spec } = find(synthesize(world.shop), 'Telemetry', 'telemetry');
    expect({ apiVersion, namespace: metadata.namespace, spec }).toEqual({
      apiVersion: 'telemetry.istio.io/v1', namespace: 'shop', spec: { tracing: [{ providers: [{ name: 'otlp-otel' }], disableSpanReporting: false }] },
    });
    expect(openFor(world)).toEqual(['ledger', 'orders']);
  });

  test('a service\'s is for its pods, and its way for its proxy', () => {
    const world = new World();
    const { orders } = shopAndWeb(world);
    new MeshTelemetry(world.shop, 'orders-telemetry', { service: orders, tracing: Tracing.otlp(otel(world)) });

    expect(find(synthesize(world.shop), 'Telemetry', 'orders-telemetry').spec.selector).toEqual({ matchLabels: { 'service.istio.io/canonical-name': 'orders' } });
    expect(openFor(world)).toEqual(['orders']);
  });

  test('one of the root namespace is the whole mesh\'s, whichever that is, and whatever comes first', () => {
    const world = new World();
    new MeshTelemetry(world.chart('root', 'mesh-root'), 'telemetry', { tracing: Tracing.otlp(otel(world)) });
    shopAndWeb(world);
    expect(openFor(world)).toEqual([]);
    new Mesh(world.app, 'mesh', { istioNamespace: 'mesh-root' });

    expect(openFor(world)).toEqual(['frontend', 'ledger', 'orders']);
  });

  test('a version with an identity of its own has its own telemetry, what something else deploys is found by its labels', () => {
    const world = new World();
    const service = new ServiceVersion(world.shop, 'eu', { service: world.service('orders'), ownIdentity: true });
    const reports = new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { app: 'reports' }, ports: [MeshPort.http(80)] });
    new MeshTelemetry(world.shop, 'eu-telemetry', { service, tracing: Tracing.off() });
    new MeshTelemetry(world.shop, 'reports-telemetry', { service: reports, accessLogs: [AccessLog.none()] });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Telemetry', 'eu-telemetry').spec).toEqual({
      selector: { matchLabels: { 'service.istio.io/canonical-name': 'orders-eu' } }, tracing: [{ disableSpanReporting: true }],
    });
    expect(find(manifests, 'Telemetry', 'reports-telemetry').spec).toEqual({
      selector: { matchLabels: { app: 'reports' } }, accessLogging: [{ providers: [{ name: 'envoy' }], disabled: true }],
    });
  });

  test('what several declare of one collector is written once', () => {
    const world = new World();
    const { orders } = shopAndWeb(world);
    const collector = otel(world);
    const once = synthesizedPolicy(() => new Mesh(world.app, 'mesh').proxiesCall(collector));
    new MeshTelemetry(world.shop, 'telemetry', { tracing: Tracing.otlp(collector), accessLogs: [AccessLog.all()], accessLogProvider: AccessLogProvider.otlp(collector) });

    expect(synthesizedPolicy(() => undefined)).toEqual(once);

    function synthesizedPolicy(declare: () => void) {
      declare();
      return find(synthesize(world.shop), 'NetworkPolicy', orders.name).spec;
    }
  });

  test('a collector of this app lets in those whose proxies send, and nobody else', () => {
    const world = new World();
    shopAndWeb(world);
    const collector = world.service('collector', { ports: [MeshPort.grpc(4317)] });
    new MeshTelemetry(world.shop, 'telemetry', { tracing: Tracing.otlp(collector) });

    const { rules } = find(synthesize(world.shop), 'AuthorizationPolicy', 'collector').spec;
    expect(rules.flatMap(({ from }: any) => from[0].source.principals)).toEqual(['cluster.local/ns/shop/sa/ledger', 'cluster.local/ns/shop/sa/orders']);
  });

  test('a collector outside is known to the namespaces that send there', () => {
    const world = new World();
    shopAndWeb(world);
    const vendor = new ExternalService(world.chart('edge', 'edge'), 'vendor', { host: 'otel.example.com', ports: [MeshPort.grpc(4317)] });
    new MeshTelemetry(world.shop, 'telemetry', { tracing: Tracing.otlp(vendor) });

    expect(find(world.app.charts.flatMap(synthesize), 'ServiceEntry', 'vendor').spec.exportTo).toEqual(['shop']);
  });
});

test('sampling and tags are Istio\'s', () => {
  const world = new World();
  new MeshTelemetry(world.shop, 'telemetry', {
    tracing: Tracing.otlp(otel(world), {
      provider: 'spans',
      sampling: Percent.of(0.25),
      tags: { 'team': TraceTag.literal('shop'), 'app.customer': TraceTag.header('X-Customer', 'none'), 'node': TraceTag.environment('NODE'), 'zone': TraceTag.environment('ZONE', '-') },
    }),
  });

  const { tracing } = find(synthesize(world.shop), 'Telemetry', 'telemetry').spec;
  expect(Object.keys(tracing[0].customTags)).toEqual(['app.customer', 'node', 'team', 'zone']);
  expect(tracing).toEqual([{
    providers: [{ name: 'spans' }],
    disableSpanReporting: false,
    randomSamplingPercentage: 0.25,
    customTags: {
      'app.customer': { header: { name: 'x-customer', defaultValue: 'none' } },
      'node': { environment: { name: 'NODE' } },
      'team': { literal: { value: 'shop' } },
      'zone': { environment: { name: 'ZONE', defaultValue: '-' } },
    },
  }]);
});

test.each([0.01, 0.07, 0.29, 1.15, 100])('a sampling of %d percent is one that Envoy knows, whatever binary fractions make of it', (percent) => {
  const world = new World();
  new MeshTelemetry(world.shop, 'telemetry', { tracing: Tracing.otlp(otel(world), { sampling: Percent.of(percent) }) });

  expect(find(synthesize(world.shop), 'Telemetry', 'telemetry').spec.tracing[0].randomSamplingPercentage).toBe(percent);
});

test.each([
  ['errors', AccessLog.errors(), [
    'response.code >= 400', 'response.flags != 0', '(request.headers[\'content-type\'].startsWith(\'application/grpc\') && response.grpc_status != 0)',
  ]],
  ['refused', AccessLog.refused(), [
    'response.code_details.startsWith(\'rbac_access_denied\')', 'response.code_details.startsWith(\'jwt_authn_access_denied\')',
    'response.code_details == \'ext_authz_denied\'', 'response.code_details == \'direct_response\'',
    'connection.termination_details.startsWith(\'rbac_access_denied\')', 'xds.cluster_name == \'BlackHoleCluster\'',
  ]],
])('lines of what is %s are those of any of its signs', (_, log, signs) => {
  const world = new World();
  new MeshTelemetry(world.shop, 'telemetry', { accessLogs: [log] });

  expect(find(synthesize(world.shop), 'Telemetry', 'telemetry').spec.accessLogging[0].filter.expression).toBe(signs.join(' || '));
});

test('several kinds of lines are one filter, for Istio keeps one', () => {
  const world = new World();
  new MeshTelemetry(world.shop, 'telemetry', { accessLogs: [AccessLog.slowerThan(Duration.millis(1500)), AccessLog.refused(), AccessLog.errors()] });
  const { accessLogging } = find(synthesize(world.shop), 'Telemetry', 'telemetry').spec;

  expect(accessLogging).toHaveLength(1);
  expect(accessLogging[0]).toMatchObject({ providers: [{ name: 'envoy' }], disabled: false });
  expect(accessLogging[0].filter.expression.split(' || ')).toEqual(expect.arrayContaining([
    'request.duration > duration(\'1500ms\')', 'response.code >= 400', 'xds.cluster_name == \'BlackHoleCluster\'',
  ]));
});

describe('a provider as the installation writes it', () => {
  const service = 'observability/otel.observability.svc.cluster.local';
  const written = (ports: MeshPort[], say: (collector: ExistingWorkload) => Omit<MeshTelemetryProps, 'service'>) => {
    const world = new World();
    new MeshTelemetry(world.shop, 'telemetry', say(otel(world, ports)));
    return declaredProviders(world.app);
  };

  test.each<[string, (collector: ExistingWorkload) => Tracing, object]>([
    ['otlp', to => Tracing.otlp(to), { opentelemetry: { service, port: 4317 } }],
    ['otlp-http', to => Tracing.otlpHttp(to), { opentelemetry: { service, port: 4317, http: { path: '/v1/traces', timeout: '3s' } } }],
    ['zipkin', to => Tracing.zipkin(to), { zipkin: { service, port: 4317, path: '/api/v2/spans', traceContextOption: 'USE_B3_WITH_W3C_PROPAGATION' } }],
  ])('of spans by %s: the Service\'s port and the protocol\'s path', (id, tracing, provider) => {
    const port = (id === 'otlp' ? MeshPort.grpc : MeshPort.http)(4317, { targetPort: 14317 });

    expect(written([port], to => ({ tracing: tracing(to) }))).toEqual([{ name: `${id}-otel`, ...provider }]);
  });

  test.each<[string, (collector: ExistingWorkload) => AccessLogProvider, object[]]>([
    ['Envoy\'s own', () => AccessLogProvider.envoy(), []],
    ['JSON', () => AccessLogProvider.json(), [{ name: 'access-log-json', envoyFileAccessLog: { path: '/dev/stdout', logFormat: { labels: {} } } }]],
    ['text', () => AccessLogProvider.text(), [{ name: 'access-log-text', envoyFileAccessLog: { path: '/dev/stdout' } }]],
    ['OTLP', to => AccessLogProvider.otlp(to), [{ name: 'otlp-logs-otel', envoyOtelAls: { service, port: 4317 } }]],
  ])('of lines in %s', (_, provider, expected) => {
    expect(written([MeshPort.grpc(4317)], to => ({ accessLogs: [AccessLog.all()], accessLogProvider: provider(to) }))).toEqual(expected);
  });

  test('is not written where anything of the app is wrong', () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-')), 'providers.yaml');
    const world = new World();
    new MeshTelemetry(world.shop, 'telemetry', { tracing: Tracing.otlp(otel(world)) });
    new ExtensionProviders(world.app, 'providers', { file });
    world.service('orders').addRoute('qa', { match: [RouteMatch.headerPresent('x-user')], version: 'v9' });

    expect(() => world.synth()).toThrow('UnknownVersion');
    expect(fs.existsSync(file)).toBe(false);
  });

  test('of lines opens the way for those that send them, too', () => {
    const world = new World();
    shopAndWeb(world);
    new MeshTelemetry(world.shop, 'telemetry', { accessLogs: [AccessLog.errors()], accessLogProvider: AccessLogProvider.otlp(otel(world)) });

    expect(openFor(world)).toEqual(['ledger', 'orders']);
  });
});

test('the installation\'s text has each provider once, by name, with the mesh\'s domain', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-'));
  const file = path.join(folder, 'deep/providers.yaml');
  const world = new World();
  new ExtensionProviders(world.app, 'providers', { file });
  const collector = otel(world, [MeshPort.grpc(4317), MeshPort.http(9411)]);
  const to = Tracing.otlp(collector, { port: 'grpc' });
  new MeshTelemetry(world.shop, 'telemetry', { tracing: Tracing.zipkin(collector, { port: 'http', path: '/spans' }) });
  new MeshTelemetry(world.chart('web', 'web'), 'telemetry', { tracing: to, accessLogs: [AccessLog.all()] });
  new MeshTelemetry(world.chart('edge', 'edge'), 'telemetry', { tracing: to, accessLogs: [AccessLog.all()], accessLogProvider: AccessLogProvider.json() });
  new Mesh(world.app, 'mesh', { clusterDomain: 'acme.internal' });
  world.synth();

  expect(fs.readFileSync(file, 'utf8')).toBe(`meshConfig:
  extensionProviders:
    - name: access-log-json
      envoyFileAccessLog:
        path: /dev/stdout
        logFormat:
          labels: {}
    - name: otlp-otel
      opentelemetry:
        service: observability/otel.observability.svc.acme.internal
        port: 4317
    - name: zipkin-otel
      zipkin:
        service: observability/otel.observability.svc.acme.internal
        port: 9411
        path: /spans
        traceContextOption: USE_B3_WITH_W3C_PROPAGATION
`);
  expect(lookUp(synthesize(world.shop), 'Telemetry', 'telemetry')!.spec.tracing[0].providers).toEqual([{ name: 'zipkin-otel' }]);
});
