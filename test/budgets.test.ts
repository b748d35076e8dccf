import { Duration } from 'cdk8s';
import * as fc from 'fast-check';
import { Budgets, CallChain, CallOptions, ExistingWorkload, GatewayServer, Mesh, MeshErrors, MeshGateway, MeshPort, MeshService, Retries, RetryOn, ServiceVersion } from '../src';
import { World } from './support/world';
import { Site } from '../src/diagnostics/site';
import { Link, multipliedRetries, shortTimeouts } from '../src/graph/path-budgets';

const millis = (timeout: number): CallOptions => ({ timeout: Duration.millis(timeout) });
const TWICE = { retries: Retries.upTo(2) };

/** Services that call each other, each by its first letter. */
function calling(calls: [string, string, CallOptions?][], prepare?: (world: World, of: (name: string) => MeshService) => void): string[] {
  const world = new World();
  const services = new Map<string, MeshService>();
  const of = (name: string) => {
    const service = services.get(name) ?? world.service(name);
    services.set(name, service);
    return service;
  };
  calls.forEach(([client, server, options]) => of(client).calls(of(server), options));
  prepare?.(world, of);
  return problemsOf(world);
}

function problemsOf(world: World): string[] {
  try {
    world.synth();
    return [];
  } catch (error) {
    return MeshErrors.problemsOf(error).map(({ code, path, property, received, message }) => `${code} ${path} ${property} ${received}: ${message.replace(/^.*?: /, '')}`);
  }
}

