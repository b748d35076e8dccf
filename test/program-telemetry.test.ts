import { Cron } from 'cdk8s';
import {
  ExistingWorkload, ExternalService, Mesh, MeshCronJob, MeshJob, MeshPort, MeshService, MeshTelemetry, Percent, ProgramTelemetry, ServiceVersion,
  TelemetrySignal, WorkloadKind,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const SERVER = 'http://otel.observability.svc.cluster.local';

function otel(world: World, ports = [MeshPort.grpc(4317)], inMesh = false): ExistingWorkload {
  return new ExistingWorkload(world.app, 'otel', { namespace: 'observability', podLabels: { app: 'otel' }, ports, inMesh });
}

function environment(manifests: Manifest[], kind: string, name: string): { [name: string]: string } {
  const { spec } = find(manifests, kind, name);
  const [{ env = [] }] = (spec.jobTemplate?.spec ?? spec).template.spec.containers;
  return Object.fromEntries(env.map((variable: any) => [variable.name, variable.value ?? variable.valueFrom.fieldRef.fieldPath]));
}

function attributes(manifests: Manifest[], kind: string, name: string): { [name: string]: string } {
  const { OTEL_RESOURCE_ATTRIBUTES } = environment(manifests, kind, name);
  return Object.fromEntries(OTEL_RESOURCE_ATTRIBUTES.split(',').map(pair => pair.split('=')));
}

test('a service is told who it is and where its telemetry goes', () => {
  const world = new World();
  world.service('orders');
  new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(otel(world)) });
  const manifests = synthesize(world.shop);

  expect(environment(manifests, 'Deployment', 'orders')).toEqual({
    OTEL_RESOURCE_ATTRIBUTES_NODE_NAME: 'spec.nodeName',
    OTEL_RESOURCE_ATTRIBUTES_POD_NAME: 'metadata.name',
    OTEL_RESOURCE_ATTRIBUTES_POD_UID: 'metadata.uid',
    OTEL_SERVICE_NAME: 'orders',
    OTEL_RESOURCE_ATTRIBUTES: [
      'service.namespace=shop', 'service.version=v1', 'service.instance.id=shop.$(OTEL_RESOURCE_ATTRIBUTES_POD_NAME).orders', 'k8s.namespace.name=shop',
      'k8s.deployment.name=orders', 'k8s.container.name=orders', 'k8s.node.name=$(OTEL_RESOURCE_ATTRIBUTES_NODE_NAME)',
      'k8s.pod.name=$(OTEL_RESOURCE_ATTRIBUTES_POD_NAME)', 'k8s.pod.uid=$(OTEL_RESOURCE_ATTRIBUTES_POD_UID)',
    ].join(','),
    OTEL_EXPORTER_OTLP_ENDPOINT: `${SERVER}:4317`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'otlp',
  });
  // They are no object of the mesh's
  expect(manifests.filter(({ kind }) => kind === 'Telemetry')).toEqual([]);
});

test('without it nothing is written, and with none() neither', () => {
  const off = new World();
  off.service('orders');
  const none = new World();
  none.service('orders');
  new MeshTelemetry(none.shop, 'telemetry', { programs: ProgramTelemetry.none() });

  expect(environment(synthesize(off.shop), 'Deployment', 'orders')).toEqual({});
  expect(synthesize(none.shop)).toEqual(synthesize(off.shop));
});

test('every version bears its own, of a release, beside it, and with an identity of its own', () => {
  const world = new World();
  const service = world.service('orders');
  world.release(service);
  new ServiceVersion(world.shop, 'eu', { service });
  new ServiceVersion(world.shop, 'us', { service, ownIdentity: true });
  new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(otel(world)) });
  const manifests = synthesize(world.shop);

  for (const [deployment, version] of [['orders', 'v1'], ['orders-v2', 'v2'], ['orders-eu', 'eu'], ['orders-us', 'us']]) {
    expect(attributes(manifests, 'Deployment', deployment)).toMatchObject({ 'service.version': version, 'k8s.deployment.name': deployment, 'k8s.container.name': 'orders' });
    expect(environment(manifests, 'Deployment', deployment).OTEL_SERVICE_NAME).toBe('orders');
  }
});

test('a version with an identity of its own is told what is said of it', () => {
  const world = new World();
  const service = world.service('orders');
  const us = new ServiceVersion(world.shop, 'us', { service, ownIdentity: true });
  new MeshTelemetry(world.shop, 'us-telemetry', { service: us, programs: ProgramTelemetry.identity({ attributes: { market: 'us' } }) });
  const manifests = synthesize(world.shop);

  expect(attributes(manifests, 'Deployment', 'orders-us')).toMatchObject({ market: 'us' });
  expect(environment(manifests, 'Deployment', 'orders')).toEqual({});
});

test('every kind, and what ends', () => {
  const world = new World();
  world.service('ledger', { kind: WorkloadKind.statefulSet() });
  world.service('cache', { kind: WorkloadKind.daemonSet() });
  world.service('mailer', { ports: undefined });
  new MeshJob(world.shop, 'migrate', { image: 'migrate:1' });
  new MeshCronJob(world.shop, 'report', { image: 'report:1', schedule: Cron.daily() });
  new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.identity() });
  const manifests = synthesize(world.shop);

  for (const [kind, name] of [['StatefulSet', 'ledger'], ['DaemonSet', 'cache'], ['Deployment', 'mailer'], ['Job', 'migrate'], ['CronJob', 'report']]) {
    expect(attributes(manifests, kind, name)).toMatchObject({ [`k8s.${kind.toLowerCase()}.name`]: name, 'service.version': 'v1' });
    expect(environment(manifests, kind, name)).toMatchObject({ OTEL_SERVICE_NAME: name });
    expect(environment(manifests, kind, name)).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT');
  }
});

