import { Chart } from 'cdk8s';
import { Manifest } from '../../cluster/api/client';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { examplesOf } from '../../support/page-examples';
import { runExamples } from '../../support/run-examples';
import { complaints } from '../support/acceptance';
import { namespace } from '../support/bystanders';
import { pick, synthesizeApp } from '../support/objects';

/** docs/istio-tasks.md: what stands there is what a mesh takes. Its first example is what the others stand beside. */
const [world, ...examples] = examplesOf('istio-tasks.md');

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
});

afterAll(() => cluster.disconnect());

async function complaintsOf(code: string, spoil: (objects: Manifest[]) => void = () => undefined): Promise<string[]> {
  const objects = synthesizeApp(app => runExamples([world.code, code], app, new Chart(app, 'shop', { namespace: 'shop' })));
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace).filter(Boolean));
  await cluster.apply([...namespaces].map(name => namespace(name, true)));
  spoil(objects);
  return complaints(cluster, objects, { dryRun: true });
}

test.each(examples.map(({ heading, code }) => [heading, code]))('%s is taken without a word', async (_, code) => {
  expect(await complaintsOf(code)).toEqual([]);
});

test('a wrong one would not be', async () => {
  const [{ heading, code }] = examples;
  const found = await complaintsOf(code, (objects) => {
    pick(objects, 'VirtualService', 'orders').spec.http[0].route[0].destination.subset = 'v3';
  });

  expect({ heading, found }).toEqual({ heading: 'Request Routing', found: [expect.stringContaining('IST0101')] });
});
