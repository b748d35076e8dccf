import { Duration } from 'cdk8s';
import { CanaryEngine, CanaryRelease, ChaosExperiment, ChaosTarget, Fault, Handover, MeshPort, Percent, SteadyState, ZeroTrustNamespace } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const DRILL = 'shop/pod-loss';
const PODS = { namespace: 'default', labelKey: 'run', labelValue: 'my-app' };

export const wrongDrills: WrongInput[] = [
  {
    mistake: 'a drill in a zero-trust namespace',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      new ChaosExperiment(world.shop, 'pod-loss', { target: ChaosTarget.pods(PODS), fault: Fault.podCpuHog() });
      world.synth();
    },
    code: 'RestrictedNamespace',
    path: DRILL,
    property: 'namespace',
    received: '"shop"',
    fix: ['ChaosNamespace'],
  },
  {
    mistake: 'a success rate of TCP connections',
    make: world => new ChaosExperiment(world.shop, 'pod-loss', {
      target: ChaosTarget.service(world.service('redis', { ports: [MeshPort.tcp(6379)] })),
      fault: Fault.podDelete(),
      hypothesis: [SteadyState.successRate({ atLeast: 99 })],
    }),
    code: 'NotHttp',
    path: DRILL,
    property: 'hypothesis[0].of',
    received: '["tcp"]',
    fix: ['MeshPort.http()'],
  },
  {
    mistake: 'a drill at a Deployment that a release makes a Rollout of afterwards',
    make: (world) => {
      const orders = world.service('orders');
      new ChaosExperiment(world.shop, 'pod-loss', { target: ChaosTarget.service(orders), fault: Fault.podDelete() });
      new CanaryRelease(world.shop, 'release', { service: orders, image: 'ghcr.io/acme/orders:2', stages: [0, 50, 100], engine: CanaryEngine.argoRollouts() });
      world.synth();
    },
    code: 'NotReleasable',
    path: DRILL,
    property: 'target',
    received: '"shop/orders"',
    fix: ['after the CanaryRelease'],
  },
  ...[Handover.BEGIN, Handover.END].map((handover): WrongInput => ({
    mistake: `a drill at a new version while Argo Rollouts is at handover ${handover}`,
    make: (world) => {
      ChaosTarget.release(world.release(world.service('orders'), { stage: undefined, image: undefined, engine: CanaryEngine.argoRollouts({ handover }) }));
    },
    code: 'NotReleasable',
    path: 'shop/orders-next',
    property: 'engine',
    received: '"shop/orders"',
    fix: ['without handover'],
  })),
  {
    mistake: 'a drill at a new version whose pods have the instance of a chart',
    make: (world) => {
      const selector = { 'app.kubernetes.io/name': 'orders', 'app.kubernetes.io/instance': 'shop' };
      ChaosTarget.release(world.release(world.service('orders', { adopts: { selector } })));
    },
    code: 'NotReleasable',
    path: 'shop/orders-next',
    property: 'engine',
    received: '"shop/orders"',
    fix: ['ChaosTarget.pods()'],
  },
  fault('a drill of no time', () => Fault.podDelete({ duration: Duration.seconds(0) }), 'InvalidFault', 'duration', '0', 'whole seconds'),
  fault('a drill of one and a half seconds', () => Fault.podDelete({ duration: Duration.millis(1500) }), 'InvalidFault', 'duration', '1.5', 'whole seconds'),
  fault('a drill of two days', () => Fault.podCpuHog({ duration: Duration.days(2) }), 'InvalidFault', 'duration', '172800', 'up to a day'),
  fault('deletions further apart than the drill lasts', () => Fault.podDelete({ duration: Duration.seconds(30), interval: Duration.seconds(60) }), 'InvalidFault', 'interval', '"1 minute"', 'lengthen duration'),
  {
    mistake: 'a drill that states nothing',
    make: world => new ChaosExperiment(world.shop, 'pod-loss', { target: ChaosTarget.pods(PODS), fault: Fault.podDelete(), hypothesis: [] }),
    code: 'EmptyList',
    path: DRILL,
    property: 'hypothesis',
    received: '[]',
    fix: ['Leave it out'],
  },
  fault('deletions without a pause', () => Fault.podDelete({ interval: Duration.millis(500) }), 'InvalidFault', 'interval', '0.5', 'whole seconds'),
  ...[0, 2.5].map(percent => fault(`${percent} percent of the pods`, () => Fault.podDelete({ podsAffected: Percent.of(percent) }),
    'InvalidFault', 'podsAffected', String(percent), 'whole percents')),
  fault('more than all pods', () => Fault.podDelete({ podsAffected: Percent.of(101) }), 'InvalidPercent', 'podsAffected', '101', 'in percent'),
  ...[0, 257, 1.5, NaN].map(cores => fault(`${cores} busy processors`, () => Fault.podCpuHog({ cores }), 'InvalidFault', 'cores', String(cores), 'number of processors')),
  fault('processors that are idle', () => Fault.podCpuHog({ load: Percent.of(0) }), 'InvalidFault', 'load', '0', 'whole percents'),
  fault('a loss of no packet', () => Fault.podNetworkLoss({ loss: Percent.of(0) }), 'InvalidFault', 'loss', '0', 'whole percents'),
  fault('a loss of packets to nobody', () => Fault.podNetworkLoss({ destinations: [] }), 'EmptyList', 'destinations', '[]', 'Leave it out'),
  fault('a loss of packets to a service of another app', () => Fault.podNetworkLoss({ destinations: [new World().service('payments')] }),
    'OtherApp', 'destinations[0]', '"shop/payments"', 'app that describes the service'),
  target('a namespace that is no name', { ...PODS, namespace: 'Default' }, 'InvalidName', 'namespace', '"Default"', 'lower case'),
  target('a label without a key', { ...PODS, labelKey: '' }, 'InvalidLabels', 'label', '{"":"my-app"}', 'at most 63'),
  target('a wildcard for a label', { ...PODS, labelValue: '*' }, 'InvalidLabels', 'label', '{"run":"*"}', 'without wildcards'),
  target('two labels in one', { ...PODS, labelValue: 'my-app,tier=web' }, 'InvalidLabels', 'label', '{"run":"my-app,tier=web"}', 'commas'),
  {
    mistake: 'a drill on a service of another app',
    make: world => new ChaosExperiment(world.shop, 'pod-loss', { target: ChaosTarget.service(new World().service('orders')), fault: Fault.podDelete() }),
    code: 'OtherApp',
    path: DRILL,
    property: 'target',
    received: '"shop/orders"',
    fix: ['app that describes the service'],
  },
  ...[0, -1, 0.99, 1, 100.5, NaN].map((atLeast): WrongInput => ({
    mistake: `a success rate of at least ${atLeast}`,
    make: world => new ChaosExperiment(world.shop, 'pod-loss', {
      target: ChaosTarget.service(world.service('orders')), fault: Fault.podDelete(), hypothesis: [SteadyState.successRate({ atLeast })],
    }),
    code: 'InvalidPercent',
    path: DRILL,
    property: 'hypothesis[0].atLeast',
    received: String(atLeast),
    fix: [atLeast > 0 && atLeast <= 1 ? `Write ${100 * atLeast}: ` : '99 allows one failure in a hundred'],
  })),
  {
    mistake: 'a steady state of nobody',
    make: world => new ChaosExperiment(world.shop, 'pod-loss', {
      target: ChaosTarget.pods(PODS), fault: Fault.podDelete(), hypothesis: [SteadyState.successRate({ atLeast: 99 })],
    }),
    code: 'UnknownService',
    path: DRILL,
    property: 'hypothesis[0].of',
    received: 'undefined',
    fix: ['of: orders'],
  },
  {
    mistake: 'two steady states of one name',
    make: world => new ChaosExperiment(world.shop, 'pod-loss', {
      target: ChaosTarget.service(world.service('orders')),
      fault: Fault.podDelete(),
      hypothesis: [SteadyState.successRate({ atLeast: 99 }), SteadyState.successRate({ atLeast: 95 })],
    }),
    code: 'DuplicateName', // Litmus tells probes apart by their names
    path: DRILL,
    property: 'hypothesis[1]',
    received: '"orders-success-rate"',
    fix: ['once'],
  },
];

function fault(mistake: string, value: () => Fault, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: world => new ChaosExperiment(world.shop, 'pod-loss', { target: ChaosTarget.service(world.service('orders')), fault: value() }),
    code,
    path: DRILL,
    property: `fault.${property}`,
    received,
    fix: [fix],
  };
}

function target(mistake: string, pods: typeof PODS, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake: `pods with ${mistake}`,
    make: world => new ChaosExperiment(world.shop, 'pod-loss', { target: ChaosTarget.pods(pods), fault: Fault.podDelete() }),
    code,
    path: DRILL,
    property: `target.${property}`,
    received,
    fix: [fix],
  };
}
