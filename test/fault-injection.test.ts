import { Duration } from 'cdk8s';
import * as fc from 'fast-check';
import { CallOptions, FaultInjection, GrpcStatus, MeshPort, MeshService, MeshServiceProps, Percent, RouteMatch, StringMatch } from '../src';
import { find, synthesize } from './support/manifests';
import { fulfils, RequestModel } from './support/request-model';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';

const SECOND = Duration.seconds(1);
const QA = RouteMatch.header('x-user', StringMatch.exactly('qa'));

/** Those of `orders`, which `frontend` calls. */
function routesOf(call: CallOptions, props: Partial<MeshServiceProps> = {}, more: (world: World, orders: MeshService) => void = () => {}): any[] {
  const world = new World();
  const orders = world.service('orders', props);
  world.service('frontend').calls(orders, call);
  more(world, orders);
  return find(synthesize(world.shop), 'VirtualService', 'orders').spec.http;
}

describe('a fault of a call', () => {
  test('is for its client alone', () => {
    const [own, rest] = routesOf({ faults: [FaultInjection.delay(SECOND)] });

    expect(own).toMatchObject({
      name: 'default.frontend',
      match: [{ sourceNamespace: 'shop', sourceLabels: { 'service.istio.io/canonical-name': 'frontend' } }],
      fault: { delay: { percentage: { value: 100 }, fixedDelay: '1s' } },
    });
    expect(rest).toMatchObject({ name: 'default' });
    expect(rest).not.toHaveProperty('fault');
  });

  test.each<[string, FaultInjection, object, Partial<MeshServiceProps>]>([
    ['an HTTP status, for some', FaultInjection.abort(503, { share: Percent.of(0.5) }), { abort: { percentage: { value: 0.5 }, httpStatus: 503 } }, {}],
    ['a gRPC status', FaultInjection.abortGrpc(GrpcStatus.NOT_FOUND), { abort: { percentage: { value: 100 }, grpcStatus: 'NOT_FOUND' } }, { ports: [MeshPort.grpc(50051)] }],
    ['an HTTP status for gRPC', FaultInjection.abort(503), { abort: { percentage: { value: 100 }, httpStatus: 503 } }, { ports: [MeshPort.grpc(50051)] }],
  ])('%s', (_, fault, manifest, props) => expect(routesOf({ faults: [fault] }, props)[0].fault).toEqual(manifest));

  test('keeps what the call asks for', () => {
    const [own] = routesOf({ methods: ['GET'], paths: ['/a/*'], timeout: SECOND, faults: [FaultInjection.abort(500)] });

    expect(own).toMatchObject({ match: [{ uri: { prefix: '/a/' }, method: { exact: 'GET' } }], timeout: '1s', fault: { abort: { httpStatus: 500 } } });
  });

  test('may be of one of the call\'s paths', () => {
    const match = [RouteMatch.path(StringMatch.exactly('/a'))];
    const [own, rest] = routesOf({ paths: ['/a', '/b'], faults: [FaultInjection.abort(500, { match })] });

    expect(own).toMatchObject({ match: [{ uri: { exact: '/a' } }], fault: { abort: { httpStatus: 500 } } });
    expect(rest.match.map(({ uri }: any) => uri)).toContainEqual({ exact: '/b' });
    expect(rest).not.toHaveProperty('fault');
  });

  test('by a match is a route of its own, before the call\'s', () => {
    const routes = routesOf({ faults: [FaultInjection.abort(500, { match: [QA] })] });

    expect(routes.map(({ name, fault }) => [name, fault?.abort.httpStatus])).toEqual([['default.frontend+fault-1', 500], ['default.frontend', undefined], ['default', undefined]]);
    expect(routes[0].match).toEqual([{ sourceNamespace: 'shop', sourceLabels: { 'service.istio.io/canonical-name': 'frontend' }, headers: { 'x-user': { exact: 'qa' } } }]);
  });

  test('of which an earlier one takes some requests alone, is for the others', () => {
    const other = RouteMatch.header('x-user', StringMatch.exactly('other'));
    const routes = routesOf({ faults: [FaultInjection.abort(500, { match: [QA] }), FaultInjection.abort(503, { match: [QA, other] })] });

    expect(routes.map(({ fault, match }) => [fault?.abort.httpStatus, match?.map(({ headers }: any) => headers?.['x-user'].exact)]).slice(0, 2)).toEqual([
      [500, ['qa']], [503, ['other']],
    ]);
  });

  test('stays one at every route of a release, whose weights it leaves alone', () => {
    const routes = routesOf({ faults: [FaultInjection.abort(500)] }, {}, (world, orders) => world.release(orders, { match: [QA] }));

    expect(routes.map(({ name, fault, route }) => [name, fault?.abort.httpStatus, route.map(({ weight }: any) => weight)])).toEqual([
      ['canary-match.frontend', 500, [0, 100]], ['canary-match', undefined, [0, 100]], ['canary.frontend', 500, [90, 10]], ['canary', undefined, [90, 10]],
    ]);
  });
});

