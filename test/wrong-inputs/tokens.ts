import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  EndUsers, ExistingGateway, ExistingWorkload, ExposureOptions, ExternalService, ExternalTrafficPolicy, GatewayServer, HeaderChanges, MeshGateway,
  MeshGatewayProps, MeshPort,
  Redirect, RequiredEndUsersOptions, Rewrite, RouteMatch, ServerCertificate, StringMatch, TokenIssuer, TokenIssuerOptions, TokenLocation,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HOST = 'shop.example.com';
const ISSUER = 'https://accounts.example.com';
const accounts = TokenIssuer.of(ISSUER, { audiences: ['shop'] });
const required = EndUsers.required(accounts);
const PUBLIC = { kty: 'RSA', n: 'abc', e: 'AQAB' };

/** Who may come in: end users' tokens, and addresses. */
export const wrongTokens: WrongInput[] = [
  issuer('an issuer that is a wildcard', '*', {}, 'InvalidToken', 'issuer', '"*"', 'to the letter'),
  issuer('an issuer made of a value that is not set', 'https://undefined', {}, 'UnsetValue', 'issuer', '"https://undefined"', 'empty'),
  issuer('an issuer without an address of its keys', 'accounts', {}, 'MissingProperty', 'jwksUri', '"accounts"', 'withKeys()'),
  issuer('keys that anybody on the way could replace', ISSUER, { jwksUri: 'http://accounts.example.com/keys' }, 'InvalidUrl', 'jwksUri', '"http://accounts.example.com/keys"', 'https://'),
  issuer('keys at a name that only begins like a Service\'s', ISSUER, { jwksUri: 'http://keys.accounts.svcs.example.com/keys' }, 'InvalidUrl', 'jwksUri',
    '"http://keys.accounts.svcs.example.com/keys"', 'https://'),
  issuer('keys at no address', ISSUER, { jwksUri: 'accounts.example.com/keys' }, 'InvalidUrl', 'jwksUri', '"accounts.example.com/keys"', 'https://'),
  issuer('an issuer whose audience nobody says', ISSUER, { audiences: undefined }, 'InvalidToken', 'audiences', 'undefined', 'anyAudience: true'),
  issuer('audiences beside any', ISSUER, { anyAudience: true }, 'InvalidToken', 'audiences', '["shop"]', 'Leave one'),
  issuer('no audiences', ISSUER, { audiences: [] }, 'EmptyList', 'audiences', '[]', 'those that are meant'),
  issuer('an audience by wildcard', ISSUER, { audiences: ['shop', 'shop-*'] }, 'InvalidToken', 'audiences[1]', '"shop-*"', 'no wildcards'),
  issuer('an audience twice', ISSUER, { audiences: ['shop', 'shop'] }, 'InvalidToken', 'audiences[1]', '"shop"', 'once'),
  issuer('a claim that is a URL as a header', ISSUER, { claimToHeaders: { 'https://example.com/roles': 'x-roles' } }, 'InvalidToken', 'claimToHeaders.https://example.com/roles',
    '"https://example.com/roles"', 'plain name'),
  issuer('a claim as a header that proxies go by', ISSUER, { claimToHeaders: { sub: 'X-Forwarded-For' } }, 'InvalidHeader', 'claimToHeaders.sub', '"X-Forwarded-For"', 'x-user'),
  issuer('a claim as a header with a colon', ISSUER, { claimToHeaders: { sub: 'x-user:' } }, 'InvalidHeader', 'claimToHeaders.sub', '"x-user:"', 'x-user'),
  issuer('two claims as one header', ISSUER, { claimToHeaders: { sub: 'x-user', email: 'X-User' } }, 'InvalidHeader', 'claimToHeaders[1]', '"x-user"', 'of its own'),
  ...[{ set: { 'X-User': 'root' } }, { add: { 'x-user': '%REQ(x-other)%' } }, { remove: ['x-user'] }].map((request): WrongInput => ({
    mistake: `a claim's header that the route changes: ${Object.keys(request)[0]}`,
    make: world => new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http([HOST])] }).exposes(world.service('orders'), {
      hosts: [HOST],
      endUsers: EndUsers.optional(TokenIssuer.of(ISSUER, { audiences: ['shop'], claimToHeaders: { sub: 'X-User' } })),
      headers: HeaderChanges.of({ request }),
    }),
    code: 'InvalidHeader',
    path: 'shop/edge',
    property: 'exposes(orders).headers.request',
    received: '"x-user"',
    fix: ['claimToHeaders'],
  })),
  issuer('tokens nowhere', ISSUER, { from: [] }, 'EmptyList', 'from', '[]', 'Authorization'),
  issuer('tokens in a header of no name', ISSUER, { from: [TokenLocation.header('x token')] }, 'InvalidToken', 'from[0]', '"x token"', 'name alone'),
  issuer('tokens in a cookie of no name', ISSUER, { from: [TokenLocation.cookie('a=b')] }, 'InvalidToken', 'from[0]', '"a=b"', 'name alone'),
  issuer('tokens behind an empty prefix', ISSUER, { from: [TokenLocation.header('x-token', '')] }, 'InvalidToken', 'from[0]', '""', 'Leave it out'),
  issuer('a cookie that is taken away', ISSUER, { from: [TokenLocation.cookie('session')], forward: false }, 'InvalidToken', 'forward', 'false', 'Leave it out'),
  keys('keys that are no JSON', 'MIIBIjANBg', '"MIIBIjANBg"', '{"keys"'),
  keys('a set of no keys', '{"keys":[]}', '"{\\"keys\\":[]}"', '{"keys"'),
  keys('a secret that both sides know', '{"keys":[{"kty":"oct","k":"abc"}]}', '"oct"', 'could make one'),
  keys('a private key', JSON.stringify({ keys: [{ ...PUBLIC, d: 'abc' }] }), '"keys[0].d"', 'public half'),
  keys('half a key', JSON.stringify({ keys: [PUBLIC, { kty: 'RSA', n: 'abc' }] }), '["kty","n"]', 'n, e'),
  users('a claim of no values', { claims: { groups: [] } }, 'EmptyList', 'claims.groups', '[]', 'any'),
  users('a claim\'s name with a bracket', { claims: { 'groups]': ['a'] } }, 'InvalidToken', 'claims.groups]', '"groups]"', '[realm_access][roles]'),
  users('a claim\'s value with a wildcard within', { claims: { groups: ['a', 'b*c'] } }, 'InvalidToken', 'claims.groups[1]', '"b*c"', 'as it stands'),
  users('a claim\'s value of nothing', { claims: { groups: [''] } }, 'InvalidToken', 'claims.groups[0]', '""', 'as it stands'),
  users('an issuer twice', { alsoFrom: [TokenIssuer.of('https://b.example.com', { audiences: ['shop'] }), accounts] }, 'AmbiguousIssuer', 'alsoFrom[1]', `"${ISSUER}"`, 'once'),
  users('another issuer that is none', { alsoFrom: [TokenIssuer.of('a b', { audiences: ['shop'] })] }, 'InvalidToken', 'alsoFrom[0].issuer', '"a b"', 'to the letter'),
  exposed('an address of clients without a mask', [{ fromCidrs: ['203.0.113.7'] }], 'InvalidCidr', 'fromCidrs[0]', '"203.0.113.7"', '203.0.113.7/32', { trustedProxies: 1 }),
  exposed('every address', [{ fromCidrs: ['203.0.113.0/24', '0.0.0.0/0'] }], 'InvalidCidr', 'fromCidrs[1]', '"0.0.0.0/0"', 'Leave fromCidrs out', { trustedProxies: 1 }),
  exposed('every address of IPv6', [{ fromCidrs: ['::/0'] }], 'InvalidCidr', 'fromCidrs[0]', '"::/0"', 'Leave fromCidrs out', { trustedProxies: 1 }),
  exposed('no addresses', [{ fromCidrs: [] }], 'InvalidCidr', 'fromCidrs', '[]', 'Leave it out', { trustedProxies: 1 }),
  exposed('a block of addresses twice', [{ fromCidrs: ['203.0.113.0/24', '203.0.113.0/24'] }], 'InvalidCidr', 'fromCidrs[1]', '"203.0.113.0/24"', 'once', { trustedProxies: 1 }),
  exposed('addresses behind a load balancer that may hide them', [{ fromCidrs: ['203.0.113.0/24'] }], 'IneffectiveAddresses', 'fromCidrs', '["203.0.113.0/24"]', 'ExternalTrafficPolicy.LOCAL'),
  exposed('addresses on nodes that may hide them', [{ fromCidrs: ['203.0.113.0/24'] }], 'IneffectiveAddresses', 'fromCidrs', '["203.0.113.0/24"]', 'trustedProxies',
    { serviceType: kplus.ServiceType.NODE_PORT, externalTrafficPolicy: ExternalTrafficPolicy.CLUSTER }),
  exposed('an issuer that is described twice, differently', [{ paths: ['/a'], endUsers: required }, { paths: ['/b'], endUsers: EndUsers.optional(TokenIssuer.of(ISSUER, { anyAudience: true })) }],
    'AmbiguousIssuer', 'endUsers', `"${ISSUER}"`, 'one TokenIssuer'),
  exposed('two issuers that make other headers', [
    { paths: ['/a'], endUsers: required },
    { paths: ['/b'], endUsers: EndUsers.required(TokenIssuer.of('https://b.example.com', { audiences: ['shop'], claimToHeaders: { sub: 'x-user' } })) },
  ], 'AmbiguousIssuer', 'endUsers', '["x-user"]', 'same headers'),
  exposed('a template that asks for more than what is around it', [{ paths: ['/orders/{*}/items'], endUsers: required }, {}], 'UnboundDemand', 'paths', '"/orders/{*}/items"', '/orders/*'),
  exposed('two wildcards of hosts, of which one asks', [{ hosts: ['*.a.example.com', '*.b.example.com'], endUsers: required }], 'UnboundDemand', '', '["*.a.example.com","*.b.example.com"]',
    'a gateway of its own', { servers: [GatewayServer.http(['*.a.example.com', '*.b.example.com'])] }),
  exposed('a rewrite that leads to what asks for a token', [{ paths: ['/admin/*'], endUsers: required }, { paths: ['/api/*'], rewrite: Rewrite.prefix('/') }], 'UnboundDemand', 'endUsers', '["/*"]',
    'Ask the same of both'),
  exposed('a rewrite, behind a token, to what is asked without', [{ paths: ['/health'] }, { paths: ['/api/*'], rewrite: Rewrite.prefix('/'), endUsers: required }], 'UnboundDemand', 'endUsers',
    '["/health"]', 'a port of its own'),
  exposed('a rewrite that leads around an address', [{ paths: ['/admin/*'], fromCidrs: ['203.0.113.0/24'] }, { paths: ['/api/*'], rewrite: Rewrite.path('/admin/1') }], 'UnboundDemand',
    'fromCidrs', '["/admin/1"]', 'Ask the same of both', { trustedProxies: 1 }),
  exposed('a pattern that may lead to what asks for a token, whatever is said of it', [
    { paths: ['/admin/*'], endUsers: required }, { paths: ['/api/*'], rewrite: Rewrite.regex('^/api/(.*)$', '/\\1', ['/orders/*']) },
  ], 'UnboundDemand', 'endUsers', '["/orders/*"]', 'Rewrite.prefix()'),
  exposed('a pattern, behind one token, that may lead to what asks for more', [
    { paths: ['/admin/*'], endUsers: EndUsers.required(accounts, { claims: { groups: ['admins'] } }) },
    { paths: ['/everything/*'], endUsers: required, rewrite: Rewrite.regex('^/everything/(.*)$', '/\\1', ['/orders/*']) },
  ], 'UnboundDemand', 'endUsers', '["/admin/*"]', 'Rewrite.prefix()'),
  {
    mistake: 'a rewrite of another\'s gateway that leads to what asks for a token',
    make: (world) => {
      const orders = world.service('orders');
      edgeIn(world).exposes(orders, { hosts: [HOST], paths: ['/admin/*'], endUsers: required });
      publicIn(world).exposes(orders, { hosts: [HOST], rewrite: Rewrite.prefix('/admin') });
      world.synth();
    },
    code: 'UnboundDemand',
    path: 'shop/edge',
    property: 'exposes(orders).endUsers',
    received: '["/admin/*"]',
    fix: ['Ask the same of both'],
  },
  {
    mistake: 'a wildcard of hosts that are sent elsewhere, beside one that asks',
    make: (world) => {
      const edge = edgeIn(world, { servers: [GatewayServer.http(['*.a.example.com', '*.b.example.com'])] });
      edge.exposes(world.service('orders'), { hosts: ['*.a.example.com'], endUsers: required });
      edge.redirects(['*.b.example.com'], Redirect.to({ host: HOST }));
      world.synth();
    },
    code: 'UnboundDemand',
    path: 'shop/edge',
    property: 'exposes(orders)',
    received: '["*.a.example.com","*.b.example.com"]',
    fix: ['a gateway of its own'],
  },
  {
    mistake: 'a host beside a wildcard that asks, behind the port of a node',
    make: (world) => {
      const edge = edgeIn(world, { servers: [GatewayServer.http(['*.example.com'])], serviceType: kplus.ServiceType.NODE_PORT });
      edge.exposes(world.service('wide'), { hosts: ['*.example.com'], endUsers: required });
      edge.exposes(world.service('open'), { hosts: [HOST] });
      world.synth();
    },
    code: 'UnboundDemand',
    path: 'shop/edge',
    property: 'serviceType',
    received: '"NodePort"',
    fix: ['LOAD_BALANCER'],
  },
  {
    mistake: 'the rest of a host for one that asks, and for another beside its paths',
    make: (world) => {
      const edge = edgeIn(world);
      const orders = world.service('orders');
      edge.exposes(orders, { hosts: [HOST], paths: ['/orders/*'], timeout: Duration.seconds(3) });
      edge.exposes(orders, { hosts: [HOST] });
      edge.exposes(world.service('frontend'), { hosts: [HOST], endUsers: required });
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(frontend)',
    received: '["*"]',
    fix: ['paths of its own'],
  },
  {
    mistake: 'the rest of a host for a redirect, and for a service beside its paths',
    make: (world) => {
      const edge = edgeIn(world);
      const orders = world.service('orders');
      edge.exposes(orders, { hosts: [HOST], paths: ['/orders/*'], timeout: Duration.seconds(3) });
      edge.exposes(orders, { hosts: [HOST] });
      edge.redirects([HOST], Redirect.to({ host: 'www.example.com' }));
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'redirects(shop.example.com)',
    received: '"*"',
    fix: ['paths of its own'],
  },
  {
    mistake: 'a token on a port on which connections come in too',
    make: (world) => {
      const servers = [GatewayServer.https([HOST], { certificate: ServerCertificate.fromSecret('tls') }), GatewayServer.tlsPassthrough(['db.example.com'])];
      edgeIn(world, { servers }).exposes(world.service('orders'), { hosts: [HOST], endUsers: required });
    },
    code: 'UnboundDemand',
    path: 'shop/edge',
    property: 'exposes(orders)',
    received: `["${HOST}"]`,
    fix: ['a port of their own'],
  },
  {
    mistake: 'addresses of connections',
    make: world => edgeIn(world, { servers: [GatewayServer.tcp(5432)] }).exposes(world.service('orders', { ports: [MeshPort.tcp(5432)] }), { fromCidrs: ['203.0.113.0/24'] }),
    code: 'NotHttp',
    path: 'shop/edge',
    property: 'exposes(orders).fromCidrs',
    received: '["203.0.113.0/24"]',
    fix: ['firewall'],
  },
  foreign('a token that another\'s gateway is to ask for', { endUsers: required }, 'endUsers'),
  foreign('addresses that another\'s gateway is to ask for', { fromCidrs: ['203.0.113.0/24'] }, 'fromCidrs'),
  gateway('no trusted proxies, counted', { trustedProxies: 0 }, 'InvalidServer', 'trustedProxies', '0', 'leave it out'),
  gateway('a part of a trusted proxy', { trustedProxies: 1.5 }, 'InvalidServer', 'trustedProxies', '1.5', 'Count'),
  gateway('a policy for outside traffic where there is none', { serviceType: kplus.ServiceType.CLUSTER_IP, externalTrafficPolicy: ExternalTrafficPolicy.LOCAL }, 'InvalidServer',
    'externalTrafficPolicy', '"Local"', 'Leave it out'),
  {
    mistake: 'a token that the gateway takes away before it is asked for again',
    make: (world) => {
      const [frontend, orders] = [world.service('frontend'), world.service('orders')];
      edgeIn(world).exposes(frontend, { hosts: [HOST], endUsers: required });
      frontend.calls(orders, { endUsers: required });
      world.synth();
    },
    code: 'SwallowedToken',
    path: 'shop/edge',
    property: 'exposes(frontend).endUsers',
    received: `["${ISSUER}"]`,
    fix: ['forward: true'],
  },
  {
    mistake: 'a token that a service\'s own proxy takes away before it is asked for again',
    make: (world) => {
      const [web, frontend, orders] = [world.service('web'), world.service('frontend'), world.service('orders')];
      web.calls(frontend, { endUsers: required });
      frontend.calls(orders, { endUsers: required });
      world.synth();
    },
    code: 'SwallowedToken',
    path: 'shop/frontend',
    property: 'calls',
    received: `["${ISSUER}"]`,
    fix: ['forward: true'],
  },
  ...[{ remove: ['Authorization'] }, { set: { Authorization: 'Basic c2hvcDpzaG9w' } }].map((request): WrongInput => ({
    mistake: `a token of which the call itself has nothing arrive: ${Object.keys(request)[0]}`,
    make: world => world.service('frontend').calls(world.service('orders'), { endUsers: required, headers: HeaderChanges.of({ request }) }),
    code: 'SwallowedToken',
    path: 'shop/frontend',
    property: 'calls(orders).headers.request',
    received: '["authorization"]',
    fix: ['Leave out the header', 'forward: true'],
  })),
  {
    mistake: 'a token that a route takes away before the service reads it',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('admin', { match: [RouteMatch.path(StringMatch.prefix('/admin/'))], headers: HeaderChanges.of({ request: { remove: ['authorization'] } }) });
      world.service('frontend').calls(orders, { paths: ['/admin/*'], endUsers: required });
      world.synth();
    },
    code: 'SwallowedToken',
    path: 'shop/orders',
    property: 'addRoute(admin).headers.request',
    received: '["authorization"]',
    fix: ['Leave out the header'],
  },
  {
    mistake: 'a token that an exposure takes away before it is asked for again',
    make: (world) => {
      const [frontend, orders] = [world.service('frontend'), world.service('orders')];
      const endUsers = EndUsers.required(TokenIssuer.of(ISSUER, { audiences: ['shop'], forward: true }));
      edgeIn(world).exposes(frontend, { hosts: [HOST], endUsers, headers: HeaderChanges.of({ request: { remove: ['authorization'] } }) });
      frontend.calls(orders, { endUsers });
      world.synth();
    },
    code: 'SwallowedToken',
    path: 'shop/edge',
    property: 'exposes(frontend).endUsers',
    received: `["${ISSUER}"]`,
    fix: ['out of headers'],
  },
  {
    mistake: 'a token that the namespace of the caller needs not',
    make: (world) => {
      const orders = world.service('orders');
      world.service('frontend').calls(orders, { paths: ['/orders/*'], endUsers: required });
      new ExistingWorkload(world.app, 'anybody', { namespace: 'shop' }).calls(orders, { paths: ['/orders/7'] });
      world.synth();
    },
    code: 'UnboundDemand',
    path: 'shop/orders',
    property: 'calls from frontend.endUsers',
    received: `["${ISSUER}"]`,
    fix: ['same of both'],
  },
  {
    mistake: 'a token that nobody else in the mesh needs',
    make: (world) => {
      const orders = world.service('orders');
      world.service('frontend').calls(orders, { paths: ['/orders/*'], endUsers: required });
      new ExistingWorkload(world.app, 'anybody', {}).calls(orders, { paths: ['/orders/7'] });
      world.synth();
    },
    code: 'UnboundDemand',
    path: 'shop/orders',
    property: 'calls from frontend.endUsers',
    received: `["${ISSUER}"]`,
    fix: ['same of both'],
  },
  call('a token for a database', (world, options) => world.service('frontend').calls(world.service('orders', { ports: [MeshPort.tcp(5432)] }), options), 'NotHttp', 'shop/frontend',
    'calls(orders).endUsers', 'MeshPort.http()', 'a EndUsers'),
  call('a token that somebody outside is to ask for', (world, options) => world.service('frontend').calls(new ExternalService(world.shop, 'bank', { host: 'bank.example.com', ports: [MeshPort.http(80)] }), options),
    'NotOurs', 'shop/frontend', 'calls(bank).endUsers', 'Leave it out'),
  call('a token that another app is to ask for', (world, options) => world.service('frontend').calls(new ExistingWorkload(world.app, 'stock', { namespace: 'stock', ports: [MeshPort.http(80)] }), options),
    'NotOurs', 'shop/frontend', 'calls(stock).endUsers', 'Leave it out'),
];

