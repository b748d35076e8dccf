import { Cron, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Autoscaling, CircuitBreaker, HorizontalAutoscalingOptions, KedaTrigger, Mesh, MeshPort, MeshServiceProps, Percent, ScalingMetric, WorkloadKind,
  ZeroTrustNamespace,
} from '../src';
import { find, lookUp, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { ordersWith, World } from './support/world';

const BOUNDS = { min: 2, max: 10 };
const horizontal = (options: Partial<HorizontalAutoscalingOptions> = {}) => ({
  autoscaling: Autoscaling.horizontal({ ...BOUNDS, metrics: [ScalingMetric.cpu(70)], ...options }),
});
const keda = (...triggers: KedaTrigger[]) => ({ autoscaling: Autoscaling.keda({ ...BOUNDS, triggers }) });
const BY_OTHERS = { autoscaling: Autoscaling.byOthers(BOUNDS) };
const REQUESTS = keda(KedaTrigger.requestsPerSecond(100));

describe.each([['by others', BY_OTHERS], ['by Kubernetes', horizontal()], ['by KEDA', REQUESTS]])('a service that is scaled %s', (_, props) => {
  test('has no replicas: the autoscaler says how many there are', () => {
    expect('replicas' in find(ordersWith(props), 'Deployment', 'orders').spec).toBe(false);
  });

  test('counts with its least number for the breaker and with its greatest for the quota', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 19 } });
    world.service('orders', { ...props, circuitBreaker: CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(50) }) });

    expect(thrownBy(() => world.synth())).toMatchObject([{ property: 'quota.pods', fix: 'Raise it to 20 at least.' }]);
  });
});

test('one pod alone is none that a breaker could leave out', () => {
  expect(thrownBy(() => ordersWith({ ...horizontal({ min: 1 }), circuitBreaker: CircuitBreaker.consecutiveErrors(5) }))).toMatchObject([{ code: 'InvalidCircuitBreaker' }]);
});

describe('a service that is left to others', () => {
  test('is the target of cdk8s-plus\' autoscaler, with the same numbers', () => {
    const world = new World();
    const { deployment } = world.service('orders', BY_OTHERS);
    new kplus.HorizontalPodAutoscaler(world.shop, 'scaling', { metadata: { name: 'orders' }, target: deployment, minReplicas: 2, maxReplicas: 10 });
    world.synth();
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'HorizontalPodAutoscaler', 'orders').spec.scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders' });
    expect('replicas' in find(manifests, 'Deployment', 'orders').spec).toBe(false);
  });

  test('is released with as many pods as it may have itself: nobody scales them', () => {
    const world = new World();
    world.release(world.service('orders', BY_OTHERS));
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Deployment', 'orders-v2').spec.replicas).toBe(10);
    expect(lookUp(manifests, 'HorizontalPodAutoscaler', 'orders-v2')).toBeUndefined();
  });
});

describe('Kubernetes\' own autoscaler', () => {
  const specOf = (props: Partial<MeshServiceProps>) => find(ordersWith(props), 'HorizontalPodAutoscaler', 'orders').spec;

  test('measures the program alone, and has the name of what it scales', () => {
    const { apiVersion, metadata, spec } = find(ordersWith(horizontal({ metrics: [ScalingMetric.cpu(70), ScalingMetric.memory(80)] })), 'HorizontalPodAutoscaler', 'orders');

    expect(apiVersion).toBe('autoscaling/v2');
    expect(metadata.labels).toEqual({ 'app.kubernetes.io/name': 'orders', 'app.kubernetes.io/managed-by': 'cdk8s-mesh' });
    expect(spec).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders' },
      minReplicas: 2,
      maxReplicas: 10,
      metrics: [
        { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'orders', target: { type: 'Utilization', averageUtilization: 70 } } },
        { type: 'ContainerResource', containerResource: { name: 'memory', container: 'orders', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    });
  });

  test('measures the whole pod where that is said', () => {
    expect(specOf(horizontal({ metrics: [ScalingMetric.podCpu(60)] })).metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
    ]);
  });

  test('goes at the pace that is said', () => {
    const scaleUp = { percent: 50, pods: 2 };
    const scaleDown = { stabilizationWindow: Duration.minutes(10), pods: 1, period: Duration.minutes(1) };

    expect(specOf(horizontal({ scaleUp, scaleDown })).behavior).toEqual({
      scaleUp: { policies: [{ type: 'Pods', value: 2, periodSeconds: 15 }, { type: 'Percent', value: 50, periodSeconds: 15 }] },
      scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
    });
  });

  test('takes pods away at once where that is said', () => {
    const scaleDown = { stabilizationWindow: Duration.seconds(0) };

    expect(specOf(horizontal({ scaleDown })).behavior).toEqual({ scaleDown: { stabilizationWindowSeconds: 0 } });
  });

  test('scales a StatefulSet too', () => {
    const manifests = ordersWith({ ...horizontal(), kind: WorkloadKind.statefulSet() });

    expect(find(manifests, 'HorizontalPodAutoscaler', 'orders').spec.scaleTargetRef.kind).toBe('StatefulSet');
    expect('replicas' in find(manifests, 'StatefulSet', 'orders').spec).toBe(false);
  });
});

