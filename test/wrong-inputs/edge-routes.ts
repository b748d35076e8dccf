import { Duration } from 'cdk8s';
import {
  CorsOptions, CorsPolicy, EndUsers, ExposureOptions, GatewayServer, HeaderChanges, HeaderChangesOptions, MeshGateway, MeshPort, MeshServiceProps,
  Redirect, RedirectOptions, Rewrite, RouteMatch, ServerCertificate, StringMatch, TokenIssuer,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HOST = 'shop.example.com';
const WWW = 'www.example.com';
const ORIGIN = StringMatch.exactly(`https://${HOST}`);
const CORS = CorsPolicy.allow({ origins: [ORIGIN] });

/** What a gateway does to what passes it. */
export const wrongEdgeRoutes: WrongInput[] = [
  rewrite('a prefix that takes the place of an exact path', Rewrite.prefix('/'), ['/orders'], 'InvalidRewrite', 'prefix', '"/orders"', 'Rewrite.path()'),
  rewrite('a prefix that takes the place of half a segment', Rewrite.prefix('/'), ['/orders*'], 'InvalidRewrite', 'prefix', '"/orders*"', '/api/orders/*'),
  rewrite('a prefix that takes the place of a template', Rewrite.prefix('/'), ['/orders/{*}'], 'InvalidRewrite', 'prefix', '"/orders/{*}"', 'Rewrite.regex()'),
  rewrite('a prefix that takes its own place', Rewrite.prefix('/orders/'), ['/orders/*'], 'InvalidRewrite', 'prefix', '"/orders/"', 'change nothing'),
  rewrite('a prefix of nothing before all paths', Rewrite.prefix('/'), undefined, 'InvalidRewrite', 'prefix', '"/"', 'change nothing'),
  rewrite('a prefix without a slash', Rewrite.prefix('v2'), ['/orders/*'], 'InvalidPath', 'prefix', '"v2"', 'as it stands'),
  rewrite('a prefix with a wildcard', Rewrite.prefix('/v2/*'), ['/orders/*'], 'InvalidPath', 'prefix', '"/v2/*"', 'Rewrite.regex()'),
  rewrite('a rewritten path with a query', Rewrite.path('/orders?a=b'), ['/orders'], 'InvalidPath', 'path', '"/orders?a=b"', 'leave out'),
  rewrite('a rewritten path that is the one that is asked for', Rewrite.path('/orders'), ['/orders'], 'InvalidRewrite', 'path', '"/orders"', 'change nothing'),
  rewrite('a rewrite by a pattern that is none of RE2', Rewrite.regex('^/(?=a)', '/', ['/*']), ['/a/*'], 'InvalidRegex', 'regex.pattern', '"^/(?=a)"', 'RE2'),
  rewrite('a substitution by a group that the pattern has not', Rewrite.regex('^/a/(.*)', '/\\2', ['/*']), ['/a/*'], 'InvalidRewrite', 'regex.substitution', '"/\\\\2"', '\\1 is'),
  rewrite('a substitution by a group in another syntax', Rewrite.regex('^/a/(.*)', '/$1', ['/*']), ['/a/*'], 'InvalidRewrite', 'regex.substitution', '"/$1"', '\\1 is'),
  rewrite('a substitution that ends in a backslash', Rewrite.regex('^/a/(.*)', '/a\\', ['/*']), ['/a/*'], 'InvalidRewrite', 'regex.substitution', '"/a\\\\"', 'number of a group'),
  rewrite('a substitution of nothing', Rewrite.regex('/v1', '', ['/*']), ['/a/*'], 'InvalidRewrite', 'regex.substitution', '""', 'put it back'),
  rewrite('a substitution that begins without a slash', Rewrite.regex('^/a/', 'b/', ['/*']), ['/a/*'], 'InvalidRewrite', 'regex.substitution', '"b/"', '/orders/'),
  rewrite('a rewrite by a pattern of which nothing may result', Rewrite.regex('^/a/', '/', []), ['/a/*'], 'EmptyList', 'regex.paths', '[]', '/orders/{*}'),
  rewrite('a rewrite of one path that does not result', Rewrite.regex('^/a/(.*)$', '/b/\\1', ['/c/*']), ['/a/x', '/b/y'], 'InvalidRewrite', 'regex.paths', '["/c/*"]', 'Name that path too'),
  rewrite('a rewrite that finds nothing in one path', Rewrite.regex('/v[0-9]+/', '/', ['/*']), ['/a/x'], 'InvalidRewrite', 'regex.pattern', '"/v[0-9]+/"', 'nothing of /a/x'),
  rewrite('a rewrite of paths that begin otherwise', Rewrite.regex('^/v1/(.*)', '/\\1', ['/*']), ['/a/*', '/b'], 'InvalidRewrite', 'regex.pattern', '"^/v1/(.*)"', 'begins with /v1/'),
  rewrite('a rewrite by a pattern of which no path results', Rewrite.regex('^/a/', '/', ['/b?c']), ['/a/*'], 'InvalidPath', 'regex.paths[0]', '"/b?c"', 'leave out'),
  rewrite('two rewrites of one path', Rewrite.prefix('/').also(Rewrite.path('/a')), ['/a/*'], 'InvalidRewrite', '', '["prefix","path"]', 'one of'),
  rewrite('two rewrites of the name', Rewrite.authority('a.example.com').also(Rewrite.authority('b.example.com')), ['/a'], 'InvalidRewrite', '', '["authority","authority"]', 'one of authority()'),
  rewrite('a rewritten name with a scheme', Rewrite.authority('https://a.example.com'), ['/a'], 'InvalidHost', 'authority', '"https"', 'no scheme'),
  rewrite('a rewritten name with a port that is none', Rewrite.authority('a.example.com:http'), ['/a'], 'InvalidPort', 'authority', 'NaN', 'host:port'),
  {
    ...rewrite('a rewritten path that is none of gRPC', Rewrite.prefix('/v1/api'), ['/orders.v1.Orders/*'], 'InvalidPath', '', '"/v1/api/*"', '/orders.v1.Orders/Get'),
    make: world => exposing(world, { paths: ['/orders.v1.Orders/*'], rewrite: Rewrite.prefix('/v1/api') }, { ports: [MeshPort.grpc(8080)] }),
  },
  {
    ...rewrite('a rewrite before a route by a path', Rewrite.prefix('/'), ['/api/*'], 'UnresolvedOverlap', '', '[{"prefix":"/old/"}]', 'by a header'),
    make: (world) => {
      const orders = exposing(world, { paths: ['/api/*'], rewrite: Rewrite.prefix('/') });
      orders.addRoute('old', { match: [RouteMatch.path(StringMatch.prefix('/old/'))], version: 'v1' });
      world.synth();
    },
  },

  {
    ...rewrite('a rewrite of connections', Rewrite.path('/'), undefined, 'NotHttp', '', '"a Rewrite"', 'MeshPort.http()'),
    make: world => exposing(world, { rewrite: Rewrite.path('/') }, { ports: [MeshPort.tcp(5432)] }),
  },

  cors('a policy for no origin', { origins: [] }, 'EmptyList', 'origins', '[]', 'https://shop.example.com'),
  cors('an origin with a path', { origins: [StringMatch.exactly(`https://${HOST}/`)] }, 'InvalidCors', 'origins[0]', `"https://${HOST}/"`, 'no slash at the end'),
  cors('an origin without a scheme', { origins: [StringMatch.exactly(HOST)] }, 'InvalidCors', 'origins[0]', `"${HOST}"`, 'scheme'),
  cors('an origin in capitals', { origins: [StringMatch.exactly('https://Shop.example.com')] }, 'InvalidCors', 'origins[0]', '"https://Shop.example.com"', 'small letters'),
  cors('an origin of no host', { origins: [StringMatch.exactly('null')] }, 'InvalidCors', 'origins[0]', '"null"', 'scheme'),
  cors('an origin with the scheme\'s port', { origins: [StringMatch.exactly(`https://${HOST}:443`)] }, 'InvalidCors', 'origins[0]', `"https://${HOST}:443"`, 'without it'),
  cors('an origin that may go on', { origins: [StringMatch.prefix(`https://${HOST}`)] }, 'InvalidCors', 'origins[0]', `"https://${HOST}"`, 'attacker.example'),
  cors('a pattern that takes any origin', { origins: [StringMatch.regex('https://.*')] }, 'InvalidCors', 'origins[0]', '"https://.*"', 'StringMatch.exactly(\'*\')'),
  cors('a pattern that lets Envoy take any origin', { origins: [StringMatch.regex('\\*|https://shop\\.example\\.com')] }, 'InvalidCors', 'origins[0]', '"\\\\*|https://shop\\\\.example\\\\.com"', 'Write the hosts'),
  cors('a pattern with dots that are any character', { origins: [StringMatch.regex('https://.*\\.example.com')] }, 'InvalidCors', 'origins[0]', '"https://.*\\\\.example.com"', 'for the dot'),
  cors('a pattern that takes pages of files', { origins: [StringMatch.regex('null|https://shop\\.example\\.com')] }, 'InvalidCors', 'origins[0]', '"null|https://shop\\\\.example\\\\.com"', 'Write the hosts'),
  cors('a pattern with a dot after a capital', { origins: [StringMatch.regex('(?i)https://SHOP.EXAMPLE\\.COM')] }, 'InvalidCors', 'origins[0]', '"(?i)https://SHOP.EXAMPLE\\\\.COM"', 'for the dot'),
  cors('everybody with the user\'s cookies', { origins: [StringMatch.exactly('*')], credentials: true }, 'InvalidCors', 'origins[0]', '"*"', 'Name the origins'),
  cors('everybody and somebody', { origins: [ORIGIN, StringMatch.exactly('*')] }, 'InvalidCors', 'origins[1]', '"*"', 'Leave the others out'),
  cors('an origin twice', { origins: [ORIGIN, StringMatch.exactly(`https://${HOST}`)] }, 'InvalidCors', 'origins[1]', `{"exact":"https://${HOST}"}`, 'once'),
  cors('pages\' methods of none', { origins: [ORIGIN], methods: [] }, 'EmptyList', 'methods', '[]', 'all methods'),
  cors('pages\' methods in small letters', { origins: [ORIGIN], methods: ['get'] }, 'InvalidMethod', 'methods[0]', '"get"', 'GET'),
  cors('pages\' methods twice', { origins: [ORIGIN], methods: ['GET', 'GET'] }, 'InvalidCors', 'methods[1]', '"GET"', 'once'),
  cors('a method for pages that is not exposed', { origins: [ORIGIN], methods: ['GET', 'DELETE'] }, 'InvalidCors', 'methods[1]', '"DELETE"', 'GET, PUT'),
  cors('pages\' headers of none', { origins: [ORIGIN], headers: [] }, 'EmptyList', 'headers', '[]', 'name a header'),
  cors('a header of pages with a colon', { origins: [ORIGIN], headers: ['x-user:'] }, 'InvalidHeader', 'headers[0]', '"x-user:"', 'no colon'),
  cors('a header of pages twice', { origins: [ORIGIN], headers: ['x-user', 'X-User'] }, 'InvalidCors', 'headers[1]', '"x-user"', 'letter case'),
  cors('any header of pages, and one', { origins: [ORIGIN], headers: ['*', 'x-user'] }, 'InvalidCors', 'headers', '["*","x-user"]', 'alone'),
  cors('all headers to be read with the user\'s cookies', { origins: [ORIGIN], exposeHeaders: ['*'], credentials: true }, 'InvalidCors', 'exposeHeaders[0]', '"*"', 'Name the headers'),
  cors('a policy that holds for half a second', { origins: [ORIGIN], maxAge: Duration.millis(500) }, 'InvalidCors', 'maxAge', '"500ms"', 'Duration.hours(1)'),
  cors('a policy that holds for a day and a second', { origins: [ORIGIN], maxAge: Duration.seconds(86401) }, 'InvalidCors', 'maxAge', '"86401s"', 'a day'),
  cors('a policy that holds for two days', { origins: [ORIGIN], maxAge: Duration.days(2) }, 'InvalidCors', 'maxAge', '"172800s"', 'a day'),
  cors('a policy that holds for no time', { origins: [ORIGIN], maxAge: Duration.seconds(0) }, 'InvalidDuration', 'maxAge', '"0ms"', 'positive'),
  {
    ...cors('a token before what browsers ask without one', { origins: [ORIGIN] }, 'InvalidCors', '', 'undefined', 'Name the methods'),
    make: world => exposing(world, { cors: CORS, endUsers: EndUsers.required(TokenIssuer.of('https://accounts.example.com', { audiences: ['shop'] })) }),
    property: 'exposes(orders).cors',
  },
  {
    ...cors('pages that speak gRPC', { origins: [ORIGIN] }, 'InvalidCors', '', '"grpc"', 'MeshPort.grpcWeb()'),
    make: world => exposing(world, { cors: CORS }, { ports: [MeshPort.grpc(8080)] }),
    property: 'exposes(orders).cors',
  },
  {
    mistake: 'a service that pages may ask by the consent of another',
    make: (world) => {
      const edge = edgeIn(world);
      edge.exposes(world.service('frontend'), { hosts: [HOST], cors: CORS });
      edge.exposes(world.service('orders'), { hosts: [HOST], methods: ['PUT'], paths: ['/orders/*'] });
      world.synth();
    },
    code: 'UnansweredPreflight',
    path: 'shop/edge',
    property: 'exposes(orders).cors',
    received: '["PUT"]',
    fix: ['CorsPolicy of its own', 'shop/frontend'],
  },
  {
    mistake: 'OPTIONS of a service beside another\'s policy',
    make: (world) => {
      const edge = edgeIn(world);
      edge.exposes(world.service('cart'), { hosts: [HOST], methods: ['GET'], paths: ['/a/*'], cors: CORS });
      edge.exposes(world.service('orders'), { hosts: [HOST], methods: ['OPTIONS'], paths: ['/a/*'] });
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(orders)',
    received: '["/a/*"]',
    fix: ['paths of its own'],
  },
  {
    mistake: 'OPTIONS beside a policy of the same service',
    make: (world) => {
      const edge = edgeIn(world);
      const orders = world.service('orders');
      edge.exposes(orders, { hosts: [HOST], methods: ['POST'], cors: CORS });
      edge.exposes(orders, { hosts: [HOST], methods: ['OPTIONS'] });
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(orders).methods',
    received: '["OPTIONS"]',
    fix: ['Leave OPTIONS out'],
  },

  headers('changes of nothing', {}, '', '{}', 'request or response'),
  headers('changes of no header', { request: { set: {} } }, 'request', '{"set":{}}', 'set, add or remove'),
  headers('a header that is no name', { request: { set: { 'x user': 'a' } } }, 'request.set', '"x user"', 'name alone'),
  headers('a header that is set and removed', { response: { set: { 'X-A': 'a' }, remove: ['x-a'] } }, 'response.remove[0]', '"x-a"', 'takes the place'),
  headers('the name that is asked for as a header', { request: { set: { Host: 'a.example.com' } } }, 'request.set', '"Host"', 'Rewrite.authority()'),
  headers('the authority as a header', { request: { set: { ':authority': 'a.example.com' } } }, 'request.set', '":authority"', 'Rewrite.authority()'),
  headers('the path as a header', { request: { set: { ':path': '/' } } }, 'request.set', '":path"', 'Rewrite.path()'),
  headers('the status as a header', { response: { set: { ':status': '200' } } }, 'response.set', '":status"', 'no colon'),
  headers('a made-up identity of the caller', { request: { set: { 'X-Forwarded-Client-Cert': 'URI=spiffe://a' } } }, 'request.set', '"X-Forwarded-Client-Cert"', 'of your own'),
  headers('a made-up address of the client', { request: { add: { 'x-forwarded-for': '10.0.0.1' } } }, 'request.add', '"x-forwarded-for"', 'who connected'),
  headers('a made-up address of the client, in another header', { request: { set: { 'X-Real-IP': '10.0.0.1' } } }, 'request.set', '"X-Real-IP"', 'who connected'),
  headers('a header of the connection to a proxy', { request: { set: { 'proxy-connection': 'close' } } }, 'request.set', '"proxy-connection"', 'connection that it has'),
  headers('a header of no name in a value', { request: { set: { 'x-a': '%REQ(x user)%' } } }, 'request.set.x-a', '"%REQ(x user)%"', '%REQ(x-user)%'),
  headers('a header of a character that is deleted', { request: { set: { 'x-a': 'a\u007f' } } }, 'request.set.x-a', '"a\u007f"', 'one line'),
  headers('a header for the proxy', { request: { set: { 'x-envoy-upstream-rq-timeout-ms': '1' } } }, 'request.set', '"x-envoy-upstream-rq-timeout-ms"', 'properties of their own'),
  headers('a header of the connection', { request: { remove: ['Connection'] } }, 'request.remove[0]', '"Connection"', 'connection that it has'),
  headers('a policy for pages as a header', { response: { set: { 'access-control-allow-origin': '*' } } }, 'response.set', '"access-control-allow-origin"', 'CorsPolicy.allow()'),
  headers('the server\'s name', { response: { remove: ['server'] } }, 'response.remove[0]', '"server"', 'no effect'),
  headers('a header of no value', { request: { set: { 'x-a': '' } } }, 'request.set.x-a', '""', 'remove'),
  headers('a header of two lines', { request: { set: { 'x-a': 'a\nb' } } }, 'request.set.x-a', '"a\\nb"', 'one line'),
  headers('a header of letters that are none of ASCII', { request: { set: { 'x-a': 'ü' } } }, 'request.set.x-a', '"ü"', 'encode'),
  headers('a percent sign in a header', { request: { set: { 'x-a': '100%' } } }, 'request.set.x-a', '"100%"', '%%'),
  headers('a word that Envoy does not know', { request: { set: { 'x-a': '%USER%' } } }, 'request.set.x-a', '"%USER%"', '%START_TIME%'),
  { ...headers('a header of a value that is not set', { request: { set: { 'x-a': 'team-undefined' } } }, 'request.set.x-a', '"team-undefined"', 'was empty'), code: 'UnsetValue' },

  redirect('a redirect to nowhere', {}, 'InvalidRedirect', '', '{}', 'host, path, scheme or port'),
  redirect('a redirect by a code that is none', { host: HOST, code: 304 }, 'InvalidRedirect', 'code', '304', '308'),
  redirect('a redirect to another scheme', { scheme: 'wss' }, 'InvalidRedirect', 'scheme', '"wss"', 'https'),
  redirect('a redirect to a host with a port', { host: `${HOST}:8080` }, 'InvalidHost', 'host', `"${HOST}:8080"`, 'port'),
  redirect('a redirect to port 0', { port: 0 }, 'InvalidPort', 'port', '0', 'connect'),
  redirect('a redirect to a wildcard of paths', { path: '/new/*' }, 'InvalidPath', 'path', '"/new/*"', 'one path'),
  redirecting('a redirect of no host', [], { host: HOST }, undefined, 'EmptyList', 'hosts', '[]', 'clients ask for'),
  redirecting('a redirect of a host that no server has', ['api.example.com'], { host: HOST }, undefined, 'UnexposedHost', 'hosts[0]', '"api.example.com"', WWW),
  redirecting('a redirect of no paths', [WWW], { host: HOST }, [], 'EmptyList', 'paths', '[]', 'all paths'),
  redirecting('a redirect of a path in another syntax', [WWW], { host: HOST }, ['/a/:id'], 'InvalidPath', 'paths[0]', '"/a/:id"', '{*}'),
  redirecting('two redirects of one path', [WWW], { host: HOST }, ['/a', '/a'], 'AmbiguousExposure', 'paths', '"/a"', 'paths of its own'),
  redirecting('a redirect to itself', [WWW], { host: WWW, code: 302 }, undefined, 'InvalidRedirect', '', `["http://${WWW}:80/","http://${WWW}:80/"]`, 'Lead out'),
  redirecting('a redirect to a path that it redirects', [WWW], { path: '/new/index' }, ['/new/*'], 'InvalidRedirect', '', `["http://${WWW}:80/new/index","http://${WWW}:80/new/index"]`, 'another host or path'),
  ...['www.', 'w.', '*.w.'].map((name): WrongInput => ({
    ...redirecting(`a redirect of ${name}example.com to itself beside one of all hosts of its domain`, [WWW], { host: WWW }, undefined, 'InvalidRedirect', '', '', 'Lead out'),
    make: (world) => {
      const servers = [GatewayServer.http(['*.example.com'])];
      const edge = new MeshGateway(world.shop, 'edge', { servers });
      edge.redirects(['*.example.com'], Redirect.to({ host: 'elsewhere.example.org' }));
      edge.redirects([`${name}example.com`], Redirect.to({ host: `${name.replace('*', 'x')}example.com`, code: 302 }));
      world.synth();
    },
    property: `redirects(${name}example.com)`,
    received: JSON.stringify(Array.from({ length: 2 }, () => `http://${name.replace('*', 'x')}example.com:80/`)),
  })),
  redirecting('a redirect to HTTPS of what comes by HTTPS, too', [HOST], { scheme: 'https' }, undefined, 'InvalidRedirect', '', `["https://${HOST}:443/","https://${HOST}:443/"]`, 'Lead out'),
  {
    ...redirecting('a redirect of what a service has', [HOST], { host: WWW }, ['/a/*'], 'AmbiguousExposure', '', '"/a/*"', 'paths of its own'),
    make: (world) => {
      const edge = edgeIn(world);
      edge.exposes(world.service('orders'), { hosts: [HOST], paths: ['/a/b'] });
      edge.redirects([HOST], Redirect.to({ host: WWW }), { paths: ['/a/*'] });
      world.synth();
    },
  },
  {
    ...redirecting('a redirect of the rest that a service has', [HOST], { host: WWW }, undefined, 'AmbiguousExposure', '', '"*"', 'all the rest'),
    make: (world) => {
      const edge = edgeIn(world);
      edge.exposes(world.service('orders'), { hosts: [HOST] });
      edge.redirects([HOST], Redirect.to({ host: WWW }));
      world.synth();
    },
  },
];

function edgeIn(world: World): MeshGateway {
  return new MeshGateway(world.shop, 'edge', {
    servers: [GatewayServer.http([HOST, WWW]), GatewayServer.https([HOST], { certificate: ServerCertificate.fromSecret('shop-tls') })],
  });
}

function exposing(world: World, options: Partial<ExposureOptions>, props: Partial<MeshServiceProps> = {}) {
  const orders = world.service('orders', props);
  edgeIn(world).exposes(orders, { hosts: [HOST], ...options });
  return orders;
}

function exposure(mistake: string, options: Partial<ExposureOptions>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => exposing(world, options), code, path: 'shop/edge', property: ['exposes(orders)', property].filter(Boolean).join('.'), received, fix: [fix] };
}

function rewrite(
  mistake: string, given: Rewrite, paths: string[] | undefined, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return exposure(mistake, { paths, rewrite: given }, code, ['rewrite', property].filter(Boolean).join('.'), received, fix);
}

function cors(mistake: string, options: CorsOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return exposure(mistake, { methods: ['GET', 'PUT'], cors: CorsPolicy.allow(options) }, code, `cors.${property}`, received, fix);
}

function headers(mistake: string, options: HeaderChangesOptions, property: string, received: string, fix: string): WrongInput {
  return exposure(mistake, { headers: HeaderChanges.of(options) }, 'InvalidHeader', ['headers', property].filter(Boolean).join('.'), received, fix);
}

function redirecting(
  mistake: string, hosts: string[], options: RedirectOptions, paths: string[] | undefined, code: ErrorCode, property: string,
  received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: (world) => {
      edgeIn(world).redirects(hosts, Redirect.to(options), { paths });
      world.synth();
    },
    code,
    path: 'shop/edge',
    property: [`redirects(${hosts.join(', ')})`, property].filter(Boolean).join('.'),
    received,
    fix: [fix],
  };
}

function redirect(mistake: string, options: RedirectOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return redirecting(mistake, [WWW], options, undefined, code, ['redirect', property].filter(Boolean).join('.'), received, fix);
}