describe('a timeout', () => {
  test('must not be shorter than what the server waits for', () => {
    const [problem, ...others] = calling([['a', 'b', millis(1999)], ['b', 'c', millis(2000)]]);

    expect(others).toEqual([]);
    expect(problem).toContain('TimeoutTooShort shop/a calls(b).timeout "1999ms": calls(b).timeout must not be shorter than the 2s that shop/b waits for shop/c, along shop/a → shop/b → shop/c');
  });

  test.each<[string, [string, string, CallOptions?][]]>([
    ['as long', [['a', 'b', millis(2000)], ['b', 'c', millis(2000)]]],
    ['of the last call', [['a', 'b', millis(1)]]],
    ['before calls that say nothing', [['a', 'b', millis(1)], ['b', 'c']]],
    ['behind calls that say nothing', [['a', 'b'], ['b', 'c', millis(1)]]],
    ['of another of the server\'s clients', [['x', 'y', millis(1)], ['a', 'b', millis(3)], ['b', 'c', millis(2)]]],
    ['before one that ends what is waited for', [['a', 'b', millis(3)], ['b', 'c', millis(2)], ['c', 'd', { ...millis(2) }]]],
    ['of requests that the server answers itself', [['a', 'b', { ...millis(1), chain: CallChain.ends() }], ['b', 'c', millis(2)]]],
    ['of calls that are alone', [['a', 'b', { ...millis(1), chain: CallChain.alone() }], ['b', 'c', millis(2)]]],
    ['before calls that nobody waits for', [['a', 'b', millis(1)], ['b', 'c', { ...millis(2), chain: CallChain.starts() }]]],
    ['before calls that are alone', [['a', 'b', millis(1)], ['b', 'c', { ...millis(2), chain: CallChain.alone() }]]],
    ['before an open call that ends', [['a', 'b', millis(1)], ['b', 'c', { chain: CallChain.ends() }], ['c', 'd', millis(2)]]],
    ['before an open call that starts', [['a', 'b', millis(1)], ['b', 'c', { chain: CallChain.starts() }], ['c', 'd', millis(2)]]],
    ['of two that call each other', [['a', 'b', millis(1)], ['b', 'a', millis(2)]]],
    ['in an open circle', [['a', 'b'], ['b', 'c'], ['c', 'a']]],
    ['in a circle that comes back', [['a', 'b', millis(1)], ['b', 'c'], ['c', 'a', millis(5)], ['c', 'b', millis(5)]]],
  ])('may be one %s', (_, calls) => expect(calling(calls)).toEqual([]));

  test('is the longest wait alone, whatever order the calls are written in', () => {
    const calls: [string, string, CallOptions?][] = [['a', 'b', millis(1000)], ['a', 'c', millis(1000)], ['b', 'd', millis(1500)], ['c', 'd', millis(1500)]];
    const found = calling(calls);

    expect(found.map(problem => problem.split(' ').slice(1, 3))).toEqual([['shop/a', 'calls(b).timeout'], ['shop/a', 'calls(c).timeout']]);
    expect(calling([calls[1], calls[0], calls[3], calls[2]])).toEqual(found);
  });

  test('is compared along a path that only a detour around a circle has', () => {
    // The shortest way to e leads through d, to which e goes back
    const calls: [string, string, CallOptions?][] = [['a', 'b', millis(1)], ['b', 'd'], ['d', 'e'], ['b', 'c'], ['c', 'f'], ['f', 'e'], ['e', 'd', millis(9)]];

    expect(calling(calls)).toEqual([expect.stringContaining('the 9ms that shop/e waits for shop/d, along shop/a → shop/b → shop/c → shop/f → shop/e → shop/d')]);
    expect(calling(calls.filter(([client]) => client !== 'f'))).toEqual([]);
  });

  test('is compared through calls that take as long as they take, the longest first', () => {
    const problems = calling([['a', 'b', millis(1000)], ['b', 'c'], ['c', 'd', millis(1500)], ['c', 'e'], ['e', 'f', millis(4000)], ['f', 'g', millis(9000)]]);

    expect(problems.map(problem => problem.replace(/ Lengthen.*/, ''))).toEqual([
      'TimeoutTooShort shop/a calls(b).timeout "1s": calls(b).timeout must not be shorter than the 4s that shop/e waits for shop/f, along shop/a → shop/b → shop/c → shop/e → shop/f, got "1s".',
      'TimeoutTooShort shop/e calls(f).timeout "4s": calls(f).timeout must not be shorter than the 9s that shop/f waits for shop/g, along shop/e → shop/f → shop/g, got "4s".',
    ]);
  });

  test('of one try counts, where it is cut and sent again while the server still works', () => {
    const retries = Retries.upTo(2, { perTryTimeout: Duration.millis(500) });

    expect(calling([['a', 'b', { ...millis(5000), retries }], ['b', 'c', millis(2000)]])).toEqual([
      expect.stringContaining('shop/a calls(b).retries.perTryTimeout "500ms": calls(b).retries.perTryTimeout must not be shorter than the 2s'),
    ]);
  });

  test('of tries together is what the client waits, with the longest pauses', () => {
    const retries = Retries.upTo(5, { perTryTimeout: Duration.millis(500), on: [RetryOn.GATEWAY_ERROR], backoff: Duration.millis(100) });
    const calls = (timeout: number): [string, string, CallOptions?][] => [['a', 'b', millis(timeout)], ['b', 'c', { retries }]];

    // Pauses of 100, 200, 400, 800 and 1000
    expect(calling(calls(5500))).toEqual([]);
    expect(calling(calls(5499))).toEqual([expect.stringContaining('the 5.5s in 6 tries that shop/b waits for shop/c')]);
    expect(calling([['a', 'b', millis(2999)], ['b', 'c', { ...millis(3000), retries }]])).toEqual([expect.stringContaining('the 3s that shop/b')]);
  });

  test('of one try is that of methods that are repeated', () => {
    const retries = Retries.upTo(1, { perTryTimeout: Duration.millis(500) });
    const behind = (methods: string[] | undefined, timeout: number) => calling([['a', 'b', millis(timeout)], ['b', 'c', { methods, retries }], ['c', 'd', millis(500)]]);

    expect(behind(['GET'], 1025)).toEqual([]);
    expect(behind(['GET'], 1024)).toHaveLength(1);
    expect(behind(['GET', 'POST'], 1024)).toHaveLength(1);
    // A POST is not cut: b waits as long as c does
    expect(calling([['a', 'b', millis(1500)], ['b', 'c', { methods: ['GET', 'POST'], retries }], ['c', 'd', millis(2000)]])).toEqual([
      expect.stringContaining('shop/a calls(b).timeout'), expect.stringContaining('shop/b calls(c).retries.perTryTimeout'),
    ]);
    expect(calling([['a', 'b', millis(1500)], ['b', 'c', { methods: ['GET'], retries }], ['c', 'd', millis(2000)]])).toEqual([
      expect.stringContaining('shop/b calls(c).retries.perTryTimeout'),
    ]);
  });

  test('of the requests that take longest is what the client waits', () => {
    const calls = { ...millis(3000), retries: Retries.upTo(1, { perTryTimeout: Duration.millis(500) }) };

    // A GET has 1.025s at most, and a POST has it all
    expect(calling([['a', 'b', millis(2000)], ['b', 'c', calls]])).toEqual([expect.stringContaining('the 3s that shop/b waits for shop/c')]);
    expect(calling([['a', 'b', millis(2000)], ['b', 'c', { ...calls, methods: ['GET'] }]])).toEqual([]);
  });

  test('of a gateway\'s exposure counts', () => {
    const problems = calling([['b', 'c', millis(2000)]], (world, of) => {
      new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['example.com'])] }).exposes(of('b'), { hosts: ['example.com'], ...millis(1000) });
    });

    expect(problems).toEqual([expect.stringContaining('shop/edge exposes(b).timeout "1s": exposes(b).timeout must not be shorter than the 2s that shop/b waits for shop/c')]);
  });

  test('of an exposure that the service answers itself does not', () => {
    expect(calling([['b', 'c', millis(2000)]], (world, of) => {
      new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['example.com'])] }).exposes(of('b'), { hosts: ['example.com'], ...millis(1000), chain: CallChain.ends() });
    })).toEqual([]);
  });

  test('is compared with what another version of the server calls', () => {
    const problems = calling([['a', 'b', millis(1000)]], (world, of) => {
      new ServiceVersion(world.shop, 'b-v2', { service: of('b'), version: 'v2', image: 'ghcr.io/acme/b:2.0.0', ownIdentity: true }).calls(of('c'), millis(2000));
    });

    expect(problems).toEqual([expect.stringContaining('along shop/a → shop/b → shop/c')]);
  });

  test('of a connection is none, but what is behind it counts', () => {
    const world = new World();
    const [a, b, c] = [world.service('a'), world.service('b'), world.service('c', { ports: [MeshPort.tcp(6379)] })];
    a.calls(b, millis(1000));
    b.calls(c);
    c.calls(world.service('d'), millis(3000));

    expect(problemsOf(world)).toEqual([expect.stringContaining('along shop/a → shop/b → shop/c → shop/d')]);
  });
});

