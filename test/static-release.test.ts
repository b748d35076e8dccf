import * as fc from 'fast-check';
import { CanaryReleaseProps, MeshPort, Percent, ReleaseGroup, ReleaseGroupProps, RouteMatch, ServiceVersion, SessionAffinity, StringMatch } from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const HOST = 'orders.shop.svc.cluster.local';
const QA = [RouteMatch.header('x-user', StringMatch.exactly('qa'))];
const BETA = [RouteMatch.headerPresent('x-beta')];

/** A service with its releases and the versions that stay, in this order. */
function releasing(releases: Partial<CanaryReleaseProps>[], staying: { [version: string]: number } = {}): Manifest[] {
  const world = new World();
  const service = world.service('orders');
  Object.entries(staying).forEach(([version, weight]) => new ServiceVersion(world.shop, version, { service, weight }));
  releases.forEach((props, index) => world.release(service, props, `release-${props.version ?? index}`));
  return synthesize(world.shop);
}

const httpOf = (manifests: Manifest[]) => find(manifests, 'VirtualService', 'orders').spec.http;
const sharesOf = ({ route }: any): { [version: string]: number } => (
  Object.fromEntries(route.map(({ destination, weight }: any) => [destination.subset, weight])));

describe('stages have names', () => {
  const names = { stages: [0, 0, 25, 100], stageNames: ['pods', 'testers', 'quarter', 'all'], match: QA };

  test('and one of them says the stage, as its number does', () => {
    names.stageNames.forEach((stageName, stage) => {
      expect(releasing([{ ...names, stage: undefined, stageName }])).toEqual(releasing([{ ...names, stageNames: undefined, stage }]));
    });
  });

  test('which the release tells whoever asks', () => {
    const world = new World();
    const service = world.service('orders');

    expect(world.release(service, { ...names, stage: 2 }).stageName).toBe('quarter');
    const copied = { match: undefined, mirror: Percent.of(1) };
    expect(world.release(service, { ...names, ...copied, version: 'v3', stage: undefined }, 'first').stageName).toBe('pods');
    expect(world.release(service, { version: 'v4' }, 'unnamed').stageName).toBeUndefined();
  });
});

describe('an aborted release', () => {
  const props = { stages: [0, 0, 25, 100], match: QA, mirror: Percent.of(5) };

  test.each([0, 1, 2])('at stage %i sends what its first stage sends', (stage) => {
    expect(releasing([{ ...props, stage, aborted: true }])).toEqual(releasing([{ ...props, stage: 0 }]));
  });

  test('copies nothing', () => {
    const other = { ...props, match: BETA, version: 'v3' };

    expect(httpOf(releasing([{ ...props, stage: 2, aborted: true }])).at(-1).mirrorPercentage).toEqual({ value: 0 });
    const { mirrors } = httpOf(releasing([{ ...props, stage: 2, aborted: true }, { ...other, stage: 2 }])).at(-1);
    expect(mirrors.map(({ percentage }: any) => percentage.value)).toEqual([0, 5]);
  });

  test('says that it has no share', () => {
    const world = new World();

    expect(world.release(world.service('orders'), { stage: 2, aborted: true }).weight).toBe(0);
  });

  test('takes the requests of a route of the user\'s with it', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.addRoute('beta', { match: BETA, version: 'v2' });
    world.release(orders, { aborted: true });

    expect(sharesOf(httpOf(synthesize(world.shop)).find(({ name }: any) => name === 'beta'))).toEqual({ v1: 100, v2: 0 });
  });

  test('leaves room for others, and takes nothing from them', () => {
    const http = httpOf(releasing([{ stage: 2, aborted: true }, { version: 'v3', stages: [0, 90, 100] }]));

    expect(sharesOf(http[0])).toEqual({ v1: 10, v2: 0, v3: 90 });
  });

  test('goes on at its stage when it is aborted no more', () => {
    const { mirrorPercentage, ...split } = httpOf(releasing([{ ...props, stage: 2, aborted: false }])).at(-1);

    expect([sharesOf(split), mirrorPercentage.value]).toEqual([{ v1: 75, v2: 25 }, 5]);
  });
});

