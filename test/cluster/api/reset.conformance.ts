import { sleep } from '../machine/process';
import { connect, ConnectedCluster } from '../remote';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
});

afterAll(() => cluster.disconnect());

const NAMES = ['first', 'second'];
const NAMESPACES = NAMES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
const OBJECTS = NAMES.flatMap((namespace) => [...Array(20).keys()].map((index) => ({
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `object-${index}`, namespace }, data: { key: 'value' },
})));

test.each([
  ['reset', () => cluster.reset()],
  ['delete', () => cluster.delete(NAMESPACES)],
])('a namespace that is made again after %s is empty, and keeps what comes into it', async (_, end) => {
  await cluster.apply([...NAMESPACES, ...OBJECTS]);
  await end();
  expect((await cluster.list('v1', 'Namespace')).filter(({ metadata }) => NAMES.includes(metadata.name))).toEqual([]);

  await cluster.apply(NAMESPACES);
  const objects = async () => (await cluster.list('v1', 'ConfigMap')).filter(({ metadata }) => metadata.name.startsWith('object-')).length;
  expect(await objects()).toBe(0);
  await cluster.apply(OBJECTS);
  await sleep(7000); // Kubernetes' own controller would begin after five seconds

  expect(await objects()).toBe(OBJECTS.length);
});
