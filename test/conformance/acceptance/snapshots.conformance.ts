import * as fs from 'node:fs';
import * as path from 'node:path';
import { runInNewContext } from 'node:vm';
import { Manifest } from '../../cluster/api/client';
import { installLitmus } from '../../cluster/kinds/litmus';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { complaints } from '../support/acceptance';
import { namespace } from '../support/bystanders';

const FOLDER = path.join(__dirname, '../../__snapshots__');

/** The manifests of the unit tests' snapshots: what reviewers have read is what a mesh takes. */
function snapshots(): [string, Manifest[]][] {
  return fs.readdirSync(FOLDER).filter(file => file.endsWith('.snap')).flatMap((file) => {
    const exported: { [name: string]: string } = {};
    runInNewContext(fs.readFileSync(path.join(FOLDER, file), 'utf8'), { exports: exported });
    return Object.entries(exported).map(([name, text]): [string, Manifest[]] => [`${file}: ${name}`, [runInNewContext(`(${text})`)].flat()]);
  });
}

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await installLitmus(cluster);
  await installOperatorKinds(cluster);
});

afterAll(() => cluster.disconnect());

test('there are snapshots', () => expect(snapshots().length).toBeGreaterThanOrEqual(4));

test.each(snapshots())('%s is taken without a word', async (_, objects) => {
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace).filter(Boolean));
  await cluster.apply([...namespaces].map(name => namespace(name, true)));
  expect(await complaints(cluster, objects, { dryRun: true })).toEqual([]);
});