describe('several releases of one service', () => {
  const two = [{ version: 'v2', stages: [0, 5, 100], match: QA, mirror: Percent.of(2) }, { version: 'v3', stages: [0, 10, 100], match: BETA, mirror: Percent.of(3) }];

  test('share what no route takes, each with its testers and its copies', () => {
    const port = undefined;
    const to = (subset: string, weight: number) => ({ destination: { host: HOST, subset, port }, weight });
    const retries = { attempts: 2, retryOn: 'connect-failure,refused-stream,reset-before-request' };

    expect(httpOf(releasing(two))).toEqual([
      { name: 'canary-match-v2', match: [{ headers: { 'x-user': { exact: 'qa' } } }], retries, route: [to('v1', 0), to('v2', 100)] },
      { name: 'canary-match-v3', match: [{ headers: { 'x-beta': {} } }], retries, route: [to('v1', 0), to('v3', 100)] },
      {
        name: 'canary',
        retries,
        mirrors: [
          { destination: { host: HOST, subset: 'v2' }, percentage: { value: 2 } },
          { destination: { host: HOST, subset: 'v3' }, percentage: { value: 3 } },
        ],
        route: [to('v1', 85), to('v2', 5), to('v3', 10)],
      },
    ]);
  });

  test('copy by the field of one where one copies', () => {
    const [, , route] = httpOf(releasing([{ ...two[0], mirror: undefined }, two[1]]));

    expect(route).toMatchObject({ name: 'canary', mirror: { subset: 'v3' }, mirrorPercentage: { value: 3 } });
    expect(route.mirrors).toBeUndefined();
  });

  test('have a subset and a Deployment each', () => {
    const manifests = releasing(two);

    expect(find(manifests, 'DestinationRule', 'orders').spec.subsets.map(({ name }: any) => name)).toEqual(['v1', 'v2', 'v3']);
    expect(manifests.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name).sort()).toEqual(['orders', 'orders-v2', 'orders-v3']);
  });

  test('beside a version that stays with its share', () => {
    const split = httpOf(releasing([{ stages: [0, 20, 100] }], { eu: 30, us: 0 })).at(-1);

    expect(sharesOf(split)).toEqual({ v1: 50, eu: 30, us: 0, v2: 20 });
  });

  test('and one that stays without a share is in no split, as ever', () => {
    expect(sharesOf(httpOf(releasing([{ stages: [0, 20, 100] }], { eu: 0 })).at(-1))).toEqual({ v1: 80, v2: 20 });
  });

  test('share connections over TCP', () => {
    const world = new World();
    const redis = world.service('redis', { ports: [MeshPort.tcp(6379)] });
    world.release(redis, { stages: [0, 20, 100] });
    world.release(redis, { stages: [0, 30, 100], version: 'v3' }, 'other');

    expect(sharesOf(find(synthesize(world.shop), 'VirtualService', 'redis').spec.tcp[0])).toEqual({ v1: 50, v2: 20, v3: 30 });
  });
});

describe('a group', () => {
  const grouped = (props: Partial<ReleaseGroupProps> = {}) => {
    const world = new World();
    const [frontend, orders] = ['frontend', 'orders'].map(name => world.service(name));
    const group = new ReleaseGroup(world.shop, 'checkout-2', {
      releases: [{ service: frontend, image: 'ghcr.io/acme/frontend:2.0.0' }, { service: orders, image: 'ghcr.io/acme/orders:2.0.0', replicas: 4 }],
      stages: [0, 0, 10, 100],
      stageNames: ['pods', 'testers', 'tenth', 'all'],
      match: QA,
      ...props,
    });
    return { group, manifests: synthesize(world.shop) };
  };

  test('is a release of each service, at one stage', () => {
    const { group, manifests } = grouped({ stageName: 'tenth' });
    const world = new World();
    const services = ['frontend', 'orders'].map(name => world.service(name));
    const common = { stages: [0, 0, 10, 100], stage: 2, match: QA };
    world.release(services[0], { ...common, image: 'ghcr.io/acme/frontend:2.0.0' }, 'one');
    world.release(services[1], { ...common, replicas: 4 }, 'two');

    expect(inOrder(manifests)).toEqual(inOrder(synthesize(world.shop)));
    expect(group.releases.map(({ deployment, stageName, weight }) => [deployment.name, stageName, weight])).toEqual([['frontend-v2', 'tenth', 10], ['orders-v2', 'tenth', 10]]);
  });

  test('is aborted as one', () => {
    expect(grouped({ stageName: 'all', aborted: true }).manifests).toEqual(grouped({ stageName: 'pods' }).manifests);
  });

  test('has a version of its own', () => {
    expect(grouped({ version: 'checkout-2' }).manifests.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name).sort())
      .toEqual(['frontend', 'frontend-checkout-2', 'orders', 'orders-checkout-2']);
  });
});

