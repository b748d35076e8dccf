import { ApiObject, Cron, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Autoscaling, KedaTrigger, MeshPort, MeshServiceProps, ScalingMetric, ScalingPace } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const BOUNDS = { min: 2, max: 10 };
const CPU = [ScalingMetric.cpu(70)];
const BY_OTHERS = { autoscaling: Autoscaling.byOthers(BOUNDS) };
const horizontal = (...metrics: ScalingMetric[]) => ({ autoscaling: Autoscaling.horizontal({ ...BOUNDS, metrics }) });
const paced = (scaleUp: ScalingPace) => ({ autoscaling: Autoscaling.horizontal({ ...BOUNDS, metrics: CPU, scaleUp }) });
const keda = (...triggers: KedaTrigger[]) => ({ autoscaling: Autoscaling.keda({ ...BOUNDS, triggers }) });
const asleep = (trigger: KedaTrigger, props: Partial<MeshServiceProps> = {}) => (
  { autoscaling: Autoscaling.keda({ min: 0, max: 10, triggers: [trigger] }), ...props });
const cron = (other: { start?: Cron; end?: Cron; timeZone?: string; replicas?: number }) => keda(KedaTrigger.cron({
  start: Cron.schedule({ minute: '0', hour: '8' }), end: Cron.schedule({ minute: '0', hour: '18' }), timeZone: 'Europe/Berlin', replicas: 5, ...other,
}));

type Row = [mistake: string, props: Partial<MeshServiceProps>, code: ErrorCode, property: string, received: string, fix: string];