test.each([
  ['as long as its proxy gives', { stream: Duration.seconds(2) }, millis(2000)],
  ['longer than a request may be quiet', { streamIdle: Duration.millis(500) }, millis(2000)],
  ['left out where the proxy has a limit', { stream: Duration.seconds(2) }, {}],
])('a call\'s timeout may be %s, and longer than the server\'s proxy gives', (_, timeouts, options) => {
  const world = new World();
  world.service('a', { proxy: { timeouts } }).calls(world.service('b', { proxy: { timeouts: { stream: Duration.millis(1) } } }), options);

  expect(problemsOf(world)).toEqual([]);
});

describe('retries', () => {
  test('multiply along a path', () => {
    const [problem, ...others] = calling([['a', 'b', TWICE], ['b', 'c', TWICE], ['c', 'd', TWICE]]);

    expect(others).toEqual([]);
    expect(problem).toContain('RetriesMultiply shop/c calls(d).retries 27: calls(d).retries must let one request become 16 at most, along shop/a → shop/b → shop/c → shop/d: 3 × 3 × 3, got 27.');
  });

  test.each<[string, [string, string, CallOptions?][]]>([
    ['of two services', [['a', 'b', { retries: Retries.upTo(3) }], ['b', 'c', { retries: Retries.upTo(3) }]]],
    ['as often as one may', [['a', 'b', { retries: Retries.upTo(10) }]]],
    ['that are left to the mesh', [['a', 'b', TWICE], ['b', 'c'], ['c', 'd'], ['d', 'e', TWICE]]],
    ['of what was not processed', [['a', 'b', TWICE], ['b', 'c', TWICE], ['c', 'd', { methods: ['POST'], ...TWICE }]]],
    ['that are switched off', [['a', 'b', TWICE], ['b', 'c', TWICE], ['c', 'd', { retries: Retries.none() }]]],
    ['behind one that ends', [['a', 'b', TWICE], ['b', 'c', { ...TWICE, chain: CallChain.ends() }], ['c', 'd', TWICE]]],
    ['behind one that starts', [['a', 'b', TWICE], ['b', 'c', { ...TWICE, chain: CallChain.starts() }], ['c', 'd', TWICE]]],
    ['in a circle', [['a', 'b', TWICE], ['b', 'a', TWICE]]],
  ])('may be those %s', (_, calls) => expect(calling(calls)).toEqual([]));

  test('behind a datagram are those of another request', () => {
    const world = new World();
    const [a, b, c, d] = [world.service('a'), world.service('b'), world.service('c', { ports: [MeshPort.http(8080), MeshPort.udp(8125)] }), world.service('d')];
    a.calls(b, { retries: Retries.upTo(4) });
    b.calls(c, { port: 'udp' });
    c.calls(d, { retries: Retries.upTo(4) });

    expect(problemsOf(world)).toEqual([]);
  });

  test('multiply along a path that the worst way to a service of a circle hides', () => {
    const twice = { retries: Retries.upTo(1) };
    const often = { retries: Retries.upTo(3) };
    const calls: [string, string, CallOptions?][] = [['c', 'b', often], ['a', 'b', twice], ['b', 'c', often], ['c', 'd', twice]];

    // Four times to b, but from c, to which it may not go back; twice from a, and on
    expect(calling(calls)).toEqual([]);
    expect(calling([...calls, ['d', 'e', twice]])).toEqual([expect.stringContaining('along shop/a → shop/b → shop/c → shop/d → shop/e: 2 × 4 × 2 × 2, got 32')]);
  });

  test('of a path between others that say nothing', () => {
    const problems = calling([['a', 'b', TWICE], ['b', 'c'], ['c', 'd', { retries: Retries.upTo(5, { on: [RetryOn.RESET] }) }]]);

    expect(problems).toEqual([expect.stringContaining('along shop/a → shop/b → shop/c → shop/d: 3 × 1 × 6, got 18')]);
  });
});

