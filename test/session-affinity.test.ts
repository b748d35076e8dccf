import { Duration } from 'cdk8s';
import { RE2JS } from 're2js';
import {
  CanaryEngine, CanaryReleaseProps, ExternalService, GatewayServer, HeaderChanges, HeaderOperations, LoadBalancing, MeshGateway, MeshPort,
  MeshService, MeshServiceProps, RouteMatch, RouteOptions, ServiceVersion, ServiceVersionProps, SessionAffinity, StringMatch,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const COOKIE = SessionAffinity.byCookie('orders-version', { maxAge: Duration.hours(8) });

function released(props: Partial<CanaryReleaseProps> = {}, more: (world: World) => void = () => undefined): Manifest[] {
  const world = new World();
  const orders = world.service('orders');
  world.service('frontend').calls(orders, { timeout: Duration.seconds(2) });
  world.release(orders, { stages: [0, 10, 50, 100], stage: 1, sessionAffinity: COOKIE, ...props });
  more(world);
  return synthesize(world.shop);
}

const httpOf = (manifests: Manifest[], name = 'orders'): any[] => find(manifests, 'VirtualService', name).spec.http;
const route = (manifests: Manifest[], name: string) => httpOf(manifests).find((each: any) => each.name === name);
const sharesOf = ({ route: targets }: any) => Object.fromEntries(targets.map(({ destination, weight }: any) => [destination.subset, weight]));
const setBy = ({ route: targets }: any) => Object.fromEntries(targets.map(({ destination, headers }: any) => [destination.subset, headers?.response.add['set-cookie']]));
const patternOf = (manifests: Manifest[]) => route(manifests, 'canary-kept').match[0].headers.cookie.regex;

describe('by commits', () => {
  test('answers of the new version set the cookie, and requests that bear it go nowhere else', () => {
    const manifests = released();

    expect(sharesOf(route(manifests, 'canary'))).toEqual({ v1: 90, v2: 10 });
    expect(setBy(route(manifests, 'canary'))).toEqual({
      v1: undefined, v2: expect.stringMatching(/^orders-version=v2\.[0-9a-f]{8}; Path=\/; Max-Age=28800; HttpOnly$/),
    });
    expect(sharesOf(route(manifests, 'canary-kept'))).toEqual({ v1: 0, v2: 100 });
    expect(setBy(route(manifests, 'canary-kept'))).toEqual(setBy(route(manifests, 'canary')));
  });

  test('the kept are tried before the split, with each client\'s timeout, and through a gateway too', () => {
    const manifests = released({}, world => new MeshGateway(world.shop, 'public', { servers: [GatewayServer.http(['shop.example.com'])] })
      .exposes(world.shop.node.findChild('orders') as any, { hosts: ['shop.example.com'] }));

    expect(httpOf(manifests).map(({ name, timeout }: any) => [name, timeout])).toEqual([
      ['canary-kept.frontend', '2s'], ['canary-kept', undefined], ['canary.frontend', '2s'], ['canary', undefined],
    ]);
    expect(httpOf(manifests, 'orders-public').map(({ name }: any) => name.replace(/[.].*/, ''))).toEqual(['canary-kept', 'canary']);
  });

  test.each([
    ['orders-version=VALUE', true], ['theme=dark; orders-version=VALUE', true], ['orders-version=VALUE; theme=dark', true], ['a=1;orders-version=VALUE;b=2', true],
    ['my-orders-version=VALUE', false], ['orders-version=VALUE0', false], ['orders-version=v2', false], ['theme=orders-version', false],
  ])('%s: %s', (header, known) => {
    const manifests = released();
    const value = setBy(route(manifests, 'canary')).v2.replace(/^orders-version=([^;]*);.*/, '$1');

    // Envoy takes a pattern of a header for the whole of it
    expect(RE2JS.compile(patternOf(manifests)).matches(header.replace('VALUE', value))).toBe(known);
  });

  test('the value is meant letter by letter, with the dot before the commit', () => {
    const manifests = released();
    const value = setBy(route(manifests, 'canary')).v2.replace(/^orders-version=([^;]*);.*/, '$1');

    expect(value).toContain('.');
    expect(RE2JS.compile(patternOf(manifests)).matches(`orders-version=${value.replace('.', 'x')}`)).toBe(false);
  });

  test.each([[undefined, 86400], [Duration.days(400), 34560000]])('it is kept for %s: %d seconds', (maxAge, seconds) => {
    expect(setBy(route(released({ sessionAffinity: SessionAffinity.byCookie('orders-version', { maxAge }) }), 'canary')).v2).toContain(`; Max-Age=${seconds};`);
  });

  test('nobody is kept where the new version has no share, or is aborted', () => {
    for (const props of [{ stage: 0 }, { stage: 2, aborted: true }]) {
      expect(sharesOf(route(released(props), 'canary-kept'))).toEqual({ v1: 100, v2: 0 });
    }
  });

  test('the cookie of another image is another one', () => {
    expect(patternOf(released({ image: 'ghcr.io/acme/orders:3.0.0' }))).not.toBe(patternOf(released()));
    expect(patternOf(released({ stage: 2 }))).toBe(patternOf(released()));
  });

  test('two versions share one cookie, each by its value', () => {
    const manifests = released({}, world => world.release(world.shop.node.findChild('orders') as any, {
      version: 'v3', stages: [0, 20, 100], stage: 1, sessionAffinity: COOKIE,
    }, 'other'));

    expect(sharesOf(route(manifests, 'canary-kept-v2'))).toEqual({ v1: 0, v2: 100, v3: 0 });
    expect(sharesOf(route(manifests, 'canary-kept-v3'))).toEqual({ v1: 0, v2: 0, v3: 100 });
    expect(sharesOf(route(manifests, 'canary'))).toEqual({ v1: 70, v2: 10, v3: 20 });
  });
});

describe('by Flagger', () => {
  const manifests = released({ stage: undefined, engine: CanaryEngine.flagger() });

  test('it is told of the cookie', () => {
    const { stepWeights, sessionAffinity } = find(manifests, 'Canary', 'orders').spec.analysis;

    expect({ stepWeights, sessionAffinity }).toEqual({ stepWeights: [10, 50, 100], sessionAffinity: { cookieName: 'orders-version', maxAge: 28800 } });
  });

  test('clients are told by labels alone, for beside a namespace Istio leaves its route out', () => {
    const matches = httpOf(manifests).flatMap(({ match = [] }: any) => match);

    expect(matches.map(({ sourceLabels, sourceNamespace }: any) => [sourceLabels !== undefined, sourceNamespace])).toEqual([[true, undefined]]);
  });
});

describe('over versions that stay', () => {
  const staying = (eu: Partial<ServiceVersionProps>, us: Partial<ServiceVersionProps> = { weight: 20 }) => {
    const world = new World();
    const service = world.service('orders');
    new ServiceVersion(world.shop, 'eu', { service, weight: 30, replicas: 2, ...eu });
    new ServiceVersion(world.shop, 'us', { service, replicas: 2, ...us });
    return synthesize(world.shop);
  };

  test('the cookie says which version a user has, the service\'s own too', () => {
    const manifests = staying({ sessionAffinity: COOKIE });

    expect(httpOf(manifests).map(each => [each.name, sharesOf(each)])).toEqual([
      ['kept-v1', { v1: 100, eu: 0, us: 0 }], ['kept-eu', { v1: 0, eu: 100, us: 0 }], ['default', { v1: 50, eu: 30, us: 20 }],
    ]);
    expect(setBy(route(manifests, 'default'))).toEqual({
      v1: 'orders-version=v1; Path=/; Max-Age=28800; HttpOnly', eu: 'orders-version=eu; Path=/; Max-Age=28800; HttpOnly', us: undefined,
    });
  });

  test('nobody is kept on a version that has no share any more', () => {
    const manifests = staying({ weight: 80, sessionAffinity: COOKIE });

    expect(sharesOf(route(manifests, 'kept-v1'))).toEqual({ v1: 0, eu: 80, us: 20 });
  });
});

describe('what takes set-cookie from the answers takes these cookies too: Envoy runs the changes of a route after those of its destination, and after what balances', () => {
  type Keep = [whose: string, error: RegExp, keep: (world: World, orders: MeshService) => unknown, props?: Partial<MeshServiceProps>];
  type Take = [by: string, take: (world: World, orders: MeshService, response: HeaderOperations) => unknown];

  const hashed = { loadBalancing: LoadBalancing.byCookie('session', { ttl: Duration.hours(1) }) };
  const keeps: Keep[] = [
    ['a version', /shop\/eu: sessionAffinity.*IneffectiveAffinity/, ({ shop }, service) => new ServiceVersion(shop, 'eu', { service, weight: 10, sessionAffinity: COOKIE })],
    ['a release', /shop\/orders-next: sessionAffinity.*IneffectiveAffinity/, (world, orders) => world.release(orders, { stage: 0, sessionAffinity: COOKIE })],
    ['Flagger', /shop\/orders-next: sessionAffinity.*IneffectiveAffinity/, (world, orders) => (
      world.release(orders, { stage: undefined, sessionAffinity: COOKIE, engine: CanaryEngine.flagger() }))],
    ['balancing', /shop\/orders: loadBalancing .*InvalidLoadBalancing/, () => undefined, hashed],
    ['a port\'s balancing', /shop\/orders: ports\[0\].loadBalancing .*InvalidLoadBalancing/, () => undefined, { ports: [MeshPort.http(8080, hashed)] }],
    ['a version\'s balancing', /shop\/eu: loadBalancing .*InvalidLoadBalancing/, ({ shop }, service) => new ServiceVersion(shop, 'eu', { service, weight: 10, ...hashed })],
  ];
  const assets = [RouteMatch.path(StringMatch.prefix('/assets/'))];
  const takes: Take[] = [
    ['addRoute(assets)', (_, orders, response) => orders.addRoute('assets', { match: assets, headers: HeaderChanges.of({ response }) })],
    ['frontend\'s call', (world, orders, response) => world.service('frontend').calls(orders, { paths: ['/assets/*'], headers: HeaderChanges.of({ response }) })],
    ['what edge exposes', ({ shop }, orders, response) => new MeshGateway(shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] })
      .exposes(orders, { hosts: ['shop.example.com'], headers: HeaderChanges.of({ response }) })],
  ];
  const described = ([, , keep, props]: Keep, [, take]: Take, response: HeaderOperations, late: boolean) => {
    const world = new World();
    const orders = world.service('orders', props);
    const steps = [() => keep(world, orders), () => take(world, orders, response)];
    (late ? steps : steps.reverse()).forEach(step => step());
    return () => world.synth();
  };

  test.each(keeps.flatMap(keep => takes.map((take): [string, string, Keep, Take] => [keep[0], take[0], keep, take])))('of %s by %s', (_, by, keep, take) => {
    for (const late of [false, true]) {
      for (const response of [{ remove: ['set-cookie'] }, { set: { 'Set-Cookie': 'theme=dark' } }]) {
        const synth = described(keep, take, response, late);

        expect(synth).toThrow(keep[1]);
        expect(synth).toThrow(`${by} removes or sets`);
      }
      expect(described(keep, take, { add: { 'set-cookie': 'theme=dark' } }, late)).not.toThrow();
    }
  });

  test('of a service outside too', () => {
    const world = new World();
    const pay = new ExternalService(world.shop, 'pay', { host: 'pay.example.com', ports: [MeshPort.http(80)], ...hashed });
    world.service('frontend').calls(pay, { headers: HeaderChanges.of({ response: { remove: ['set-cookie'] } }) });

    expect(() => world.synth()).toThrow(/shop\/pay: loadBalancing .*frontend's call removes or sets/);
  });

  test.each<[string, Omit<RouteOptions, 'match'>]>([
    ['a route to one version, whose answers set none', { version: 'v1', headers: HeaderChanges.of({ response: { remove: ['set-cookie'] } }) }],
    ['the cookies of requests', { headers: HeaderChanges.of({ request: { remove: ['set-cookie'] } }) }],
  ])('but not %s', (_, options) => {
    const world = new World();
    const orders = world.service('orders');
    orders.addRoute('assets', { match: assets, ...options });
    world.release(orders, { sessionAffinity: COOKIE });

    expect(() => world.synth()).not.toThrow();
  });

  test('and no cookie that the program sets itself, or that clients of gRPC would not keep', () => {
    const world = new World();
    const orders = world.service('orders', { loadBalancing: LoadBalancing.byCookie('session') });
    const both = world.service('both', { ports: [MeshPort.http(8080), MeshPort.grpc(50051)], ...hashed });
    const headers = HeaderChanges.of({ response: { remove: ['set-cookie'] } });
    world.service('frontend').calls(orders, { headers });
    world.service('mobile').calls(both, { port: 'grpc', headers });

    expect(() => world.synth()).not.toThrow();
  });
});
