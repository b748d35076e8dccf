import { Autoscaling, CanaryRelease, ScalingMetric } from '../../../src';
import { service, Stage } from '../support/stage';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
});

afterAll(() => stage.cluster.disconnect());

test('both versions have their least number of pods before the new one gets a request, and a commit does not undo it', async () => {
  const show = (index: number) => stage.show((chart, client) => {
    const orders = service(chart, 'orders', {
      replicas: undefined,
      autoscaling: Autoscaling.horizontal({ min: 2, max: 4, metrics: [ScalingMetric.cpu(70)] }),
    });
    client.calls(orders);
    new CanaryRelease(chart, 'next', { service: orders, image: 'registry.example/orders:2.0.0', stages: [0, 50, 100], stage: index });
  });
  const numbers = async () => (await stage.cluster.list('apps/v1', 'Deployment', 'stage')).filter(({ metadata }) => metadata.name !== 'client')
    .map(({ metadata, spec }) => `${metadata.name} ${spec.replicas}`).sort();
  await show(0);
  for (const end = Date.now() + 60_000; Date.now() < end && (await numbers()).some(number => number.endsWith(' 1'));) {
    await new Promise(resolve => setTimeout(resolve, 500));
  }
  expect(await numbers()).toEqual(['orders 2', 'orders-v2 2']);

  await show(1);
  expect(await numbers()).toEqual(['orders 2', 'orders-v2 2']);
});
