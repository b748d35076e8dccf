import * as path from 'node:path';
import { Chart, Duration } from 'cdk8s';
import {
  AccessLog, AccessLogProvider, ExistingWorkload, ExtensionProviders, ExternalService, MeshPort, MeshTelemetry, MeshTelemetryProps, Percent,
  ServiceVersion, TraceTag, Tracing, TracingOptions,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const PORTS = [MeshPort.grpc(4317), MeshPort.http(4318), MeshPort.tcp(9000)];

function collector(world: World, ports: MeshPort[] = [MeshPort.grpc(4317)], id = 'collector'): ExistingWorkload {
  return new ExistingWorkload(world.app, id, { namespace: 'observability', podLabels: { app: id }, ports, inMesh: false });
}

export const wrongTelemetry: WrongInput[] = [
  wrong('a telemetry that says nothing', () => ({}), 'IneffectiveTelemetry', 'tracing', 'undefined', 'AccessLog.errors()'),
  wrong('a place for lines of which there are none', () => ({ tracing: Tracing.off(), accessLogProvider: AccessLogProvider.json() }),
    'IneffectiveTelemetry', 'accessLogProvider', '"accessLogProvider"', 'AccessLog.all()'),
  wrong('a place for lines that are switched off', () => ({ accessLogs: [AccessLog.none()], accessLogProvider: AccessLogProvider.text() }),
    'IneffectiveTelemetry', 'accessLogProvider', '"access-log-text"', 'Leave it out'),
  wrong('no kind of lines', () => ({ accessLogs: [] }), 'EmptyList', 'accessLogs', '[]', 'AccessLog.none()'),
  wrong('errors beside everything', () => ({ accessLogs: [AccessLog.errors(), AccessLog.all()] }), 'IneffectiveTelemetry', 'accessLogs[1]', '"all()"', 'or the others'),
  wrong('errors beside nothing', () => ({ accessLogs: [AccessLog.none(), AccessLog.errors()] }), 'IneffectiveTelemetry', 'accessLogs[0]', '"none()"', 'or the others'),
  wrong('two bounds for slow requests', () => ({ accessLogs: [AccessLog.slowerThan(Duration.seconds(1)), AccessLog.slowerThan(Duration.seconds(2))] }),
    'IneffectiveTelemetry', 'accessLogs[1]', '"slowerThan()"', 'Leave one of them out'),
  wrong('requests slower than nothing', () => ({ accessLogs: [AccessLog.slowerThan(Duration.millis(0))] }), 'InvalidDuration', 'accessLogs[0]', '"0ms"', 'positive value'),
  wrong('requests slower than half a millisecond', () => ({ accessLogs: [AccessLog.slowerThan(Duration.millis(0.5))] }),
    'InvalidDuration', 'accessLogs[0]', '"0.5ms"', 'positive value'),
  traced('a sampling of more than all', { sampling: Percent.of(101) }, 'InvalidPercent', 'sampling', '101', 'in percent'),
  traced('a sampling that Envoy rounds to nothing', { sampling: Percent.of(0.004) }, 'InvalidPercent', 'sampling', '0.004', 'Percent.of(0.01)'),
  traced('a sampling between two steps', { sampling: Percent.of(0.0105) }, 'InvalidPercent', 'sampling', '0.0105', 'Percent.of(0.01)'),
  traced('no tags in the tags', { tags: {} }, 'EmptyList', 'tags', '{}', 'wider scope'),
  traced('a tag without a name', { tags: { '': TraceTag.literal('x') } }, 'InvalidName', 'tags', '""', 'searched for'),
  traced('a tag with a space in its name', { tags: { 'my team': TraceTag.literal('x') } }, 'InvalidName', 'tags', '"my team"', 'searched for'),
  traced('a tag of the mesh\'s own', { tags: { 'istio.mesh_id': TraceTag.literal('x') } }, 'InvalidName', 'tags', '"istio.mesh_id"', 'another name'),
  traced('a tag that says nothing', { tags: { team: TraceTag.literal('') } }, 'EmptyMatch', 'tags.team', '""', 'leave it out'),
  traced('a tag of a value that is not set', { tags: { team: TraceTag.literal(`team-${undefined}`) } }, 'UnsetValue', 'tags.team', '"team-undefined"', 'put together'),
  traced('a tag of a header with a colon', { tags: { path: TraceTag.header(':path') } }, 'InvalidHeader', 'tags.path', '":path"', 'x-customer'),
  traced('a tag of a header whose default is empty', { tags: { customer: TraceTag.header('x-customer', '') } }, 'EmptyMatch', 'tags.customer', '""', 'leave it out'),
  traced('a tag of a variable with a dash', { tags: { zone: TraceTag.environment('MY-ZONE') } }, 'InvalidVariable', 'tags.zone', '"MY-ZONE"', 'ISTIO_META_CLUSTER_ID'),
  traced('a provider in capitals', { provider: 'OTLP' }, 'InvalidName', 'provider', '"OTLP"', 'lower case'),
  traced('a provider under the name of a built-in one', { provider: 'prometheus' }, 'DuplicateName', 'provider', '"prometheus"', 'a name of its own'),
  traced('a provider under the name of what writes to the log', { provider: 'envoy' }, 'DuplicateName', 'provider', '"envoy"', 'a name of its own'),
  traced('a port that the collector has not', { port: 'http' }, 'UnknownPort', 'port', '"http"', 'grpc'),
  wrong('a collector of several ports without saying which', world => ({ tracing: Tracing.otlp(collector(world, PORTS)) }),
    'AmbiguousPort', 'tracing.port', 'undefined', 'port: \'grpc\''),
  wrong('OTLP over gRPC to a port of HTTP', world => ({ tracing: Tracing.otlp(collector(world, PORTS), { port: 'http' }) }),
    'InvalidPort', 'tracing.port', '"http"', 'Tracing.otlpHttp()'),
  wrong('OTLP over HTTP to a port of gRPC', world => ({ tracing: Tracing.otlpHttp(collector(world)) }), 'InvalidPort', 'tracing.port', '"grpc"', 'Tracing.otlp()'),
  wrong('Zipkin on a port of TCP', world => ({ tracing: Tracing.zipkin(collector(world, PORTS), { port: 'tcp' }) }), 'InvalidPort', 'tracing.port', '"tcp"', 'MeshPort.http(9411)'),
  wrong('spans sent to a URL', world => ({ tracing: Tracing.otlpHttp(collector(world, [MeshPort.http(4318)]), { path: 'http://otel/v1/traces' }) }),
    'InvalidPath', 'tracing.path', '"http://otel/v1/traces"', '/v1/traces'),
  wrong('lines sent to a port of HTTP', world => ({
    accessLogs: [AccessLog.all()], accessLogProvider: AccessLogProvider.otlp(collector(world, [MeshPort.http(4318)])),
  }), 'InvalidPort', 'accessLogProvider.port', '"http"', 'MeshPort.grpc(4317)'),
  wrong('spans sent to a worker', world => ({ tracing: Tracing.otlp(world.service('mailer', { ports: undefined })) }), 'NotCallable', 'tracing', '"shop/mailer"', 'ports'),
  wrong('spans sent to many hosts', world => ({
    tracing: Tracing.otlp(new ExternalService(world.shop, 'vendor', { host: '*.otel.example.com', ports: [MeshPort.grpc(4317)] })),
  }), 'WildcardHost', 'tracing', '"shop/vendor"', 'Name the host'),
  wrong('spans sent to another app\'s collector', () => ({ tracing: Tracing.otlp(collector(new World())) }), 'OtherApp', 'tracing', '"collector"', 'ExistingWorkload'),
  wrong('the telemetry of a service in another namespace', world => ({
    tracing: Tracing.off(), service: world.service('orders'),
  }), 'OtherNamespace', 'service', '"shop/orders"', 'namespace: \'shop\'', 'web'),
  wrong('the telemetry of a version that is the service', world => ({
    tracing: Tracing.off(), service: new ServiceVersion(world.shop, 'eu', { service: world.service('orders') }),
  }), 'NotOurs', 'service', '"shop/eu"', 'ownIdentity: true'),
  wrong('the telemetry of another app\'s service', () => ({ tracing: Tracing.off(), service: new World().service('orders') }), 'OtherApp', 'service', '"shop/orders"', 'that describes the service'),
  wrong('telemetry in a namespace of Kubernetes', () => ({ tracing: Tracing.off() }), 'SystemNamespace', 'namespace', '"kube-system"', 'root namespace', 'kube-system'),
  wrong('telemetry in another namespace of Kubernetes', () => ({ tracing: Tracing.off() }), 'SystemNamespace', 'namespace', '"kube-public"', 'root namespace', 'kube-public'),
  wrong('spans sent to a port of gRPC-Web', world => ({ tracing: Tracing.otlp(collector(world, [MeshPort.grpcWeb(4317)])) }), 'InvalidPort', 'tracing.port', '"grpc-web"', 'MeshPort.grpc(4317)'),
  {
    mistake: 'two telemetries of one name',
    make: (world) => {
      ['orders', 'ledger'].forEach((id) => {
        const service = world.service(id);
        new MeshTelemetry(id === 'orders' ? world.shop : world.chart('more', 'shop'), 'telemetry', { service, tracing: Tracing.off() });
      });
    },
    code: 'DuplicateName',
    path: 'more/telemetry',
    property: 'id',
    received: '"telemetry"',
    fix: ['another name'],
  },
  {
    mistake: 'telemetry in a chart without a namespace',
    make: world => new MeshTelemetry(world.chart('nowhere'), 'telemetry', { tracing: Tracing.off() }),
    code: 'MissingNamespace',
    path: 'nowhere/telemetry',
    property: 'namespace',
    received: 'undefined',
    fix: ['Give the chart a namespace'],
  },
  {
    mistake: 'two telemetries of a namespace',
    make: world => ['one', 'two'].forEach(id => new MeshTelemetry(world.shop, id, { tracing: Tracing.off() })),
    code: 'DuplicateName',
    path: 'shop/two',
    property: 'service',
    received: '""',
    fix: ['another name'],
  },
  {
    mistake: 'two telemetries of a service',
    make: (world) => {
      const service = world.service('orders');
      ['one', 'two'].forEach(id => new MeshTelemetry(world.shop, id, { tracing: Tracing.off(), service }));
    },
    code: 'DuplicateName',
    path: 'shop/two',
    property: 'service',
    received: '"orders"',
    fix: ['another name'],
  },
  {
    mistake: 'two servers under one provider\'s name',
    make: (world) => {
      const say = (chart: Chart, id: string) => new MeshTelemetry(chart, 'telemetry', { tracing: Tracing.otlp(collector(world, [MeshPort.grpc(4317)], id), { provider: 'otlp' }) });
      say(world.shop, 'ours');
      say(world.chart('web', 'web'), 'theirs');
    },
    code: 'DuplicateName',
    path: 'web/telemetry',
    property: 'tracing.provider',
    received: '"otlp"',
    fix: ['a name of its own'],
  },
  {
    mistake: 'providers where a manifest of the app is written over them',
    make: (world) => {
      new ExtensionProviders(world.app, 'providers', { file: 'dist/shop.k8s.yaml' });
    },
    code: 'InvalidPath',
    path: 'providers',
    property: 'file',
    received: '"dist/shop.k8s.yaml"',
    fix: ['folder of its own'],
  },
  {
    mistake: 'a file of no providers',
    make: (world) => {
      new ExtensionProviders(world.app, 'providers', { file: 'providers.yaml' });
      new MeshTelemetry(world.shop, 'telemetry', { accessLogs: [AccessLog.errors()] });
      world.synth();
    },
    code: 'IneffectiveTelemetry',
    path: 'providers',
    property: 'file',
    received: '"providers.yaml"',
    fix: ['Leave it out'],
  },
  {
    mistake: 'two texts of providers in one file',
    make: (world) => {
      new ExtensionProviders(world.app, 'providers', { file: 'providers.yaml' });
      new ExtensionProviders(world.app, 'more', { file: './providers.yaml' });
    },
    code: 'DuplicateName',
    path: 'more',
    property: 'file',
    received: `"${path.resolve('providers.yaml')}"`,
    fix: ['another name'],
  },
  {
    mistake: 'providers in a file of JSON',
    make: world => new ExtensionProviders(world.app, 'providers', { file: 'providers.json' }),
    code: 'InvalidPath',
    path: 'providers',
    property: 'file',
    received: '"providers.json"',
    fix: ['.yaml'],
  },
];

function wrong(
  mistake: string, props: (world: World) => MeshTelemetryProps, code: ErrorCode, property: string, received: string, fix: string, namespace = 'shop',
): WrongInput {
  return {
    mistake,
    make: world => new MeshTelemetry(namespace === 'shop' ? world.shop : world.chart(namespace, namespace), 'telemetry', props(world)),
    code,
    path: `${namespace}/telemetry`,
    property,
    received,
    fix: [fix],
  };
}

function traced(mistake: string, options: TracingOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return wrong(mistake, world => ({ tracing: Tracing.otlp(collector(world), options) }), code, `tracing.${property}`, received, fix);
}
