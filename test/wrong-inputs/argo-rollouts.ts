import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AnalysisMetric, ArgoRolloutsOptions, Autoscaling, CanaryAnalysis, CanaryEngine, CanaryRelease, CanaryReleaseProps, Handover, MeshPort, MeshService,
  MeshServiceProps, Percent, RouteMatch, RouteMirror, ServiceVersion, SessionAffinity, StringMatch, WorkloadKind,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

interface Described {
  readonly release?: Partial<CanaryReleaseProps>;
  readonly engine?: ArgoRolloutsOptions;
  readonly service?: Partial<MeshServiceProps>;
  readonly more?: (orders: MeshService, world: World) => void;
  /** Of what is at fault. */
  readonly path?: string;
}

const QA = [RouteMatch.header('x-user', StringMatch.exactly('qa'))];
const { absolute } = kplus.PercentOrAbsolute;
const TWICE = kplus.DeploymentStrategy.rollingUpdate({ maxSurge: absolute(2) });
const ONE_LESS = kplus.DeploymentStrategy.rollingUpdate({ maxSurge: absolute(1), maxUnavailable: absolute(1) });

export const wrongArgoRollouts: WrongInput[] = [
  of('a stage for Argo Rollouts', { release: { stage: 1 } }, 'UnsupportedByEngine', 'stage', '1', 'ReleaseGate.manual()'),
  of('stages of Argo Rollouts with names', { release: { stageNames: ['a', 'b', 'c'] } }, 'UnsupportedByEngine', 'stageNames', '["a","b","c"]', 'Leave it out'),
  of('a release of Argo Rollouts that a commit aborts', { release: { aborted: true } }, 'UnsupportedByEngine', 'aborted', 'true', 'kubectl argo rollouts abort'),
  of('a version for Argo Rollouts', { release: { version: 'v2' } }, 'UnsupportedByEngine', 'version', '"v2"', 'by a hash'),
  of('a number of pods for Argo Rollouts', { release: { replicas: 2 } }, 'UnsupportedByEngine', 'replicas', '2', 'Say it of the service'),
  of('a cookie for Argo Rollouts', { release: { sessionAffinity: SessionAffinity.byCookie('orders') } }, 'UnsupportedByEngine', 'sessionAffinity', '"orders"', 'CanaryEngine.flagger()'),
  of('a second 0 for Argo Rollouts without anything to try', { release: { stages: [0, 0, 50, 100] } }, 'InvalidStages', 'stages', '[0,0,50,100]', 'match or mirror'),
  of('a Rollout of a StatefulSet', { service: { kind: WorkloadKind.statefulSet() } }, 'NotReleasable', 'service', '"shop/orders"', 'Update it in place'),
  of('a Rollout of a DaemonSet', { service: { kind: WorkloadKind.daemonSet() } }, 'NotReleasable', 'service', '"shop/orders"', 'Update it in place'),
  of('a Rollout of a Deployment that recreates its pods', {
    service: { replicas: 1, kind: WorkloadKind.deployment({ strategy: kplus.DeploymentStrategy.recreate() }) },
  }, 'NotReleasable', 'service', '"shop/orders"', 'Update it in place'),
  of('a Rollout with a strategy of the Deployment\'s', {
    service: { kind: WorkloadKind.deployment({ strategy: TWICE }) },
    path: 'shop/orders',
  }, 'UnsupportedByEngine', 'kind.strategy', '{"rollingUpdate":{"maxSurge":2,"maxUnavailable":"25%"},"type":"RollingUpdate"}', 'Leave the strategy out'),
  of('a Rollout that is to do with a pod less', {
    service: { kind: WorkloadKind.deployment({ strategy: ONE_LESS }) },
    path: 'shop/orders',
  }, 'UnsupportedByEngine', 'kind.strategy', '{"rollingUpdate":{"maxSurge":1,"maxUnavailable":1},"type":"RollingUpdate"}', 'Leave the strategy out'),
  of('a Rollout without a port where shares are kept', { service: { ports: [MeshPort.udp(5353, { name: 'udp-dns' })] } }, 'NotReleasable', 'service', '"orders"', 'a service of its own'),
  of('a Rollout of a headless service', { service: { headless: true, ports: [MeshPort.tcp(6379)] } }, 'HeadlessService', 'service', '"orders"', 'Leave headless out'),
  of('an image while the service is given to Argo Rollouts', { engine: { handover: Handover.BEGIN }, release: { image: 'ghcr.io/acme/orders:2.0.0' } }, 'UnsupportedByEngine', 'engine.handover', '"begin"', 'Release nothing'),
  of('a variable while the service is taken back', { engine: { handover: Handover.END }, release: { image: undefined, env: { A: kplus.EnvValue.fromValue('b') } } },
    'UnsupportedByEngine', 'engine.handover', '"end"', 'Give the service itself'),
  of('a Rollout whose pods others scale', { service: { autoscaling: Autoscaling.byOthers({ min: 2, max: 5 }) }, path: 'shop/orders' }, 'UnsupportedByEngine', 'autoscaling', '"byOthers"', 'Autoscaling.horizontal()'),
  of('a measurement of copies by what clients count', {
    release: {
      stages: [0, 100],
      mirror: Percent.of(10),
      analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics: [AnalysisMetric.successRate({ atLeast: 99 })] }),
    },
  }, 'UnsupportedByEngine', 'analysis.metrics[0]', '[0,100]', 'stages with shares'),
  {
    mistake: 'a measurement of the requests of somebody who makes none',
    make: (world) => {
      const metrics = [AnalysisMetric.successRate({ atLeast: 99, of: world.service('frontend') })];
      release(world, { release: { analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics }) } });
    },
    code: 'UndeclaredCall',
    path: 'shop/release',
    property: 'analysis.metrics[0].of',
    received: '"shop/frontend"',
    fix: ['Declare the call'],
  },
  patched('a patch of the strategy of what becomes a Rollout', JsonPatch.replace('/spec/strategy', { type: 'Recreate' }), 'deployment.spec.strategy', '{"type":"Recreate"}'),
  patched('a patch of the surge of what becomes a Rollout', JsonPatch.replace('/spec/strategy/rollingUpdate/maxSurge', 3), 'deployment.spec.strategy',
    '{"rollingUpdate":{"maxSurge":3,"maxUnavailable":0},"type":"RollingUpdate"}'),
  patched('a patch with a field that a Rollout lacks', JsonPatch.add('/spec/podReplacementPolicy', 'Failed'), 'deployment.spec.podReplacementPolicy', '"Failed"'),
  of('a name that leaves no room for that of the Service of new pods', {
    service: { name: 'o'.repeat(57) },
  }, 'NameTooLong', 'service.name', JSON.stringify(`${'o'.repeat(57)}-stable`), 'Shorten it by 1'),
  ...['orders-stable', 'orders-canary'].map((name): WrongInput => ({
    mistake: `a service with the name of a Service of a Rollout: ${name}`,
    make: (world) => {
      world.service(name);
      release(world, {});
    },
    code: 'DuplicateName',
    path: 'shop/release',
    property: 'service',
    received: JSON.stringify(name),
    fix: ['another name'],
  })),
  of('a version with a share beside a Rollout', {
    more: (orders, world) => new ServiceVersion(world.shop, 'eu', { service: orders, weight: 10 }), path: 'shop/orders',
  }, 'NotReleasable', 'release', '"shop/release"', 'weight: 0'),
  of('a route to the new pods of a Rollout', { more: orders => orders.addRoute('qa', { match: QA, version: 'v2' }), path: 'shop/orders' },
    'UnsupportedByEngine', 'addRoute(qa).version', '"v2"', 'Use one of v1', 'the release\'s match', 'CanaryEngine.static()'),
  of('a share for the new pods of a Rollout', { more: orders => orders.addRoute('qa', { match: QA, versions: { v1: 50, v2: 50 } }), path: 'shop/orders' },
    'UnsupportedByEngine', 'addRoute(qa).versions', '"v2"', 'Use one of v1', 'the release\'s match', 'CanaryEngine.static()'),
  of('copies to the new pods of a Rollout', { more: orders => orders.addRoute('qa', { match: QA, mirrors: [RouteMirror.toVersion('v2')] }), path: 'shop/orders' },
    'UnsupportedByEngine', 'addRoute(qa).mirrors[0]', '"v2"', 'Use one of v1', 'CanaryEngine.static()'),
  of('a route of connections to the new pods of a Rollout', {
    service: { ports: [MeshPort.tls(8443, { sniHosts: ['pay.example.com', 'bank.example.com'] })] },
    more: orders => orders.addConnectionRoute('pay', { sniHosts: ['pay.example.com'], version: 'v2' }),
    path: 'shop/orders',
  }, 'UnsupportedByEngine', 'addConnectionRoute(pay).version', '"v2"', 'Use one of v1, or release by CanaryEngine.static()'),
];

function patched(mistake: string, patch: JsonPatch, property: string, received: string): WrongInput {
  const more = (orders: MeshService) => ApiObject.of(orders.deployment).addJsonPatch(patch);
  return of(mistake, { more, path: 'shop/orders' }, 'UnsupportedByEngine', property, received, 'Leave the patch out');
}

function release(world: World, { release: props, engine, service, more }: Described): void {
  const orders = world.service('orders', service);
  new CanaryRelease(world.shop, 'release', { service: orders, stages: [0, 50, 100], engine: CanaryEngine.argoRollouts(engine), ...props });
  more?.(orders, world);
  world.synth();
}

function of(mistake: string, described: Described, code: ErrorCode, property: string, received: string, ...fix: string[]): WrongInput {
  return { mistake, make: world => release(world, described), code, path: described.path ?? 'shop/release', property, received, fix };
}
