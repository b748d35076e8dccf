import { Cron, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Autoscaling, CircuitBreaker, LoadBalancing, Mesh, MeshCronJob, MeshCronJobProps, MeshJob, MeshJobProps, MeshPort, MeshService, MeshServiceProps,
  ScalingMetric, VolumeClaim, WorkloadKind,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const WORKER = { ports: undefined };
const RECREATE = WorkloadKind.deployment({ strategy: kplus.DeploymentStrategy.recreate() });
const RAFT = MeshPort.tcp(7000, { name: 'tcp-raft' });
const DATA = VolumeClaim.of('data', '/data', Size.gibibytes(1));

/** Workers, kinds of controllers, peers and jobs. */
export const wrongKinds: WrongInput[] = [
  kind('a worker with a readiness path', { ...WORKER, readinessPath: '/readyz' }, 'NotCallable', 'readinessPath', '"/readyz"', 'fromCommand()'),
  kind('a worker whose requests are balanced', { ...WORKER, loadBalancing: LoadBalancing.random() }, 'NotCallable', 'loadBalancing', '"a LoadBalancing"', 'Leave it out'),
  kind('a worker with a circuit breaker', { ...WORKER, circuitBreaker: CircuitBreaker.consecutiveErrors(5) }, 'NotCallable', 'circuitBreaker', '"a CircuitBreaker"', 'Leave it out'),
  worker('a call to a worker', (mailer, world) => world.service('orders').calls(mailer), 'shop/orders', 'calls(mailer)', '"shop/mailer"'),
  worker('a call to a job', (_, world) => world.service('orders').calls(new MeshJob(world.shop, 'migrate', { image: 'migrate:1' })), 'shop/orders', 'calls(migrate)', '"shop/migrate"'),
  worker('the host of a worker', mailer => mailer.host, 'shop/mailer', 'host'),
  worker('the Service of a worker', mailer => mailer.service, 'shop/mailer', 'service'),
  worker('a route to a worker', mailer => mailer.addRoute('all', { match: [], version: 'v1' }), 'shop/mailer', 'addRoute(all)'),
  worker('a release of a worker', (mailer, world) => world.release(mailer), 'shop/orders-next', 'service'),
  {
    mistake: 'the Deployment of a DaemonSet',
    make: world => world.service('orders', { kind: WorkloadKind.daemonSet() }).deployment,
    code: 'NotADeployment',
    path: 'shop/orders',
    property: 'deployment',
    received: '"DaemonSet"',
    fix: ['Use workload'],
  },
  ...([
    ['a release of a StatefulSet', { kind: WorkloadKind.statefulSet() }],
    ['a release of a DaemonSet', { kind: WorkloadKind.daemonSet() }],
    ['a release of what is stopped before it is started', { kind: RECREATE, replicas: 1 }],
  ] as [string, Partial<MeshServiceProps>][]).map(([mistake, props]): WrongInput => ({
    mistake,
    make: world => world.release(world.service('orders', props)),
    code: 'NotReleasable',
    path: 'shop/orders-next',
    property: 'service',
    received: '"shop/orders"',
    fix: ['in place'],
  })),
  {
    mistake: 'a release of an autoscaled service that has kept a selector without a version',
    make: world => world.release(world.service('orders', { adopts: { selector: { app: 'orders' } }, autoscaling: Autoscaling.horizontal({ min: 2, max: 4, metrics: [ScalingMetric.cpu(70)] }) })),
    code: 'NotReleasable',
    path: 'shop/orders-next',
    property: 'replicas',
    received: 'undefined',
    fix: ['replicas: 3'],
  },
  kind('several pods of which one must be stopped first', { kind: RECREATE }, 'InvalidReplicas', 'replicas', '3', 'replicas: 1'),
  kind('an autoscaler of what is stopped before it is started', { kind: RECREATE, autoscaling: Autoscaling.byOthers({ min: 1, max: 2 }) }, 'InvalidReplicas', 'autoscaling', '2', 'replicas: 1'),
  kind('replicas of a DaemonSet', { kind: WorkloadKind.daemonSet(), replicas: 2 }, 'InvalidReplicas', 'replicas', '2', 'every node'),
  kind('an autoscaler of a DaemonSet', { kind: WorkloadKind.daemonSet(), autoscaling: Autoscaling.byOthers({ min: 1, max: 2 }) }, 'InvalidReplicas', 'autoscaling', '2', 'every node'),
  kind('a DaemonSet on no node', { kind: WorkloadKind.daemonSet({ nodes: 0 }) }, 'InvalidReplicas', 'kind.nodes', '0', 'nodes the cluster has'),
  kind('a StatefulSet without any port', { ...WORKER, kind: WorkloadKind.statefulSet() }, 'MissingPorts', 'ports', '[]', 'headless Service'),
  kind('a claim at a relative path', { kind: WorkloadKind.statefulSet({ claims: [VolumeClaim.of('data', 'data', Size.gibibytes(1))] }) }, 'InvalidPath', 'kind.claims[0].path', '"data"', 'from the root'),
  kind('a claim of nothing', { kind: WorkloadKind.statefulSet({ claims: [VolumeClaim.of('data', '/data', Size.gibibytes(0))] }) }, 'InvalidResources', 'kind.claims[0].size', '"0Gi"', 'Size.gibibytes(10)'),
  kind('a claim of a class with spaces', { kind: WorkloadKind.statefulSet({ claims: [VolumeClaim.of('data', '/data', Size.gibibytes(1), { storageClass: 'Fast SSD' })] }) }, 'InvalidName', 'kind.claims[0].storageClass', '"Fast SSD"', 'lower case'),
  kind('the adoption of a StatefulSet', { kind: WorkloadKind.statefulSet(), adopts: { selector: { app: 'x' } } }, 'InvalidLabels', 'adopts.selector', '{"app":"x"}', 'ExistingService'),
  kind('a quorum with a name too long for its headless Service', { peers: [MeshPort.tcp(7000)], kind: undefined, name: 's'.repeat(55) }, 'NameTooLong', 'name', JSON.stringify('s'.repeat(55)), 'by 1'),
  kind('a StatefulSet with a name too long for its pods', { kind: WorkloadKind.statefulSet(), name: 's'.repeat(53) }, 'NameTooLong', 'name', JSON.stringify('s'.repeat(53)), 'by 1'),
  kind('a claim with a name in capitals', { kind: WorkloadKind.statefulSet({ claims: [VolumeClaim.of('Data', '/data', Size.gibibytes(1))] }) }, 'InvalidName', 'kind.claims[0].name', '"Data"', 'lower case'),
  kind('two claims of one name', { kind: WorkloadKind.statefulSet({ claims: [DATA, VolumeClaim.of('data', '/more', Size.gibibytes(1))] }) }, 'DuplicateName', 'kind.claims[1]', '"data"', 'name of its own'),
  kind('two claims at one path', { kind: WorkloadKind.statefulSet({ claims: [DATA, VolumeClaim.of('more', '/data', Size.gibibytes(1))] }) }, 'InvalidPath', 'kind.claims[1]', '"/data"', 'one volume'),
  {
    mistake: 'a claim named as a volume of the pod',
    make: (world) => {
      world.service('orders', { kind: WorkloadKind.statefulSet({ claims: [DATA, VolumeClaim.of('tmp', '/more', Size.gibibytes(1))] }) });
      world.synth();
    },
    code: 'DuplicateName',
    path: 'shop/orders',
    property: 'pod.volumes[0].name',
    received: '"tmp"',
    fix: ['another name'],
  },
  kind('an empty list of peers', { peers: [] }, 'MissingPorts', 'peers', '[]', 'tcp-raft'),
  kind('peers over HTTP', { peers: [MeshPort.http(7000, { name: 'http-raft' })] }, 'InvalidPort', 'peers[0]', '7000', 'MeshPort.tcp(7000)'),
  kind('peers with a target port', { peers: [MeshPort.tcp(70, { targetPort: 7000 })] }, 'InvalidPort', 'peers[0].targetPort', '7000', 'port of the pod'),
  kind('peers on the port of the service', { peers: [MeshPort.tcp(8080)] }, 'DuplicatePort', 'peers[1]', '"8080"', 'tell the ports apart'),
  kind('a peers\' port with the name of another', { ports: [MeshPort.tcp(6379)], peers: [MeshPort.tcp(7000)] }, 'DuplicatePort', 'peers[1]', '"tcp"', 'tcp-raft'),
  {
    mistake: 'a service named as the headless one of another',
    make: (world) => {
      world.service('orders-headless');
      world.service('orders', { peers: [RAFT] });
    },
    code: 'DuplicateName',
    path: 'shop/orders',
    property: 'name',
    received: '"orders-headless"',
    fix: ['another name'],
  },
  {
    mistake: 'the variable of another server\'s address',
    make: (world) => {
      const frontend = world.service('frontend');
      ['orders', 'cart'].forEach(name => frontend.calls(world.service(name), { addressVariable: 'ADDR' }));
    },
    code: 'DuplicateName',
    path: 'shop/frontend',
    property: 'calls(cart).addressVariable',
    received: '"ADDR"',
    fix: ['variable of its own'],
  },
  {
    mistake: 'the variable of another port\'s address',
    make: (world) => {
      const [frontend, orders] = [world.service('frontend'), world.service('orders', { ports: [MeshPort.http(8080), MeshPort.grpc(50051)] })];
      ['http', 'grpc'].forEach(port => frontend.calls(orders, { port, addressVariable: 'ADDR' }));
    },
    code: 'DuplicateName',
    path: 'shop/frontend',
    property: 'calls(orders).addressVariable',
    received: '"ADDR"',
    fix: ['variable of its own'],
  },
  ...['', '1ADDR', 'ORDERS-ADDR', 'A=B'].map((addressVariable): WrongInput => ({
    mistake: `the variable '${addressVariable}'`,
    make: world => world.service('frontend').calls(world.service('orders'), { addressVariable }),
    code: 'InvalidName',
    path: 'shop/frontend',
    property: 'calls(orders).addressVariable',
    received: JSON.stringify(addressVariable),
    fix: ['ORDERS_ADDR'],
  })),
  job('a job without an image', { image: '' }, 'MissingImage', 'image', '""', 'Name the container'),
  job('a job that never fails often enough', { backoffLimit: -1 }, 'InvalidJob', 'backoffLimit', '-1', 'whole number'),
  job('a job that nobody has to complete', { completions: 0 }, 'InvalidJob', 'completions', '0', 'whole number'),
  job('a job of half a pod', { parallelism: 0.5 }, 'InvalidJob', 'parallelism', '0.5', 'whole number'),
  job('a job that has no time', { activeDeadline: Duration.seconds(0) }, 'InvalidDuration', 'activeDeadline', '0', 'from 1'),
  job('a job that is removed at once', { ttlAfterFinished: Duration.millis(500) }, 'InvalidDuration', 'ttlAfterFinished', '0.5', 'from 1'),
  job('a job named default', { name: 'default' }, 'InvalidName', 'name', '"default"', 'another name'),
  cron('a schedule of four fields', { schedule: cronOf('0 2 * *') }, 'InvalidSchedule', 'schedule', '"0 2 * *"', 'Cron.schedule('),
  cron('a schedule at minute 61', { schedule: Cron.schedule({ minute: '61' }) }, 'InvalidSchedule', 'schedule', '"61 * * * *"', 'Cron.daily()'),
  cron('a schedule of a value that is not set', { schedule: Cron.schedule({ hour: `${undefined}` }) }, 'InvalidSchedule', 'schedule', '"* undefined * * *"', 'Say the minute'),
  cron('a time zone that there is not', { timeZone: 'Europe/Springfield' }, 'InvalidSchedule', 'timeZone', '"Europe/Springfield"', 'tz database'),
  cron('a time zone in small letters', { timeZone: 'europe/berlin' }, 'InvalidSchedule', 'timeZone', '"europe/berlin"', 'tz database'),
  cron('an hour without its minute', { schedule: Cron.schedule({ hour: '2' }) }, 'InvalidSchedule', 'schedule', '"* 2 * * *"', 'Say the minute'),
  cron('a time zone by its offset', { timeZone: '+02:00' }, 'InvalidSchedule', 'timeZone', '"+02:00"', 'tz database'),
  cron('a start that may hardly be late', { startingDeadline: Duration.seconds(5) }, 'InvalidDuration', 'startingDeadline', '5', 'every 10 seconds'),
  cron('a CronJob with a name too long for its jobs', { name: 'r'.repeat(53) }, 'NameTooLong', 'name', JSON.stringify('r'.repeat(53)), 'by 1'),
  {
    mistake: 'a job in a mesh without native sidecars',
    make: (world) => {
      new Mesh(world.app, 'mesh', { nativeSidecars: false });
      new MeshJob(world.shop, 'migrate', { image: 'migrate:1' });
      world.synth();
    },
    code: 'NeedsNativeSidecars',
    path: 'shop/migrate',
    property: 'nativeSidecars',
    received: 'false',
    fix: ['leave nativeSidecars'],
  },
];

function cronOf(expressionString: string): Cron {
  return Object.assign(Cron.daily(), { expressionString });
}

function kind(mistake: string, props: Partial<MeshServiceProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => world.service('orders', props), code, path: 'shop/orders', property, received, fix: [fix] };
}

function worker(mistake: string, make: (mailer: MeshService, world: World) => unknown, path: string, property: string, received = '"mailer"'): WrongInput {
  return {
    mistake, make: world => make(world.service('mailer', WORKER), world), code: 'NotCallable', path, property, received, fix: ['ports: [MeshPort.http(8080)]'],
  };
}

function job(mistake: string, props: Partial<MeshJobProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => new MeshJob(world.shop, 'migrate', { image: 'migrate:1', ...props }), code, path: 'shop/migrate', property, received, fix: [fix] };
}

function cron(mistake: string, props: Partial<MeshCronJobProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake, make: world => new MeshCronJob(world.shop, 'report', { image: 'report:1', schedule: Cron.daily(), ...props }), code, path: 'shop/report', property, received, fix: [fix],
  };
}