test('a fault of a route is for whoever asks', () => {
  const routes = routesOf({ timeout: SECOND }, {}, (_, orders) => orders.addRoute('broken', { match: [QA], version: 'v1', faults: [FaultInjection.abort(500)] }));

  expect(routes.map(({ name, fault }) => [name, fault?.abort.httpStatus])).toEqual([
    ['broken.frontend', 500], ['broken', 500], ['default.frontend', undefined], ['default', undefined],
  ]);
});

/** Faults by header, path and method, which may overlap in every way. */
const matches = fc.record({
  header: fc.option(fc.tuple(fc.constantFrom('x-a', 'x-b'), fc.constantFrom('1', '2', undefined)), { nil: undefined }),
  path: fc.option(fc.tuple(fc.constantFrom('exactly' as const, 'prefix' as const), fc.constantFrom('/a', '/a/b', '/c')), { nil: undefined }),
  method: fc.option(fc.constantFrom('GET', 'PUT'), { nil: undefined }),
}).filter(({ header, path, method }) => Boolean(header ?? path ?? method));
type Drawn = typeof matches extends fc.Arbitrary<infer T> ? T : never;
const someOf = fc.option(fc.array(matches, { minLength: 1, maxLength: 2 }), { nil: undefined });
const faults = fc.array(fc.record({ delays: fc.boolean(), match: someOf }), { maxLength: 3 });

const requests = fc.record({
  path: fc.constantFrom('/a', '/a/b', '/c', '/d'),
  method: fc.constantFrom('GET', 'PUT', 'POST'),
  headers: fc.dictionary(fc.constantFrom('x-a', 'x-b'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
});

function matchOf({ header, path, method }: Drawn): RouteMatch {
  const parts = [
    header && (header[1] === undefined ? RouteMatch.headerPresent(header[0]) : RouteMatch.header(header[0], StringMatch.exactly(header[1]))),
    path && RouteMatch.path(StringMatch[path[0]](path[1])),
    method === undefined ? undefined : RouteMatch.method(StringMatch.exactly(method)),
  ];
  return parts.filter(part => part !== undefined).reduce((all, part) => all.also(part));
}

function isFor({ header, path, method }: Drawn, request: { path: string; method: string; headers: { [name: string]: string } }): boolean {
  const given = header && request.headers[header[0]];
  return (!header || (header[1] === undefined ? given !== undefined : given === header[1])) && (method === undefined || request.method === method)
    && (!path || (path[0] === 'exactly' ? request.path === path[1] : request.path.startsWith(path[1])));
}

test('each request meets with the first delay and the first abort that are for it, of its client\'s call and then of its route', () => {
  const many = fc.array(requests, { minLength: 20, maxLength: 40 });
  fc.assert(fc.property(faults, faults, matches, fc.boolean(), many, (ofCall, ofRoute, routed, keyed, asked) => {
    const numbered = [...ofCall, ...ofRoute].map((fault, index) => ({ ...fault, number: index }));
    const valueOf = ({ delays, match, number }: typeof numbered[number]) => {
      const options = { match: match?.map(matchOf) };
      return delays ? FaultInjection.delay(Duration.millis(1 + number), options) : FaultInjection.abort(500 + number, options);
    };
    const [called, routing] = [numbered.slice(0, ofCall.length), numbered.slice(ofCall.length)];
    let http: any[];
    try {
      const said = (list: typeof numbered) => list.length > 0 ? list.map(valueOf) : undefined;
      http = routesOf({ timeout: SECOND, faults: said(called), ...keyed ? { paths: ['/a/*', '/c'] } : {} }, {},
        (_, orders) => orders.addRoute('some', { match: [matchOf(routed)], version: 'v1', faults: said(routing) }));
    } catch (error) {
      expect(String(error)).toContain('IneffectiveFault'); // of two of one kind, or of no request of its route
      return;
    }
    for (const request of asked) {
      for (const client of ['frontend', 'other']) {
        const model: RequestModel = {
          ...request, authority: '', scheme: '', query: {}, port: 8080, namespace: 'shop', labels: { 'service.istio.io/canonical-name': client },
        };
        const met = http.find(({ match }) => !match || match.some((each: any) => fulfils(each, model)));
        const declared = client === 'frontend' && (!keyed || request.path.startsWith('/a/') || request.path === '/c');
        const meant = [...declared ? called : [], ...isFor(routed, request) ? routing : []]
          .filter(({ match }) => !match || match.some(each => isFor(each, request)));
        const [delay, abort] = [meant.find(({ delays }) => delays), meant.find(({ delays }) => !delays)];
        expect(met.fault?.delay?.fixedDelay).toBe(delay && `${1 + delay.number}ms`);
        expect(met.fault?.abort?.httpStatus).toBe(abort && 500 + abort.number);
      }
    }
  }), { numRuns: 150 });
});

test('a fault for a pattern that may or may not be that of a call is refused, also where no route is by paths', () => {
  const world = new World();
  const orders = world.service('orders');
  world.service('frontend').calls(orders, { paths: ['/a/b*'], timeout: Duration.seconds(2) });
  orders.addRoute('testers', {
    match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
    version: 'v1',
    faults: [FaultInjection.abort(500, { match: [RouteMatch.path(StringMatch.regex('/a/[a-c]+'))] })],
  });

  expect(thrownBy(() => world.synth())).toMatchObject([{ code: 'UnresolvedOverlap', property: 'route testers' }]);
});