function edgeIn(world: World, props: Partial<MeshGatewayProps> = {}): MeshGateway {
  return new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http([HOST])], ...props });
}

function publicIn(world: World): ExistingGateway {
  return new ExistingGateway(world.shop, 'public', {
    namespace: 'istio-ingress', serviceAccount: 'ingress', podLabels: { istio: 'ingress' }, servers: [GatewayServer.http([HOST])],
  });
}

function issuer(
  mistake: string, name: string, options: TokenIssuerOptions, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  const wrong = EndUsers.optional(TokenIssuer.of(name, { audiences: ['shop'], ...options }));
  return exposed(mistake, [{ endUsers: wrong }], code, `endUsers.issuer.${property}`, received, fix);
}

function keys(mistake: string, jwks: string, received: string, fix: string): WrongInput {
  const wrong = EndUsers.optional(TokenIssuer.withKeys(ISSUER, jwks, { audiences: ['shop'] }));
  return exposed(mistake, [{ endUsers: wrong }], 'InvalidToken', 'endUsers.issuer.jwks', received, fix);
}

function users(mistake: string, options: RequiredEndUsersOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return exposed(mistake, [{ endUsers: EndUsers.required(accounts, options) }], code, `endUsers.${property}`, received, fix);
}

function exposed(
  mistake: string, options: Partial<ExposureOptions>[], code: ErrorCode, property: string, received: string, fix: string,
  props: Partial<MeshGatewayProps> = {},
): WrongInput {
  return {
    mistake,
    make: (world) => {
      const edge = edgeIn(world, props);
      const orders = world.service('orders');
      options.forEach(one => edge.exposes(orders, { hosts: [HOST], ...one }));
      world.synth();
    },
    code,
    path: 'shop/edge',
    property: ['exposes(orders)', property].filter(Boolean).join('.'),
    received,
    fix: [fix],
  };
}

function foreign(mistake: string, options: Partial<ExposureOptions>, property: string): WrongInput {
  return {
    mistake,
    make: (world) => {
      publicIn(world).exposes(world.service('orders'), { hosts: [HOST], ...options });
    },
    code: 'NotOurs',
    path: 'shop/public',
    property: `exposes(orders).${property}`,
    received: `"${property}"`,
    fix: ['MeshGateway'],
  };
}

function gateway(mistake: string, props: Partial<MeshGatewayProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => edgeIn(world, props), code, path: 'shop/edge', property, received, fix: [fix] };
}

function call(
  mistake: string, make: (world: World, options: { endUsers: EndUsers }) => void,
  code: ErrorCode, path: string, property: string, fix: string, received = `["${ISSUER}"]`,
): WrongInput {
  return { mistake, make: world => make(world, { endUsers: required }), code, path, property, received, fix: [fix] };
}