export const wrongAutoscaling: WrongInput[] = [
  ...([
    ['replicas beside autoscaling', { replicas: 2, ...BY_OTHERS }, 'InvalidReplicas', 'replicas', '2', 'autoscaler says'],
    ['an autoscaler down to nothing', { autoscaling: Autoscaling.byOthers({ min: 0, max: 3 }) }, 'InvalidReplicas', 'autoscaling.min', '0', 'least number'],
    ['an autoscaler with less at most than at least', { autoscaling: Autoscaling.horizontal({ min: 4, max: 3, metrics: CPU }) }, 'InvalidReplicas', 'autoscaling.max', '3', 'greatest number'],
    ['an autoscaler of KEDA up to nothing', { autoscaling: Autoscaling.keda({ min: 0, max: 0, triggers: [KedaTrigger.requestsPerSecond(1)] }) }, 'InvalidReplicas', 'autoscaling.max', '0', 'greatest number'],
    ['an autoscaler without a metric', horizontal(), 'EmptyList', 'autoscaling.metrics', '[]', 'ScalingMetric.cpu(70)'],
    ['an autoscaler without a trigger', keda(), 'EmptyList', 'autoscaling.triggers', '[]', 'KedaTrigger.requestsPerSecond(100)'],
    ['half a percent of the CPU', horizontal(ScalingMetric.cpu(0.5)), 'InvalidScaling', 'autoscaling.metrics[0]', '0.5', 'whole percents'],
    ['no percent of a pod\'s CPU', horizontal(...CPU, ScalingMetric.podCpu(0)), 'InvalidScaling', 'autoscaling.metrics[1]', '0', 'whole percents'],
    ['all of the memory that may be used', horizontal(ScalingMetric.memory(200)), 'InvalidScaling', 'autoscaling.metrics[0]', '200', 'never seen used'],
    ['more CPU than may be used', {
      ...horizontal(ScalingMetric.cpu(100)), resources: { cpu: { request: kplus.Cpu.units(1) }, memory: { limit: Size.gibibytes(1) } },
    }, 'InvalidScaling', 'autoscaling.metrics[0]', '100', 'resources.cpu.limit'],
    ['more CPU than may be used, for KEDA', keda(KedaTrigger.cpu(1000)), 'InvalidScaling', 'autoscaling.triggers[0]', '1000', 'resources.cpu.limit'],
    ['a window of half a second', paced({ stabilizationWindow: Duration.millis(500) }), 'InvalidDuration', 'autoscaling.scaleUp.stabilizationWindow', '0.5', 'whole seconds'],
    ['a period of an hour', paced({ pods: 1, period: Duration.hours(1) }), 'InvalidDuration', 'autoscaling.scaleUp.period', '3600', '30 minutes'],
    ['no pod at once', paced({ pods: 0 }), 'InvalidScaling', 'autoscaling.scaleUp.pods', '0', 'at once'],
    ['no percent at once', paced({ percent: 0 }), 'InvalidScaling', 'autoscaling.scaleUp.percent', '0', 'doubles'],
    ['no pod for what is called', asleep(KedaTrigger.requestsPerSecond(10)), 'InvalidReplicas', 'autoscaling.min', '0', 'starts none'],
    ['no pod until one uses CPU', asleep(KedaTrigger.cpu(70), { ports: undefined }), 'InvalidScaling', 'autoscaling.triggers', '[]', 'source of the work'],
    ['requests of a port of TCP', { ...keda(KedaTrigger.requestsPerSecond(10)), ports: [MeshPort.tcp(6379)] }, 'NotHttp', 'autoscaling.triggers[0]', '10', 'KedaTrigger.cpu()'],
    ['no request for a pod', keda(KedaTrigger.requestsPerSecond(0)), 'InvalidScaling', 'autoscaling.triggers[0]', '0', 'one pod takes'],
    ['an empty query', keda(KedaTrigger.prometheus({ query: ' ', threshold: 1 })), 'InvalidScaling', 'autoscaling.triggers[0].query', '" "', 'PromQL'],
    ['a query of a value that is not set', keda(KedaTrigger.prometheus({ query: `sum(${undefined})`, threshold: 1 })), 'UnsetValue', 'autoscaling.triggers[0].query', '"sum(undefined)"', 'empty'],
    ['a threshold that is no number', keda(KedaTrigger.prometheus({ query: 'up', threshold: NaN })), 'InvalidScaling', 'autoscaling.triggers[0].threshold', 'NaN', 'one pod takes'],
    ['an activation by nothing', keda(KedaTrigger.prometheus({ query: 'up', threshold: 1, activationThreshold: -1 })), 'InvalidScaling', 'autoscaling.triggers[0].activationThreshold', '-1', 'one pod takes'],
    ['more pods by day than at most', cron({ replicas: 11 }), 'InvalidScaling', 'autoscaling.triggers[0].replicas', '11', 'max of the autoscaler'],
    ['a time that ends as it begins', cron({ end: Cron.schedule({ minute: '0', hour: '8' }) }), 'InvalidSchedule', 'autoscaling.triggers[0].end', '"0 8 * * *"', 'ends as it begins'],
    ['a time that begins at minute 61', cron({ start: Cron.schedule({ minute: '61' }) }), 'InvalidSchedule', 'autoscaling.triggers[0].start', '"61 * * * *"', 'Cron.schedule('],
    ['a time in a zone that there is not', cron({ timeZone: 'Berlin' }), 'InvalidSchedule', 'autoscaling.triggers[0].timeZone', '"Berlin"', 'Europe/Berlin'],
    ['a scaler with a type in capitals', keda(KedaTrigger.of('RabbitMQ', {})), 'InvalidScaling', 'autoscaling.triggers[0].type', '"RabbitMQ"', 'aws-sqs-queue'],
    ['an authentication with a name in capitals', keda(KedaTrigger.of('rabbitmq', {}, { authentication: 'Rabbit' })), 'InvalidName', 'autoscaling.triggers[0].authentication', '"Rabbit"', 'lower case'],
  ] as Row[]).map(([mistake, props, code, property, received, fix]): WrongInput => ({
    mistake, make: world => world.service('orders', props), code, path: 'shop/orders', property, received, fix: [fix],
  })),
  {
    mistake: 'an autoscaler for a service that is not left to one',
    make: world => new kplus.HorizontalPodAutoscaler(world.shop, 'scaling', { target: world.service('orders').deployment, maxReplicas: 10 }),
    code: 'InvalidReplicas',
    path: 'shop/orders',
    property: 'autoscaling',
    received: 'undefined',
    fix: ['Autoscaling.byOthers({ min: 3, max: 10 })'],
  },
  foreign('an autoscaler by hand for a service that is not left to one', {}, world => hpa(world, { minReplicas: 1, maxReplicas: 5 }), '"shop/scaling"', 'Autoscaling.byOthers({ min: 1, max: 5 })'),
  foreign('a ScaledObject for a service that is not left to it', {}, scaledObject, '"shop/scaling"', 'Autoscaling.byOthers({ min: 0, max: 100 })'),
  foreign('a second autoscaler', horizontal(...CPU), scaledObject, '"shop/scaling"', 'Leave shop/scaling out.'),
  foreign('an autoscaler with other numbers than it was left to', BY_OTHERS, world => hpa(world, { minReplicas: 2, maxReplicas: 5 }), '{"min":2,"max":10}', 'byOthers({ min: 2, max: 5 })'),
  {
    mistake: 'an autoscaler of a release whose pods have a number',
    make: (world) => {
      world.release(world.service('orders', BY_OTHERS));
      hpa(world, { maxReplicas: 5 }, 'orders-v2');
      world.synth();
    },
    code: 'InvalidReplicas',
    path: 'shop/orders-next',
    property: 'autoscaling',
    received: '"shop/scaling"',
    fix: ['Leave shop/scaling out'],
  },
];

function hpa(world: World, spec: object, target = 'orders'): void {
  new ApiObject(world.shop, 'scaling', {
    apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target }, ...spec },
  });
}

/** Deployment is what KEDA takes for granted. */
function scaledObject(world: World): void {
  new ApiObject(world.shop, 'scaling', { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', spec: { scaleTargetRef: { name: 'orders' }, triggers: [] } });
}

function foreign(mistake: string, props: Partial<MeshServiceProps>, add: (world: World) => void, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: (world) => {
      world.service('orders', props);
      add(world);
      world.synth();
    },
    code: 'InvalidReplicas',
    path: 'shop/orders',
    property: 'autoscaling',
    received,
    fix: [fix],
  };
}