describe('the mesh\'s Budgets', () => {
  const within = (budgets: Budgets, calls: [string, string, CallOptions?][]) => calling(calls, world => new Mesh(world.app, 'mesh', { budgets }));
  const STORM: [string, string, CallOptions?][] = [['a', 'b', TWICE], ['b', 'c', TWICE], ['c', 'd', TWICE]];

  test('say how often', () => {
    expect(within(Budgets.proven({ maxTries: 27 }), STORM)).toEqual([]);
    expect(within(Budgets.proven({ maxTries: 26 }), STORM)).toHaveLength(1);
    expect(within(Budgets.proven({ maxTries: 8 }), STORM).map(problem => problem.split(' ')[1])).toEqual(['shop/b']);
    expect(within(Budgets.proven({ maxTries: 1 }), [['a', 'b'], ['b', 'c', TWICE]])).toEqual([expect.stringContaining('RetriesMultiply shop/b calls(c).retries 3')]);
  });

  test('may say a thousand', () => {
    expect(within(Budgets.proven({ maxTries: 1000 }), [...STORM, ['d', 'e', TWICE], ['e', 'f', TWICE], ['f', 'g', TWICE]])).toEqual([]);
  });

  test('are 16 tries unless they say so', () => {
    expect(within(Budgets.proven(), STORM)).toHaveLength(1);
    expect(within(Budgets.proven({ requiresTimeouts: false }), STORM)).toHaveLength(1);
  });

  test('are switched off', () => {
    expect(within(Budgets.unproven(), [...STORM, ['x', 'y', millis(1)], ['y', 'z', millis(2)]])).toEqual([]);
  });

  test('ask for timeouts', () => {
    expect(within(Budgets.proven({ requiresTimeouts: true }), [['a', 'b', millis(2)], ['b', 'c', TWICE]])).toEqual([
      expect.stringContaining('MissingProperty shop/b calls(c).timeout undefined: calls(c).timeout is required by the mesh\'s Budgets'),
    ]);
  });

  test('ask none of connections, of what another app routes, and of whom another app describes', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { budgets: Budgets.proven({ requiresTimeouts: true }) });
    const orders = world.service('orders');
    const elsewhere = { serviceAccount: 'a', ports: [MeshPort.http(8080)] };
    orders.calls(world.service('redis', { ports: [MeshPort.tcp(6379)] }));
    orders.calls(new ExistingWorkload(world.shop, 'cart', { ...elsewhere, namespace: 'cart', service: 'cart' }));
    new ExistingWorkload(world.shop, 'web', { ...elsewhere, namespace: 'web' }).calls(orders);

    expect(problemsOf(world)).toEqual([]);
  });
});

