import { Duration } from 'cdk8s';
import {
  CallChain, CallOptions, DirectResponse, EndUsers, ExistingWorkload, ExternalService, FaultInjection, GatewayServer, HeaderChanges, MeshGateway,
  MeshPort, MeshService, MeshServiceProps, Redirect, Retries, Rewrite, RouteMatch, RouteOptions, ServerCertificate, StringMatch, TokenIssuer,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const NONE = DirectResponse.of(200, { body: '[]', contentType: 'application/json' });
const LED = HeaderChanges.of({ response: { set: { Location: '/a' } } });
const OWN = 'orders.shop.svc.cluster.local';
const ADMIN = [RouteMatch.path(StringMatch.prefix('/admin/'))];
const TOKEN = EndUsers.required(TokenIssuer.of('https://login.example.com', { audiences: ['shop'] }));

export const wrongCallAnswers: WrongInput[] = [
  called('a call with two answers', { directResponse: NONE, redirect: Redirect.to({ path: '/b' }) }, 'InvalidRoute', '.directResponse', '["redirect","directResponse"]', 'a call for each'),
  called('an answer to connections', { directResponse: NONE }, 'NotHttp', '.directResponse', '"directResponse"', 'MeshPort.http()', { ports: [MeshPort.tcp(6379)] }),
  ...([
    ['timeout', { timeout: Duration.seconds(1) }], ['retries', { retries: Retries.none() }], ['rewrite', { rewrite: Rewrite.path('/a') }],
    ['faults', { faults: [FaultInjection.abort(503)] }], ['endUsers', { endUsers: TOKEN }],
  ] as [string, CallOptions][]).map(([property, options]) => (
    called(`${property} of what the client's proxy answers`, { ...options, directResponse: NONE }, 'InvalidRoute', `.${property}`, '"directResponse"', 'no server is asked'))),
  called('retries of what is sent elsewhere', { retries: Retries.upTo(2), paths: ['/a'], redirect: Redirect.to({ path: '/b' }) }, 'InvalidRoute', '.retries', '"redirect"', 'Leave out retries, for no server is asked, or leave out redirect.'),
  called('a chain of what the client\'s proxy answers', { chain: CallChain.ends(), directResponse: NONE }, 'IneffectiveChain', '.chain', '"directResponse"', 'Leave it out'),
  called('headers for a server that a call does not ask', { directResponse: NONE, headers: HeaderChanges.of({ request: { set: { 'x-a': '1' } } }) },
    'InvalidRoute', '.headers.request', '{"set":{"x-a":"1"}}', 'the answer alone'),
  called('a type of a stub that is said twice', { directResponse: NONE, headers: HeaderChanges.of({ response: { remove: ['content-type'] } }) },
    'InvalidHeader', '.headers.response', '"content-type"', 'one of the two'),
  called('a stub of a status that is none', { directResponse: DirectResponse.of(99) }, 'InvalidResponse', '.directResponse.status', '99', 'such as 503'),
  called('a stub of gRPC calls that looks like success', { directResponse: DirectResponse.of(200) }, 'InvalidResponse', '.directResponse.status', '200', '503 for UNAVAILABLE',
    { ports: [MeshPort.grpc(50051)] }),
  called('a stub of a page\'s gRPC calls that looks like success', { methods: ['POST'], directResponse: DirectResponse.of(200) }, 'InvalidResponse', '.directResponse.status', '200',
    'a service of its own', { ports: [MeshPort.grpcWeb(8080)] }),
  called('a redirect by its status alone', { directResponse: DirectResponse.of(308) }, 'InvalidResponse', '.directResponse.status', '308', 'Redirect.to('),
  called('a redirect of a call to the same', { paths: ['/a/*'], redirect: Redirect.to({ path: '/a/b' }) }, 'InvalidRedirect', '.redirect', '"/a/b"', 'does not match'),
  called('a redirect of all that a client asks', { redirect: Redirect.to({ path: '/b' }) }, 'InvalidRedirect', '.redirect', '"/b"', 'does not match'),
  called('a redirect of gRPC calls', { redirect: Redirect.to({ host: 'new.example.com' }) }, 'InvalidRedirect', '.redirect', '{"authority":"new.example.com"}', 'rewrite the path',
    { ports: [MeshPort.grpc(50051)] }),
  synthesized('a redirect of a call to the server\'s own name', (world, orders) => {
    world.service('frontend').calls(orders, { paths: ['/a'], redirect: Redirect.to({ host: OWN, port: 8080 }) });
  }, 'InvalidRedirect', 'shop/orders', 'route default.frontend.redirect', `["http://${OWN}:8080/a"]`, 'Lead out'),
  {
    mistake: 'a redirect of a call to the outside\'s own name',
    make: (world) => {
      const pay = new ExternalService(world.shop, 'pay', { host: 'pay.example.com', ports: [MeshPort.http(80)] });
      world.service('frontend').calls(pay, { paths: ['/a/*'], redirect: Redirect.to({ host: 'pay.example.com', path: '/a/b' }) });
      world.synth();
    },
    code: 'InvalidRedirect',
    path: 'shop/pay',
    property: 'route default.frontend.redirect',
    received: '["http://pay.example.com:80/a/b"]',
    fix: ['Lead out'],
  },
  circle('a redirect to the service\'s own name', { some: { match: ADMIN, redirect: Redirect.to({ host: OWN, port: 8080 }) } }, `["http://${OWN}:8080/admin/*"]`),
  circle('a redirect to a path below, by the service\'s own name', { some: { match: ADMIN, redirect: Redirect.to({ host: OWN, path: '/admin/a', port: 8080 }) } }, `["http://${OWN}:8080/admin/a"]`),
  circle('a redirect to the port itself', { some: { match: ADMIN, redirect: Redirect.to({ port: 8080 }) } }, `["http://${OWN}:8080/admin/*"]`),
  circle('two redirects to each other', {
    some: { match: [RouteMatch.path(StringMatch.exactly('/a'))], redirect: Redirect.to({ path: '/b' }) },
    other: { match: [RouteMatch.path(StringMatch.exactly('/b'))], redirect: Redirect.to({ path: '/a' }) },
  }, `["http://${OWN}:8080/a","http://${OWN}:8080/b"]`),
  synthesized('two redirects of two services to each other', (world, orders) => {
    const cart = world.service('cart');
    const frontend = world.service('frontend');
    frontend.calls(orders, { paths: ['/a'], redirect: Redirect.to({ host: 'cart.shop', port: 8080, path: '/b' }) });
    frontend.calls(cart, { paths: ['/b'], redirect: Redirect.to({ host: OWN, port: 8080, path: '/a' }) });
  }, 'InvalidRedirect', 'shop/orders', 'route default.frontend.redirect', `["http://cart.shop:8080/b","http://${OWN}:8080/a"]`, 'Lead out'),
  synthesized('two redirects of two services\' routes to each other', (world, orders) => {
    const cart = world.service('cart');
    orders.addRoute('some', { match: ADMIN, redirect: Redirect.to({ host: 'cart.shop.svc.cluster.local', port: 8080 }) });
    cart.addRoute('back', { match: ADMIN, redirect: Redirect.to({ host: OWN, port: 8080 }) });
  }, 'InvalidRedirect', 'shop/orders', 'route some.redirect', `["http://cart.shop.svc.cluster.local:8080/admin/*","http://${OWN}:8080/admin/*"]`, 'Lead out'),
  synthesized('a redirect of a call to the outside\'s alias', (world) => {
    const books = new ExternalService(world.shop, 'books', { host: 'books.example.com', ports: [MeshPort.http(80)], alias: 'library' });
    world.service('frontend').calls(books, { paths: ['/a'], redirect: Redirect.to({ host: 'library.shop.svc.cluster.local' }) });
  }, 'InvalidRedirect', 'shop/books', 'route default.frontend.redirect', '["http://library.shop.svc.cluster.local:80/a"]', 'Lead out'),
  synthesized('two redirects of what is outside to each other', (world) => {
    const [books, music] = ['books', 'music'].map(name => new ExternalService(world.shop, name, { host: `${name}.example.com`, ports: [MeshPort.http(80)] }));
    const frontend = world.service('frontend');
    frontend.calls(books, { paths: ['/a'], redirect: Redirect.to({ host: 'music.example.com' }) });
    frontend.calls(music, { paths: ['/a'], redirect: Redirect.to({ host: 'books.example.com' }) });
  }, 'InvalidRedirect', 'shop/books', 'route default.frontend.redirect', '["http://music.example.com:80/a","http://books.example.com:80/a"]', 'Lead out'),
  synthesized('a redirect to HTTPS, where it is HTTPS already', (world, orders) => {
    orders.addRoute('some', { match: ADMIN, redirect: Redirect.to({ scheme: 'https' }) });
    exposed(world, orders);
  }, 'InvalidRedirect', 'shop/edge', 'exposes(orders)', '["https://shop.example.com:443/admin/*"]', 'RouteMatch.scheme()'),
  synthesized('a redirect to the name under which it is exposed', (world, orders) => {
    orders.addRoute('some', { match: ADMIN, redirect: Redirect.to({ host: 'shop.example.com', path: '/admin/login' }) });
    exposed(world, orders);
  }, 'InvalidRedirect', 'shop/edge', 'exposes(orders)', '["https://shop.example.com:443/admin/login"]', 'another host or path'),
  ...([['directResponse', { directResponse: DirectResponse.of(200) }, '{"status":200}'], ['redirect', { paths: ['/a'], redirect: Redirect.to({ path: '/b' }) }, '{"uri":"/b"}']] as const)
    .map(([property, call, received]): WrongInput => ({
      mistake: `${property} of a call to what another app routes`,
      make: (world) => {
        const cart = new ExistingWorkload(world.shop, 'cart', { namespace: 'cart', serviceAccount: 'cart', service: 'cart', ports: [MeshPort.http(8080)] });
        world.service('frontend').calls(cart, { ...call, paths: 'paths' in call ? [...call.paths] : undefined });
      },
      code: 'NotOurs',
      path: 'shop/frontend',
      property: `calls(cart).${property}`,
      received,
      fix: ['Leave it out'],
    })),
  synthesized('a header of an answer that a route and a call change', (world, orders) => {
    orders.addRoute('gone', { match: ADMIN, directResponse: DirectResponse.of(410), headers: HeaderChanges.of({ response: { set: { 'x-a': '1' } } }) });
    world.service('frontend').calls(orders, { headers: HeaderChanges.of({ response: { set: { 'x-a': '2' } } }) });
  }, 'TreatedTwice', 'shop/orders', 'route gone', '"header x-a"', 'one of the two places'),
  called('where a call\'s client is sent, as a header', { paths: ['/a'], redirect: Redirect.to({ path: '/b' }), headers: LED }, 'InvalidHeader', '.headers.response', '"location"', 'redirect: Redirect.to('),
  called('where a call\'s client is sent, as a header of a direct response', { directResponse: DirectResponse.of(300), headers: LED },
    'InvalidHeader', '.headers.response', '"location"', 'redirect: Redirect.to('),
  synthesized('where a route sends clients, as a header of a call', (world, orders) => {
    orders.addRoute('moved', { match: ADMIN, redirect: Redirect.to({ path: '/b' }) });
    world.service('frontend').calls(orders, { headers: LED });
  }, 'TreatedTwice', 'shop/orders', 'route moved', '"header location"', 'one of the two places'),
  synthesized('where a call sends its client, as a header of a route', (world, orders) => {
    orders.addRoute('moved', { match: ADMIN, headers: LED });
    world.service('frontend').calls(orders, { paths: ['/admin/a'], redirect: Redirect.to({ path: '/b' }) });
  }, 'TreatedTwice', 'shop/orders', 'route moved', '"header location"', 'one of the two places'),
  synthesized('where a route sends clients, as a header of an exposure', (world, orders) => {
    orders.addRoute('moved', { match: ADMIN, redirect: Redirect.to({ path: '/b' }) });
    exposed(world, orders, LED);
  }, 'TreatedTwice', 'shop/edge', 'exposes(orders)', '"header location"', 'one of the two places'),
];

function exposed(world: World, orders: MeshService, headers?: HeaderChanges): void {
  const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.https(['shop.example.com'], { certificate: ServerCertificate.fromSecret('shop') })] });
  edge.exposes(orders, { hosts: ['shop.example.com'], headers });
}

function called(
  mistake: string, call: CallOptions, code: ErrorCode, property: string, received: string, fix: string, server: Partial<MeshServiceProps> = {},
): WrongInput {
  const make = (world: World) => world.service('frontend').calls(world.service('orders', server), call);
  return { mistake, make, code, path: 'shop/frontend', property: `calls(orders)${property}`, received, fix: [fix] };
}

function circle(mistake: string, routes: { [name: string]: RouteOptions }, received: string): WrongInput {
  return synthesized(mistake, (_, orders) => Object.entries(routes).forEach(([name, options]) => orders.addRoute(name, options)),
    'InvalidRedirect', 'shop/orders', 'route some.redirect', received, 'Lead out');
}

function synthesized(
  mistake: string, describe: (world: World, orders: MeshService) => void,
  code: ErrorCode, path: string, property: string, received: string, fix: string,
): WrongInput {
  const make = (world: World) => {
    describe(world, world.service('orders'));
    world.synth();
  };
  return { mistake, make, code, path, property, received, fix: [fix] };
}