describe('scopes', () => {
  /** Who has a way to the server: all three walls, or none. */
  function open(world: World, server = 'observability/otel.observability.svc.cluster.local', port = 4317): string[] {
    const manifests = world.app.charts.flatMap(synthesize);
    const scoped = manifests.filter(({ kind, spec }) => kind === 'Sidecar' && spec.egress[0].hosts.includes(server)).map(({ metadata }) => metadata.name);
    const networked = manifests.filter(({ kind, spec }) => kind === 'NetworkPolicy'
      && (spec.egress ?? []).some(({ ports = [] }: any) => ports.some((each: any) => each.port === port)));
    const told = manifests.filter(({ kind }) => kind === 'Deployment').filter(({ spec }) => (
      spec.template.spec.containers[0].env ?? []).some(({ name }: any) => name === 'OTEL_EXPORTER_OTLP_ENDPOINT')).map(({ metadata }) => metadata.name);
    expect(networked.map(({ metadata }) => metadata.name).sort()).toEqual(scoped.sort());
    expect(told.sort()).toEqual(scoped);
    return scoped;
  }

  function shopAndWeb(world: World): void {
    world.service('orders');
    world.service('ledger');
    new MeshService(world.chart('web', 'web'), 'frontend', { image: 'frontend:1', ports: [MeshPort.http(8080)] });
  }

  test('the narrowest wins, and the way is opened for those alone that are told', () => {
    const world = new World();
    shopAndWeb(world);
    const server = otel(world);
    const ledger = world.shop.node.findChild('ledger') as MeshService;
    new MeshTelemetry(world.shop, 'ledger-telemetry', { service: ledger, programs: ProgramTelemetry.none() });
    new MeshTelemetry(world.chart('root', 'mesh-root'), 'telemetry', { programs: ProgramTelemetry.otlp(server) });
    expect(open(world)).toEqual([]);
    new Mesh(world.app, 'mesh', { istioNamespace: 'mesh-root' });
    expect(open(world)).toEqual(['frontend', 'orders']);
  });

  test('a namespace\'s own stands in the place of the mesh\'s, whichever comes first', () => {
    const world = new World();
    shopAndWeb(world);
    const near = new ExistingWorkload(world.app, 'near', { namespace: 'near', podLabels: { app: 'near' }, ports: [MeshPort.http(4318)], inMesh: false });
    new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlpHttp(near, { signals: [TelemetrySignal.TRACES], sampling: Percent.of(5) }) });
    new MeshTelemetry(world.chart('root', 'istio-system'), 'telemetry', { programs: ProgramTelemetry.otlp(otel(world)) });

    expect(environment(synthesize(world.shop), 'Deployment', 'orders')).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://near.near.svc.cluster.local:4318',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.05',
    });
  });

  test('a collector of the app lets in those that send, and is told nothing itself', () => {
    const world = new World();
    shopAndWeb(world);
    const collector = world.service('collector', { ports: [MeshPort.grpc(4317)] });
    new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(collector) });
    const manifests = synthesize(world.shop);

    const { rules } = find(manifests, 'AuthorizationPolicy', 'collector').spec;
    expect(rules.flatMap(({ from }: any) => from[0].source.principals)).toEqual(['cluster.local/ns/shop/sa/ledger', 'cluster.local/ns/shop/sa/orders']);
    expect(environment(manifests, 'Deployment', 'collector')).toEqual({});
  });

  test('where a proxy answers 403 to what was not declared, the programs\' calls are among what was', () => {
    const world = new World();
    shopAndWeb(world);
    const server = otel(world);
    const vendor = new ExternalService(world.chart('edge', 'edge'), 'vendor', { host: 'otel.example.com', ports: [MeshPort.grpc(4317)] });
    for (const destination of [server, vendor]) {
      (world.shop.node.findChild('ledger') as MeshService).calls(destination, { paths: ['/x.y.Z/*'] });
    }
    new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(server) });
    new MeshTelemetry(world.chart('web2', 'web'), 'telemetry', { programs: ProgramTelemetry.otlp(vendor) });
    const sources = (name: string) => find(world.app.charts.flatMap(synthesize), 'VirtualService', name).spec.http
      .filter(({ route }: any) => route).map(({ name: route }: any) => route);

    expect(sources('otel')).toEqual(['default.ledger.1', 'default.ledger.2', 'default.orders']);
    expect(sources('vendor')).toEqual(['default.ledger', 'default.frontend']);
  });
});

test('what the user says of an attribute is written so that nothing in it is a reference or another attribute', () => {
  const world = new World();
  world.service('orders');
  new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.identity({ attributes: { 'team.motto': 'a=b,c $(HOME) ü' } }) });

  expect(decodeURIComponent(attributes(synthesize(world.shop), 'Deployment', 'orders')['team.motto'])).toBe('a=b,c $(HOME) ü');
  expect(attributes(synthesize(world.shop), 'Deployment', 'orders')['team.motto']).toBe('a%3Db%2Cc%20%24%28HOME%29%20%C3%BC');
});

