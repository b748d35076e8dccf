import { ACCEPTANCE, IDENTITY, Mutation, NETWORK, SCOPE, TRAFFIC } from './mutations';
import { Manifest } from '../../cluster/api/client';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { complaints } from '../support/acceptance';
import { brokenPromise } from '../support/behaviour';
import { copy, Wall } from '../support/objects';
import { SHOP } from '../support/shop';
import { judge, stand } from '../support/walls';

/** A suite that does not notice is not a suite: each of these ways to break the shop has to be noticed. */
let cluster: ConnectedCluster;
let objects: Manifest[];

beforeAll(async () => {
  cluster = await connect();
});

afterAll(() => cluster.disconnect());

const standing = async (wall?: Wall) => {
  objects = await stand(cluster, SHOP, wall);
};

/** Applies the broken shop, looks, and mends it again. */
async function noticed<T>({ apply }: Mutation, look: () => Promise<T>): Promise<T> {
  const broken = copy(objects);
  apply(broken);
  const changed = broken.map((object, index) => ({ object, original: objects[index] }))
    .filter(({ object, original }) => JSON.stringify(object) !== JSON.stringify(original));
  expect(changed).not.toEqual([]);
  await cluster.apply(changed.map(({ object }) => object));
  await cluster.settled();
  try {
    return await look();
  } finally {
    await cluster.apply(changed.map(({ original }) => original));
    await cluster.settled();
  }
}

describe.each<[Wall, Mutation[]]>([
  ['identity', IDENTITY],
  ['network', NETWORK],
  ['scope', SCOPE],
])('with the wall of %s alone, requests notice', (wall, mutations) => {
  const look = async () => (await judge(cluster, SHOP, wall)).wrong;

  beforeAll(() => standing(wall));

  test('nothing, when nothing is broken', async () => expect(await look()).toEqual([]));

  test.each(mutations.map(mutation => [mutation.name, mutation] as const))('%s', async (_, mutation) => {
    expect(await noticed(mutation, look)).not.toEqual([]);
  });

  test('nothing, when all is mended', async () => expect(await look()).toEqual([]));
});

describe('where requests go, and how often, tells of', () => {
  beforeAll(() => standing());

  test('nothing, when nothing is broken', async () => expect(await brokenPromise(cluster)).toBeUndefined());

  test.each(TRAFFIC.map(mutation => [mutation.name, mutation] as const))('%s', async (_, mutation) => {
    expect(await noticed(mutation, () => brokenPromise(cluster))).toBeDefined();
  });
});

describe('the API server, istiod and its analyzer refuse', () => {
  test.each(ACCEPTANCE.map(mutation => [mutation.name, mutation] as const))('%s', async (_, { apply }) => {
    const broken = copy(objects);
    apply(broken);
    expect(await complaints(cluster, broken, { dryRun: true })).not.toEqual([]);
  });
});
