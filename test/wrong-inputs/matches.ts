import { Duration } from 'cdk8s';
import { MeshPort, MeshServiceProps, RouteMatch, StringMatch } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { unreachable } from '../support/unreachable-route';
import { WrongInput } from '../support/wrong-input';

const text = StringMatch.exactly;

export const wrongMatches: WrongInput[] = [
  ...['', 'a b', '?a', 'a=b', 'a&b', 'a#b', 'größe'].map(name => match(
    `the query parameter '${name}'`, () => RouteMatch.queryParameterPresent(name), 'InvalidName', 'match[0]', JSON.stringify(name), 'such as preview')),
  match('a query parameter without a value', () => RouteMatch.queryParameter('a', text('')), 'EmptyMatch', 'match[0].queryParameter(a)', '""', 'RouteMatch.queryParameterPresent()'),
  match('a query parameter of a name that Envoy does not take', () => RouteMatch.queryParameterPresent('a'.repeat(1025)), 'InvalidName', 'match[0]', '"1025 characters"', 'preview'),
  ...['a b', 'a&b', 'a#b', '100%', '%zz', 'größe'].map(value => match(`a query parameter of '${value}'`, () => RouteMatch.queryParameter('a', text(value)),
    'ImpossibleMatch', 'match[0].queryParameter(a)', JSON.stringify(value), 'encodeURIComponent()')),
  match('a query parameter that begins with a blank', () => RouteMatch.queryParameter('a', StringMatch.prefix(' a')), 'ImpossibleMatch', 'match[0].queryParameter(a)', '" a"', 'percent-encoded'),
  match('a query parameter of gRPC', () => RouteMatch.queryParameterPresent('a'), 'ImpossibleMatch', 'match[0].queryParameter(a)', '"a"', 'Match by a header', { ports: [MeshPort.grpc(50051)] }),
  ...[' qa', 'qa ', 'q\na', '\tqa', 'q\u0000a'].map(value => match(`a header of ${JSON.stringify(value)}`, () => RouteMatch.header('x-user', text(value)),
    'ImpossibleMatch', 'match[0].header(x-user)', JSON.stringify(value), 'as it arrives')),
  match('a header that begins with a blank', () => RouteMatch.header('x-user', StringMatch.prefix(' q')), 'ImpossibleMatch', 'match[0].header(x-user)', '" q"', 'as it arrives'),
  match('the lack of a header of two lines', () => RouteMatch.withoutHeader('x-user', text('q\na')), 'ImpossibleMatch', 'match[0].withoutHeader(x-user)', '"q\\na"', 'as it arrives'),
  match('a header of a name that Envoy does not take', () => RouteMatch.headerPresent('x'.repeat(16385)), 'InvalidHeader', 'match[0]', '"16385 characters"', 'x-frame-options'),
  ...([
    ['a header', RouteMatch.headerPresent('__proto__')], ['a header in capitals', RouteMatch.header('__PROTO__', text('a'))],
    ['the lack of a header', RouteMatch.withoutHeader('__proto__')], ['a query parameter', RouteMatch.queryParameterPresent('__proto__')],
  ] as const).map(([what, condition]) => match(`${what} named __proto__, which no object keeps`, () => condition, 'InvalidName', 'match[0]', '"__proto__"', 'another name')),
  ...['orders', '^orders/[0-9]+', 'api/.*'].map(pattern => match(`a path by ${pattern}, which begins with no slash`, () => RouteMatch.path(StringMatch.regex(pattern)),
    'ImpossibleMatch', 'match[0].uri', JSON.stringify(pattern), `Write /${pattern.replace('^', '')}`)),
  ...['/orders\\?id=[0-9]+', '/orders[?].*', '/a#b'].map(pattern => match(`a path with its query by ${pattern}`, () => RouteMatch.path(StringMatch.regex(pattern)),
    'ImpossibleMatch', 'match[0].uri', JSON.stringify(pattern), 'RouteMatch.queryParameter()')),
  ...['get|post', 'G[a-z]+', 'FETCH'].map(pattern => match(`a method by ${pattern}`, () => RouteMatch.method(StringMatch.regex(pattern)),
    'InvalidMethod', 'match[0].method', JSON.stringify(pattern), 'GET|HEAD')),
  ...['qa$x', '$qa', 'q^a', 'qa\\z.'].map(pattern => match(`a header by ${pattern}, which goes on behind its end`, () => RouteMatch.header('x-user', StringMatch.regex(pattern)),
    'ImpossibleMatch', 'match[0].header(x-user)', JSON.stringify(pattern), 'the whole text')),
  ...['[а-я]+', '\\x{400}', '\\p{Cyrillic}+', '\\P{Greek}', 'größe', '\\777'].map(pattern => match(`a header by ${pattern}, of which Envoy sees bytes`, () => (
    RouteMatch.header('x-user', StringMatch.regex(pattern))), 'InvalidRegex', 'match[0].header(x-user)', JSON.stringify(pattern), 'the bytes of UTF-8')),
  match('a query parameter by a broken pattern', () => RouteMatch.queryParameter('a', StringMatch.regex('[a')), 'InvalidRegex', 'match[0].queryParameter(a)', '"[a"', 'RE2'),
  match('one query parameter twice', () => RouteMatch.queryParameter('a', text('b')).also(RouteMatch.queryParameterPresent('a')),
    'DuplicateCondition', 'match[0]', '"a"', 'StringMatch.regex()'),
  ...['https://shop.example.com', 'Shop.example.com', '*.example.com', 'shop/orders'].map(host => match(
    `the authority ${host}`, () => RouteMatch.authority(text(host)), 'InvalidHost', 'match[0].authority', JSON.stringify(host), 'the name alone')),
  ...([
    ['header(x-user)', RouteMatch.header('x-user', text('')), 'RouteMatch.headerPresent()'], ['withoutHeader(x-user)', RouteMatch.withoutHeader('x-user', text('')), 'leave it out'],
    ['uri', RouteMatch.path(text('')), 'of any path'], ['authority', RouteMatch.authority(StringMatch.prefix('')), 'of any authority'],
    ['method', RouteMatch.method(text('')), 'of any method'], ['scheme', RouteMatch.scheme(''), 'of any scheme'],
  ] as const).map(([place, condition, fix]) => match(`an empty text for ${place}`, () => condition, 'EmptyMatch', `match[0].${place}`, '""', fix)),
  match('two authorities at once', () => RouteMatch.authority(text('a')).also(RouteMatch.authority(text('b'))), 'DuplicateCondition', 'match[0]', '"authority"', 'alternatives'),
  ...['https:', 'HTTPS', 'ftp'].map(scheme => match(
    `the scheme ${scheme}`, () => RouteMatch.scheme(scheme), 'ImpossibleMatch', 'match[0].scheme', JSON.stringify(scheme), 'https')),
  match('two schemes at once', () => RouteMatch.scheme('http').also(RouteMatch.scheme('https')), 'DuplicateCondition', 'match[0]', '"scheme"', 'alternatives'),
  match('the lack of a header that is none', () => RouteMatch.withoutHeader('x user'), 'InvalidHeader', 'match[0]', '"x user"', 'x-user'),
  match('the lack of one header twice', () => RouteMatch.withoutHeader('x-user').also(RouteMatch.withoutHeader('X-User', text('a'))),
    'DuplicateCondition', 'match[0]', '"x-user"', 'StringMatch.regex()'),
  ...['.*', 'a?', '(bot-.+)?'].map(pattern => match(`the lack of a header by ${pattern}, which is no text too`, () => RouteMatch.withoutHeader('x-user', StringMatch.regex(pattern)),
    'ImpossibleMatch', 'match[0].withoutHeader(x-user)', JSON.stringify(pattern), 'leave the value out')),
  match('a header and its lack', () => RouteMatch.header('x-user', text('qa')).also(RouteMatch.withoutHeader('x-user')),
    'ImpossibleMatch', 'match[0].withoutHeader(x-user)', '{"exact":"qa"}', 'one of the two'),
  match('a header and the lack of all such values', () => RouteMatch.header('x-user', text('qa')).also(RouteMatch.withoutHeader('x-user', StringMatch.prefix('q'))),
    'ImpossibleMatch', 'match[0].withoutHeader(x-user)', '{"exact":"qa"}', 'narrower'),
  match('a pattern for a path in any letters', () => RouteMatch.path(StringMatch.regex('/a.*'), { ignoreCase: true }), 'InvalidRegex', 'match[0].uri', '"/a.*"', '(?i)/a.*'),
  match('a path and a gRPC service at once', () => RouteMatch.path(text('/a')).also(RouteMatch.grpc('orders.v1.Orders')), 'DuplicateCondition', 'match[0]', '"uri"', 'alternatives'),
  match('a gRPC service with its method', () => RouteMatch.grpc('orders.v1.Orders/Get'), 'InvalidPath', 'match[0].grpc', '"orders.v1.Orders/Get"', '\'Get\''),
  match('a gRPC service with its slash', () => RouteMatch.grpc('/orders.v1.Orders'), 'InvalidPath', 'match[0].grpc', '"/orders.v1.Orders"', 'RouteMatch.grpc('),
  match('a gRPC service that is no name', () => RouteMatch.grpc('orders v1'), 'InvalidPath', 'match[0].grpc', '"orders v1"', '/orders.v1.Orders'),
  match('a gRPC method that is no name', () => RouteMatch.grpc('orders.v1.Orders', '*'), 'InvalidPath', 'match[0].grpc', '"/orders.v1.Orders/*"', '/orders.v1.Orders'),
  match('a gRPC method of no name', () => RouteMatch.grpc('orders.v1.Orders', ''), 'InvalidPath', 'match[0].grpc', '"/orders.v1.Orders/"', '/orders.v1.Orders'),
  match('a path in any letters that no gRPC call has', () => RouteMatch.path(text('/orders'), { ignoreCase: true }), 'InvalidPath', 'match[0].uri', '"/orders"', '/orders.v1.Orders',
    { ports: [MeshPort.grpc(50051)] }),
  ...([
    ['a query parameter', RouteMatch.queryParameterPresent('a'), RouteMatch.queryParameter('a', text('b')), '{"queryParams":{"a":{"exact":"b"}}}'],
    ['a path in any letters', RouteMatch.path(StringMatch.prefix('/a'), { ignoreCase: true }), RouteMatch.path(text('/A/b')), '{"uri":{"exact":"/A/b"}}'],
    ['an authority', RouteMatch.authority(StringMatch.prefix('b')), RouteMatch.authority(text('beta')), '{"authority":{"exact":"beta"}}'],
    ['the lack of a header', RouteMatch.withoutHeader('x-a', text('b')), RouteMatch.withoutHeader('x-a'), '{"withoutHeaders":{"x-a":{}}}'],
    ['a gRPC method', RouteMatch.grpc('a.B'), RouteMatch.grpc('a.B', 'C'), '{"uri":{"exact":"/a.B/C"}}'],
  ] as const).map(([which, earlier, later, received]) => unreachable(`a route by ${which} after one that takes it all`, earlier, later, received)),
  {
    mistake: 'a path in any letters that overlaps with the pattern of a call',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('old', { match: [RouteMatch.path(StringMatch.prefix('/ord'), { ignoreCase: true })], version: 'v1' });
      world.service('frontend').calls(orders, { paths: ['/{*}'], timeout: Duration.seconds(1) });
      world.synth();
    },
    code: 'UnresolvedOverlap',
    path: 'shop/orders',
    property: 'route old',
    received: '[{"prefix":"/ord"},{"regex":"/[^/]+"}]',
    fix: ['header'],
  },
];

function match(
  mistake: string, value: () => RouteMatch, code: ErrorCode, property: string, received: string, fix: string, server: Partial<MeshServiceProps> = {},
): WrongInput {
  return {
    mistake,
    make: world => world.service('orders', server).addRoute('testers', { match: [value()], version: 'v1' }),
    code,
    path: 'shop/orders',
    property: `addRoute(testers).${property}`,
    received,
    fix: [fix],
  };
}