/** All paths that have each node once and end in a link, by brute force. */
function pathsTo(last: Link, all: Link[]): Link[][] {
  const before = (path: Link[]): Link[][] => {
    const [first] = path;
    const been = [first.from, ...path.map(({ to }) => to)];
    const longer = first.starts ? [] : all.filter(({ to, from, ends }) => to === first.from && !ends && !been.includes(from));
    return [path, ...longer.flatMap(link => before([link, ...path]))];
  };
  return last.from === last.to ? [] : before([last]);
}

function links(acyclic: boolean): fc.Arbitrary<Link[]> {
  const drawn = fc.record({
    from: fc.nat(5),
    to: fc.nat(5),
    starts: fc.boolean(),
    ends: fc.boolean(),
    open: fc.boolean(),
    millis: fc.option(fc.integer({ min: 1, max: 4 })),
    tries: fc.integer({ min: 1, max: 4 }),
  });
  return fc.array(drawn, { maxLength: acyclic ? 12 : 16, size: 'max' }).map(all => all.filter(({ from, to }) => acyclic ? from < to : from !== to).map(({ from, to, millis: limit, starts, ends, open, tries }, index) => {
    const said = limit === null ? undefined : { millis: limit, text: `${limit}`, property: 'timeout' };
    return {
      from: `${from}`,
      to: `${to}`,
      site: Site.named(`${index}`, ''),
      starts: starts && index % 3 === 0,
      ends: ends && index % 3 === 1,
      isOpen: open || !said,
      patience: said,
      wait: said,
      tries,
    };
  }));
}

/** By the number of the link. */
function short(all: Link[]): string[] {
  const isBehind = (path: Link[]) => path.length > 1 && path.slice(1, -1).every(({ isOpen }) => isOpen);
  return all.filter(link => link.patience && all.some(last => last.wait && last.wait.millis > link.patience!.millis
    && pathsTo(last, all).some(path => path[0] === link && isBehind(path)))).map(({ site }) => site.path);
}

function multiplied(all: Link[], limit: number): string[] {
  const product = (path: Link[]) => path.reduce((sum, { tries }) => sum * tries, 1);
  const passes = (path: Link[]) => product(path) > limit && product(path.slice(0, -1)) <= limit;
  return all.filter(link => pathsTo(link, all).some(passes)).map(({ site }) => site.path);
}

const RUNS = { numRuns: 2000 };

describe.each([['without', true], ['with', false]])('among all paths, %s circles', (_, acyclic) => {
  test('exactly those too short are found', () => {
    fc.assert(fc.property(links(acyclic), all => expect(shortTimeouts(all).map(({ path }) => path)).toEqual(short(all))), RUNS);
  });

  test('some that multiply are found if there are any, and none that does not', () => {
    fc.assert(fc.property(links(acyclic), fc.integer({ min: 1, max: 30 }), (all, limit) => {
      const found = multipliedRetries(all, limit).map(({ path }) => path);
      expect(multiplied(all, limit)).toEqual(expect.arrayContaining(found));
      expect(found.length > 0).toBe(multiplied(all, limit).length > 0);
    }), RUNS);
  });
});

test('a mesh of 5,000 services is proven in less than a second', () => {
  const all = Array.from({ length: 20_000 }, (_, index): Link => {
    const from = index % 5000;
    const to = (from * 7 + index * 13 + 1) % 5000;
    const wait = index % 3 === 0 ? { millis: 5000 + index, text: 'long', property: 'timeout' } : undefined;
    return { from: `${from}`, to: `${to}`, site: Site.named('', ''), starts: false, ends: false, isOpen: !wait, wait, patience: wait && { ...wait, millis: 1e6 }, tries: index % 50 === 0 ? 2 : 1 };
  });
  const began = performance.now();
  shortTimeouts(all);
  multipliedRetries(all, 16);
  expect(performance.now() - began).toBeLessThan(1000);
});
