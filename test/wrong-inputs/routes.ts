import { Duration, JsonPatch } from 'cdk8s';
import { MeshPort, Route, RouteMatch, StringMatch } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { unreachable } from '../support/unreachable-route';
import { WrongInput } from '../support/wrong-input';

const QA = RouteMatch.header('x-user', StringMatch.exactly('qa'));

export const wrongRoutes: WrongInput[] = [
  match('a header match without a value', () => [RouteMatch.header('x-user', StringMatch.exactly(''))],
    'EmptyMatch', 'match[0].header(x-user)', '""', 'RouteMatch.headerPresent()'),
  match('an empty prefix', () => [RouteMatch.path(StringMatch.prefix(''))], 'EmptyMatch', 'match[0].uri', '""', 'Give the value'),
  match('an empty regular expression', () => [RouteMatch.path(StringMatch.regex(''))], 'EmptyMatch', 'match[0].uri', '""', 'Give the value'),
  ...['(?!/admin).*', '(?<=a)b', '(a)\\1', '[a', '*'].map(pattern => match(
    `the regular expression ${pattern}`, () => [RouteMatch.path(StringMatch.regex(pattern))],
    'InvalidRegex', 'match[0].uri', JSON.stringify(pattern), 'RE2 has no look-around')),
  match('a regular expression of 1025 characters', () => [RouteMatch.path(StringMatch.regex('a'.repeat(1025)))],
    'InvalidRegex', 'match[0].uri', JSON.stringify('a'.repeat(1025)), 'github.com/google/re2'),
  ...['', 'x user', ':path', 'x:user'].map(name => match(
    `the header '${name}'`, () => [RouteMatch.headerPresent(name)], 'InvalidHeader', 'match[0]', JSON.stringify(name), 'Write the name alone')),
  match('one header twice, in other letters', () => [QA.also(RouteMatch.headerPresent('X-User'))],
    'DuplicateCondition', 'match[0]', '"x-user"', 'StringMatch.regex()'),
  match('two paths at once', () => [RouteMatch.path(StringMatch.exactly('/a')).also(RouteMatch.path(StringMatch.exactly('/b')))],
    'DuplicateCondition', 'match[0]', '"uri"', 'alternatives'),
  match('two methods at once', () => [RouteMatch.method(StringMatch.exactly('GET')).also(RouteMatch.method(StringMatch.exactly('PUT')))],
    'DuplicateCondition', 'match[0]', '"method"', 'alternatives'),
  match('a path without its slash', () => [RouteMatch.path(StringMatch.exactly('orders'))], 'InvalidPath', 'match[0].uri', '"orders"', '/api/orders'),
  ...([
    ['/orders/:id', 'StringMatch.regex('],
    ['/items/[0-9]+', 'StringMatch.regex('],
    ['/orders/*', 'StringMatch.prefix('],
    ['/orders/{*}', 'StringMatch.prefix('],
    ['/orders?all', 'leave out'],
    ['/a//b', 'one slash'],
    ['/a/../b', 'the path that results'],
  ] as const).map(([path, fix]) => match(
    `the path '${path}' of a route`, () => [RouteMatch.path(StringMatch.exactly(path))], 'InvalidPath', 'match[0].uri', JSON.stringify(path), fix)),
  ...([['/orders', 'exactly'], ['/api/orders/', 'prefix'], ['/orders.v1.Orders', 'exactly']] as const).map(([path, kind]): WrongInput => ({
    mistake: `the path '${path}' of a route of gRPC alone`,
    make: world => world.service('orders', { ports: [MeshPort.grpc(50051)] })
      .addRoute('testers', { match: [RouteMatch.path(StringMatch[kind](path))], version: 'v1' }),
    code: 'InvalidPath',
    path: 'shop/orders',
    property: 'addRoute(testers).match[0].uri',
    received: JSON.stringify(path),
    fix: ['/orders.v1.Orders/Get'],
  })),
  match('a route\'s method that HTTP does not know', () => [RouteMatch.method(StringMatch.exactly('PSOT'))], 'InvalidMethod', 'match[0].method', '"PSOT"', 'Use one of'),
  {
    mistake: 'a route for GET of gRPC alone',
    make: world => world.service('orders', { ports: [MeshPort.grpc(50051)] })
      .addRoute('testers', { match: [RouteMatch.method(StringMatch.exactly('GET'))], version: 'v1' }),
    code: 'InvalidMethod',
    path: 'shop/orders',
    property: 'addRoute(testers).match[0].method',
    received: '"GET"',
    fix: ['match its path'],
  },
  ...[StringMatch.prefix('/'), StringMatch.regex('.*'), StringMatch.regex('/.*')].map((everything, index): WrongInput => ({
    mistake: `testers who are everybody, in way ${index + 1} to say so`,
    make: (world) => {
      world.release(world.service('orders'), { match: [RouteMatch.path(everything)] });
      world.synth();
    },
    code: 'UnreachableRoute',
    path: 'shop/orders',
    property: 'route canary',
    received: '{}',
    fix: ['narrower'],
  })),
  {
    mistake: 'a route of the service\'s own version that leaves a release nothing',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('all', { match: [RouteMatch.path(StringMatch.prefix('/'))], version: 'v1' });
      world.release(orders);
      world.synth();
    },
    code: 'UnreachableRoute',
    path: 'shop/orders',
    property: 'route canary',
    received: '{}',
    fix: ['narrower'],
  },
  match('a route\'s method in small letters', () => [RouteMatch.method(StringMatch.exactly('get'))], 'InvalidMethod', 'match[0].method', '"get"', 'Write GET'),
  {
    mistake: 'a patch of a route by the beginning of its name',
    make: (world) => {
      Route.named(world.service('orders'), 'def').addJsonPatch(JsonPatch.add('/timeout', '1s'));
      world.synth();
    },
    code: 'UnknownRoute',
    path: 'shop/orders',
    property: 'Route.named(def)',
    received: '"def"',
    fix: ['There are default'],
  },
  {
    mistake: 'a patch of a route that is not there',
    make: (world) => {
      Route.named(world.service('orders'), 'defualt').addJsonPatch(JsonPatch.add('/timeout', '1s'));
      world.synth();
    },
    code: 'UnknownRoute',
    path: 'shop/orders',
    property: 'Route.named(defualt)',
    received: '"defualt"',
    fix: ['Did you mean default?'],
  },
  {
    mistake: 'a patch of a part of a route that is not there',
    make: (world) => {
      Route.named(world.service('orders'), 'default').addJsonPatch(JsonPatch.replace('/nope/x', 1));
      world.synth();
    },
    code: 'InvalidPatch',
    path: 'shop/orders',
    property: 'Route.named(default).addJsonPatch',
    received: '[{"op":"replace","path":"/nope/x","value":1}]',
    fix: ['JsonPatch.add()'],
  },
  {
    mistake: 'a route of a service that has none',
    make: world => Route.named(world.service('orders', { ports: [MeshPort.tcp(6379)] }), 'default'),
    code: 'UnknownRoute',
    path: 'shop/orders',
    property: 'Route.named(default)',
    received: '"default"',
    fix: ['over HTTP'],
  },
  match('a route for nothing', () => [], 'EmptyList', 'match', '[]', 'at least one RouteMatch'),
  {
    mistake: 'a route on TCP',
    make: world => world.service('orders', { ports: [MeshPort.tcp(6379)] }).addRoute('testers', { match: [QA], version: 'v1' }),
    code: 'NotHttp',
    path: 'shop/orders',
    property: 'addRoute(testers).match',
    received: '["tcp"]',
    fix: ['MeshPort.http()'],
  },
  ...['canary', 'canary-match', 'default'].map((name): WrongInput => ({
    mistake: `a route named ${name}`,
    make: world => world.service('orders').addRoute(name, { match: [QA], version: 'v1' }),
    code: 'DuplicateRoute',
    path: 'shop/orders',
    property: `addRoute(${name}).name`,
    received: JSON.stringify(name),
    fix: ['choose another name'],
  })),
  {
    mistake: 'two routes of one name',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('testers', { match: [QA], version: 'v1' });
      orders.addRoute('testers', { match: [RouteMatch.headerPresent('x-preview')], version: 'v1' });
    },
    code: 'DuplicateRoute',
    path: 'shop/orders',
    property: 'addRoute(testers).name',
    received: '"testers"',
    fix: ['several matches in one route'],
  },
  ...([
    ['of the same match', RouteMatch.path(StringMatch.prefix('/a')), RouteMatch.path(StringMatch.prefix('/a')), '{"uri":{"prefix":"/a"}}'],
    ['of a narrower path', RouteMatch.path(StringMatch.prefix('/a')), RouteMatch.path(StringMatch.exactly('/a/b')), '{"uri":{"exact":"/a/b"}}'],
    ['of one more condition', QA, QA.also(RouteMatch.headerPresent('x-preview')), '{"headers":{"x-user":{"exact":"qa"},"x-preview":{}}}'],
    ['of a header\'s value', RouteMatch.headerPresent('x-user'), QA, '{"headers":{"x-user":{"exact":"qa"}}}'],
  ] as const).map(([which, earlier, later, received]) => unreachable(`a route ${which} after another`, earlier, later, received)),
  {
    mistake: 'a route whose name is no label',
    make: world => world.service('orders').addRoute('QA testers', { match: [QA], version: 'v1' }),
    code: 'InvalidName',
    path: 'shop/orders',
    property: 'addRoute(QA testers).name',
    received: '"QA testers"',
    fix: ['lower case letters'],
  },
  {
    mistake: 'a route to a version that there is not',
    make: (world) => {
      world.service('orders').addRoute('testers', { match: [QA], version: 'v2' });
      world.synth();
    },
    code: 'UnknownVersion',
    path: 'shop/orders',
    property: 'addRoute(testers).version',
    received: '"v2"',
    fix: ['Use one of v1', 'CanaryRelease'],
  },
  {
    mistake: 'all requests for a version that is named like a property of every object',
    make: (world) => {
      world.service('orders').addRoute('testers', { match: [QA], versions: { constructor: 100 } as any });
      world.synth();
    },
    code: 'UnknownVersion',
    path: 'shop/orders',
    property: 'addRoute(testers).versions',
    received: '"constructor"',
    fix: ['Use one of v1'],
  },
  {
    mistake: 'a route and a call whose patterns overlap in a way that no one match says',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('html', { match: [RouteMatch.path(StringMatch.regex('/[a-z]+\\.html'))], version: 'v1' });
      world.service('frontend').calls(orders, { paths: ['/shop/*'], timeout: Duration.seconds(1) });
      world.synth();
    },
    code: 'UnresolvedOverlap',
    path: 'shop/orders',
    property: 'route html',
    received: '[{"regex":"/[a-z]+\\\\.html"},{"prefix":"/shop/"}]',
    fix: ['exact paths', 'header'],
  },
  {
    mistake: 'a release\'s match that overlaps with a call so',
    make: (world) => {
      const orders = world.service('orders');
      world.service('frontend').calls(orders, { paths: ['/orders/{*}'], timeout: Duration.seconds(1) });
      world.release(orders, { match: [RouteMatch.path(StringMatch.prefix('/orders/'))] });
      world.synth();
    },
    code: 'UnresolvedOverlap',
    path: 'shop/orders',
    property: 'route canary-match',
    received: '[{"prefix":"/orders/"},{"regex":"/orders/[^/]+"}]',
    fix: ['exact paths', 'header'],
  },
];

function match(mistake: string, matches: () => RouteMatch[], code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: world => world.service('orders').addRoute('testers', { match: matches(), version: 'v1' }),
    code,
    path: 'shop/orders',
    property: `addRoute(testers).${property}`,
    received,
    fix: [fix],
  };
}