describe('KEDA', () => {
  const triggersOf = (...triggers: KedaTrigger[]) => find(ordersWith(keda(...triggers)), 'ScaledObject', 'orders').spec.triggers;

  test('scales by requests that the service\'s own proxies count', () => {
    const world = new World();
    world.service('orders', REQUESTS);
    new Mesh(world.app, 'mesh', { prometheusUrl: 'http://prometheus.monitoring:9090', scrapeInterval: Duration.seconds(15) });
    const { apiVersion, spec } = find(synthesize(world.shop), 'ScaledObject', 'orders');

    expect(apiVersion).toBe('keda.sh/v1alpha1');
    expect(spec).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders' },
      minReplicaCount: 2,
      maxReplicaCount: 10,
      advanced: { horizontalPodAutoscalerConfig: { name: 'orders' } },
      triggers: [{
        type: 'prometheus',
        metricType: 'AverageValue',
        metadata: {
          serverAddress: 'http://prometheus.monitoring:9090',
          query: 'sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="shop",destination_workload="orders"}[60s]))',
          threshold: '100',
        },
      }],
    });
  });

  test('asks what it is told to', () => {
    expect(triggersOf(KedaTrigger.prometheus({ query: 'sum(orders_waiting)', threshold: 0.5, activationThreshold: 3 }))[0].metadata).toEqual({
      serverAddress: 'http://prometheus.istio-system:9090', query: 'sum(orders_waiting)', threshold: '0.5', activationThreshold: '3',
    });
  });

  test('measures the program alone', () => {
    const trigger = (type: string, value: string) => ({ type, metricType: 'Utilization', metadata: { value, containerName: 'orders' } });

    expect(triggersOf(KedaTrigger.cpu(70), KedaTrigger.memory(80))).toEqual([trigger('cpu', '70'), trigger('memory', '80')]);
  });

  test('knows the time', () => {
    const [start, end] = ['8', '18'].map(hour => Cron.schedule({ minute: '0', hour, weekDay: '1-5' }));

    expect(triggersOf(KedaTrigger.cron({ start, end, timeZone: 'Europe/Berlin', replicas: 10 }))).toEqual([
      { type: 'cron', metadata: { timezone: 'Europe/Berlin', start: '0 8 * * 1-5', end: '0 18 * * 1-5', desiredReplicas: '10' } },
    ]);
  });

  test('has other scalers, and starts a worker when there is work', () => {
    const trigger = KedaTrigger.of('rabbitmq', { queueName: 'mails', value: '20' }, { authentication: 'rabbitmq' });
    const autoscaling = Autoscaling.keda({ min: 0, max: 5, triggers: [trigger], scaleDown: { pods: 1 } });

    expect(find(ordersWith({ ports: undefined, autoscaling }), 'ScaledObject', 'orders').spec).toMatchObject({
      minReplicaCount: 0,
      advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } } } },
      triggers: [{ type: 'rabbitmq', metadata: { queueName: 'mails', value: '20' }, authenticationRef: { name: 'rabbitmq' } }],
    });
  });

  test('counts the requests of gRPC too', () => {
    expect(() => ordersWith({ ...REQUESTS, ports: [MeshPort.grpc(50051)] })).not.toThrow();
  });
});

describe('a release', () => {
  test('has an autoscaler of its own, of the same description', () => {
    const world = new World();
    world.release(world.service('orders', horizontal()));
    world.synth();
    const manifests = synthesize(world.shop);
    const [own, next] = ['orders', 'orders-v2'].map(name => find(manifests, 'HorizontalPodAutoscaler', name).spec);

    expect(next).toEqual({ ...own, scaleTargetRef: { ...own.scaleTargetRef, name: 'orders-v2' } });
    expect('replicas' in find(manifests, 'Deployment', 'orders-v2').spec).toBe(false);
  });

  test('is scaled by its own requests', () => {
    const world = new World();
    world.release(world.service('orders', REQUESTS));
    const [{ metadata: { query } }] = find(synthesize(world.shop), 'ScaledObject', 'orders-v2').spec.triggers;

    expect(query).toContain('destination_workload="orders-v2"');
  });

  test('has none where it says how many pods it has', () => {
    const world = new World();
    world.release(world.service('orders', horizontal()), { replicas: 4 });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Deployment', 'orders-v2').spec.replicas).toBe(4);
    expect(lookUp(manifests, 'HorizontalPodAutoscaler', 'orders-v2')).toBeUndefined();
  });

  test('counts with its greatest number for the quota, and with its least for the breaker', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 39 } });
    world.release(world.service('orders', { ...horizontal(), circuitBreaker: CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(50) }) }));

    expect(thrownBy(() => world.synth())).toMatchObject([{ property: 'quota.pods', fix: 'Raise it to 40 at least.' }]);
  });
});
