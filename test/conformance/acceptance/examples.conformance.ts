import * as fs from 'node:fs';
import * as path from 'node:path';
import { installLitmus } from '../../cluster/kinds/litmus';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { complaints } from '../support/acceptance';
import { admissionProblems } from '../support/admission';
import { synthesizeExample } from '../support/objects';

const EXAMPLES = path.join(__dirname, '../../../examples');
let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
});

afterAll(() => cluster.disconnect());

async function installKinds(): Promise<void> {
  await installLitmus(cluster);
  await installOperatorKinds(cluster, 'prometheus-operator');
}

const examples = fs.readdirSync(EXAMPLES).filter(entry => fs.existsSync(path.join(EXAMPLES, entry, 'cdk8s.yaml')));

test.each(examples)('kubectl apply -f of examples/%s works the first time', async (example) => {
  await cluster.reset();
  await cluster.runPods(false);
  await installKinds();
  const refused = (await cluster.apply(synthesizeExample(example), { asTheyStand: true })).filter(({ ok, warnings }) => !ok || warnings.length > 0);
  expect(refused).toEqual([]);
});

test.each(examples)('examples/%s is taken without a word, and its pods are injected and admitted', async (example) => {
  await cluster.reset();
  await cluster.runPods(false);
  await installKinds();
  const objects = synthesizeExample(example);
  expect(await complaints(cluster, objects)).toEqual([]);
  const namespaces = [...new Set(objects.map(({ metadata }) => metadata.namespace).filter(Boolean))];
  expect(await admissionProblems(cluster, namespaces)).toEqual([]);
});