const inOrder = (manifests: Manifest[]) => manifests.map(manifest => JSON.stringify(manifest)).sort();

interface Tried {
  readonly props: Partial<CanaryReleaseProps>;
  readonly stages: number[];
}

/** Releases of one service that have 100 percent together at most, at any of their stages. */
const tried = fc.array(fc.record({
  rise: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
  testers: fc.boolean(),
  kept: fc.boolean(),
  mirror: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
}), { minLength: 1, maxLength: 3 }).map(all => all.map(({ rise, testers, kept, mirror }, index): Tried => {
  const stages = [0, ...testers || mirror ? [0] : [], ...[...rise].sort((a, b) => a - b), 100];
  const match = testers ? [RouteMatch.header('x-try', StringMatch.exactly(`v${index + 2}`))] : undefined;
  return { stages, props: { stages, version: `v${index + 2}`, match, mirror: mirror === undefined ? undefined : Percent.of(mirror), sessionAffinity: kept && rise.length > 0 ? SessionAffinity.byCookie('orders') : undefined } };
}));

/** A stage of each that is not its last one. */
const staged = fc.tuple(tried, fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
  .map(([all, picks, aborts]) => all.map(({ props, stages }, index) => (
    { ...props, stage: picks[index] % (stages.length - 1), aborted: aborts[index] })));

const RUNS = { numRuns: 60 };

const SHARE = /^VirtualService orders \/spec\/http\/\d+\/(route\/\d+\/weight|mirrorPercentage\/value|mirrors\/\d+\/percentage\/value)$/;

describe('whatever is released at whatever stage', () => {
  test('the shares are 100 together, each as its stage says', () => {
    fc.assert(fc.property(staged, fc.integer({ min: 0, max: 10 }), (releases, eu) => {
      const http = httpOf(releasing(releases, { eu }));

      http.forEach((route: any) => expect(Object.values(sharesOf(route)).reduce((sum, share) => sum + share, 0)).toBe(100));
      const shares = sharesOf(http.at(-1));
      releases.forEach(({ version, stages, stage, aborted }) => expect(shares[version!]).toBe(aborted ? 0 : stages![stage!]));
      expect(shares.eu ?? 0).toBe(eu);
    }), RUNS);
  });

  test('a stage and an abort change shares and nothing else', () => {
    const nexts = fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 3, maxLength: 3 });
    const other = staged.chain(releases => fc.tuple(fc.constant(releases), nexts));

    fc.assert(fc.property(other, ([releases, next]) => {
      const later = releases.map((props, index) => ({ ...props, stage: next[index][0] % (props.stages!.length - 1), aborted: next[index][1] }));
      const changes = changed(releasing(releases), releasing(later));

      changes.forEach(path => expect(path).toMatch(SHARE));
    }), RUNS);
  });

  test('no byte depends on which release is described first', () => {
    const shuffling = staged.chain(releases => fc.tuple(fc.constant(releases), fc.shuffledSubarray(releases, { minLength: releases.length })));

    fc.assert(fc.property(shuffling, ([releases, shuffled]) => {
      const routes = (manifests: Manifest[]) => JSON.stringify(['VirtualService', 'DestinationRule'].map(kind => find(manifests, kind, 'orders')));

      expect(routes(releasing(shuffled))).toBe(routes(releasing(releases)));
    }), RUNS);
  });

  test('every route has another name', () => {
    fc.assert(fc.property(staged, (releases) => {
      const names = httpOf(releasing(releases)).map(({ name }: any) => name);

      expect(names).toEqual([...new Set(names)]);
    }), RUNS);
  });
});

/** Where two commits differ. */
function changed(before: Manifest[], after: Manifest[]): string[] {
  const paths = (a: any, b: any, path: string): string[] => {
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      return a === b ? [] : [path];
    }
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap(key => paths(a[key], b[key], `${path}/${key}`));
  };
  expect(after.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(before.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  return before.flatMap((object, index) => paths(object, after[index], `${object.kind} ${object.metadata.name} `));
}
