import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import * as fc from 'fast-check';
import {
  AppContract, EndUsers, ExistingWorkload, ExternalTrafficPolicy, GatewayServer, HeaderChanges, MeshGateway, MeshGatewayProps, MeshPort, MeshService,
  Redirect, Rewrite, RouteMatch, ServerCertificate, ServiceVersion, StringMatch, TokenIssuer, TokenLocation, TokenOptions,
} from '../src';
import { find, inventory, lookUp, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';
import { Site } from '../src/diagnostics/site';

const HOST = 'shop.example.com';
const ISSUER = 'https://accounts.example.com';
const accountsWith = (options: TokenOptions = {}, issuer = ISSUER) => TokenIssuer.of(issuer, { audiences: ['shop'], ...options });
const accounts = accountsWith();
const KEYS = JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }] });

function edgeIn(world: World, props: Partial<MeshGatewayProps> = {}): MeshGateway {
  return new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http([HOST, 'api.example.com', '*.wild.example.com'])], ...props });
}

const edgeNamed = (world: World, id: string) => new MeshGateway(world.shop, id, { servers: [GatewayServer.http([HOST])] });
const ruleOf = (issuer: TokenIssuer) => issuer._toManifest(Site.named('shop', 'issuer'));
const jwtRules = (manifests: Manifest[], name: string) => find(manifests, 'RequestAuthentication', name).spec.jwtRules;
const denied = (manifests: Manifest[], name = 'edge-deny') => find(manifests, 'AuthorizationPolicy', name).spec.rules;
const hostsOf = (...hosts: string[]) => hosts.flatMap(host => [host, `${host}:*`]);

describe('an issuer', () => {
  test('looks for tokens in the header Authorization alone', () => {
    expect(ruleOf(accounts)).toEqual({ issuer: ISSUER, audiences: ['shop'], jwksUri: undefined, fromHeaders: [{ name: 'Authorization', prefix: 'Bearer ' }] });
  });

  test('says where its keys are, or has them here', () => {
    expect(ruleOf(TokenIssuer.of('accounts', { audiences: ['shop'], jwksUri: 'https://a.example.com/keys' }))).toMatchObject({ jwksUri: 'https://a.example.com/keys' });
    expect(ruleOf(TokenIssuer.of('accounts', { audiences: ['shop'], jwksUri: 'http://issuer.accounts.svc.cluster.local:8080/keys' }))).toHaveProperty('jwksUri');
    expect(ruleOf(TokenIssuer.withKeys('accounts', KEYS, { anyAudience: true }))).toEqual({ issuer: 'accounts', jwks: KEYS, fromHeaders: expect.anything() });
  });

  test('has tokens elsewhere, handed on, with headers of their claims', () => {
    const from = [TokenLocation.header('x-token'), TokenLocation.cookie('session'), TokenLocation.queryParameter('token')];
    expect(ruleOf(accountsWith({ from, forward: true, claimToHeaders: { 'sub': 'X-User', 'address.country': 'x-country' } }))).toMatchObject({
      fromHeaders: [{ name: 'x-token' }],
      fromCookies: ['session'],
      fromParams: ['token'],
      forwardOriginalToken: true,
      outputClaimToHeaders: [{ header: 'x-user', claim: 'sub' }, { header: 'x-country', claim: 'address.country' }],
    });
  });
});

test('a token is handed on unasked only if each place is one that it stays in', () => {
  const [cookie, header] = [TokenLocation.cookie('session'), TokenLocation.header('x-token')];
  expect(ruleOf(accountsWith({ from: [cookie] }))).toHaveProperty('forwardOriginalToken', true);
  expect(ruleOf(accountsWith({ from: [cookie, header] }))).not.toHaveProperty('forwardOriginalToken');
});

const proxyConfigOf = (manifests: Manifest[]) => JSON.parse(find(manifests, 'Deployment', 'edge').spec.template.metadata.annotations['proxy.istio.io/config']);

describe('at a gateway', () => {
  test('what asks for nothing has none of it', () => {
    const world = new World();
    edgeIn(world).exposes(world.service('orders'), { hosts: [HOST] });
    expect(inventory(synthesize(world.shop)).filter(object => /Deny|deny|RequestAuthentication/.test(object))).toEqual([]);
  });

  test('who has no such token is refused, for exactly what was exposed, however its host is written', () => {
    const world = new World();
    edgeIn(world).exposes(world.service('orders'), {
      hosts: [HOST], methods: ['POST'], paths: ['/orders/*'], endUsers: EndUsers.required(accounts, { claims: { '[realm][roles]': ['buyer', 'admin'], 'scope': ['orders'] } }),
    });
    const manifests = synthesize(world.shop);
    const to = [{ operation: { hosts: hostsOf(HOST), ports: ['8080'], methods: ['POST'], paths: ['/orders/*'] } }];

    expect(find(manifests, 'RequestAuthentication', 'edge').spec.selector).toEqual({ matchLabels: { 'service.istio.io/canonical-name': 'edge' } });
    expect(find(manifests, 'AuthorizationPolicy', 'edge-deny').spec).toEqual({
      selector: { matchLabels: { 'service.istio.io/canonical-name': 'edge' } },
      action: 'DENY',
      rules: [
        { from: [{ source: { notRequestPrincipals: [`${ISSUER}/*`] } }], to },
        { to, when: [{ key: 'request.auth.claims[realm][roles]', notValues: ['admin', 'buyer'] }] },
        { to, when: [{ key: 'request.auth.claims[scope]', notValues: ['orders'] }] },
      ],
    });
    // The gateway has asked already
    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules[0].from).toEqual([{ source: { principals: ['cluster.local/ns/shop/sa/edge'] } }]);
    expect(lookUp(manifests, 'RequestAuthentication', 'orders')).toBeUndefined();
  });

  test('an optional token is looked at and not asked for', () => {
    const world = new World();
    edgeIn(world).exposes(world.service('orders'), { hosts: [HOST], endUsers: EndUsers.optional(accounts) });
    const manifests = synthesize(world.shop);
    expect(jwtRules(manifests, 'edge')).toHaveLength(1);
    expect(lookUp(manifests, 'AuthorizationPolicy', 'edge-deny')).toBeUndefined();
  });

  test('what another exposure names more closely is judged by that one, method by method', () => {
    const world = new World();
    const orders = world.service('orders');
    const edge = edgeIn(world);
    edge.exposes(orders, { hosts: [HOST], endUsers: EndUsers.required(accounts) });
    edge.exposes(orders, { hosts: [HOST], paths: ['/login', '/public/*'] });
    edge.exposes(orders, { hosts: [HOST], methods: ['GET'], paths: ['/prices/*'] });
    edge.exposes(orders, { hosts: [HOST], paths: ['/prices/special'], endUsers: EndUsers.required(accounts) });

    const whole = { hosts: hostsOf(HOST), ports: ['8080'] };
    expect(denied(synthesize(world.shop)).flatMap(({ to }: any) => to.map(({ operation }: any) => operation))).toEqual([
      { ...whole, paths: ['/prices/special'] },
      { ...whole, methods: ['GET'], notPaths: ['/login', '/prices/*', '/public/*'] },
      { ...whole, notMethods: ['GET'], notPaths: ['/login', '/public/*'] },
    ]);
  });

  test('the rest of a host goes behind what others have of it, whatever their paths', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('frontend'), { hosts: [HOST, 'api.example.com'], paths: ['/*'], endUsers: EndUsers.required(accounts) });
    edge.exposes(world.service('open'), { hosts: [HOST], paths: ['/{**}'], methods: ['GET'] });

    expect(denied(synthesize(world.shop))[0].to.map(({ operation }: any) => operation)).toEqual([
      { hosts: hostsOf('api.example.com'), ports: ['8080'], paths: ['/*'] },
      { hosts: hostsOf(HOST), ports: ['8080'], methods: ['GET'], paths: ['/*'], notPaths: ['/{**}'] },
      { hosts: hostsOf(HOST), ports: ['8080'], notMethods: ['GET'], paths: ['/*'] },
    ]);
  });

  test('a wildcard of hosts is whatever is no other host', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('wide'), { hosts: ['*.wild.example.com'], endUsers: EndUsers.required(accounts) });
    edge.exposes(world.service('open'), { hosts: ['open.wild.example.com'] });
    expect(denied(synthesize(world.shop))[0].to).toEqual([{ operation: { notHosts: ['open.wild.example.com', 'open.wild.example.com:80'], ports: ['8080'] } }]);
  });

  test('what a redirect answers is left to it, of a host of its own too', () => {
    const world = new World();
    const edge = edgeIn(world, { trustedProxies: 1 });
    const whole = ['/login', '/products/*'];
    edge.exposes(world.service('orders'), { hosts: [HOST, 'api.example.com'], endUsers: EndUsers.required(accounts) });
    edge.redirects([HOST], Redirect.to({ path: '/catalogue' }), { paths: whole });
    edge.exposes(world.service('wide'), { hosts: ['*.wild.example.com'], fromCidrs: ['203.0.113.0/24'] });
    edge.redirects(['old.wild.example.com'], Redirect.to({ host: HOST }));
    const operations = denied(synthesize(world.shop)).map(({ to }: any) => to.map(({ operation }: any) => operation));
    const beside = ['api.example.com', 'old.wild.example.com', HOST].flatMap(host => [host, `${host}:80`]);

    expect(operations).toEqual([
      [{ notHosts: beside, ports: ['8080'] }],
      [{ hosts: hostsOf('api.example.com'), ports: ['8080'] }, { hosts: hostsOf(HOST), ports: ['8080'], notPaths: whole }],
    ]);
  });

  test('what is closer than a redirect asks as before', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('orders'), { hosts: [HOST], paths: ['/orders/*'], endUsers: EndUsers.required(accounts) });
    edge.redirects([HOST], Redirect.to({ host: 'www.example.com' }));
    expect(denied(synthesize(world.shop))[0].to).toEqual([{ operation: { hosts: hostsOf(HOST), ports: ['8080'], paths: ['/orders/*'] } }]);
  });

  test.each<[string, string[], (world: World, orders: MeshService) => void]>([
    ['other paths of the service', ['/v1/*'], () => undefined],
    ['what asks for the same', ['/admin/*'], (world, orders) => (
      edgeNamed(world, 'inner').exposes(orders, { hosts: [HOST], paths: ['/x/*'], rewrite: Rewrite.prefix('/admin'), endUsers: EndUsers.required(accounts) }))],
    ['another service', ['/admin/*'], world => edgeNamed(world, 'inner').exposes(world.service('other'), { hosts: [HOST], rewrite: Rewrite.prefix('/admin') })],
    ['other methods', ['/admin/*'], (world, orders) => (
      edgeNamed(world, 'inner').exposes(orders, { hosts: [HOST], methods: ['GET'], paths: ['/x/*'], rewrite: Rewrite.prefix('/admin') }))],
    ['another authority', ['/admin/*'], (world, orders) => (
      edgeNamed(world, 'inner').exposes(orders, { hosts: [HOST], rewrite: Rewrite.authority('orders.example.com') }))],
  ])('a rewrite may lead to %s beside a demand', (_, paths, more) => {
    const world = new World();
    const orders = world.service('orders');
    edgeIn(world).exposes(orders, { hosts: [HOST], methods: ['POST'], paths, endUsers: EndUsers.required(accounts) });
    edgeNamed(world, 'outer').exposes(orders, { hosts: [HOST], paths: ['/api/*'], rewrite: Rewrite.prefix('/v2') });
    more(world, orders);
    expect(() => world.synth()).not.toThrow();
  });

  test('a host of its own that asks for the same as the wildcard may be behind the port of a node', () => {
    const world = new World();
    const edge = edgeIn(world, { serviceType: kplus.ServiceType.NODE_PORT });
    edge.exposes(world.service('wide'), { hosts: ['*.wild.example.com'], paths: ['/a/*'], endUsers: EndUsers.required(accounts) });
    edge.exposes(world.service('same'), { hosts: ['same.wild.example.com'], endUsers: EndUsers.required(accounts) });
    edge.exposes(world.service('other'), { hosts: [HOST], paths: ['/b/*'] });
    expect(() => world.synth()).not.toThrow();
  });

  test('a server that only sends to HTTPS goes on doing so, unless clients could say that they came by it', () => {
    const portsOf = (trustedProxies?: number) => {
      const world = new World();
      const servers = [GatewayServer.https([HOST], { certificate: ServerCertificate.fromSecret('tls') }), GatewayServer.http([HOST], { redirectToHttps: true })];
      edgeIn(world, { servers, trustedProxies }).exposes(world.service('orders'), { hosts: [HOST], endUsers: EndUsers.required(accounts) });
      return denied(synthesize(world.shop))[0].to[0].operation.ports;
    };
    expect(portsOf()).toEqual(['8443']);
    expect(portsOf(1)).toEqual(['8443', '8080']);
  });

  test('who comes from elsewhere is refused', () => {
    const world = new World();
    edgeIn(world, { trustedProxies: 2 }).exposes(world.service('orders'), { hosts: [HOST], fromCidrs: ['203.0.113.0/24', '2001:db8::/32'], endUsers: EndUsers.required(accounts) });
    const manifests = synthesize(world.shop);
    expect(denied(manifests)).toEqual([{
      from: [{ source: { notRequestPrincipals: [`${ISSUER}/*`] } }, { source: { notRemoteIpBlocks: ['2001:db8::/32', '203.0.113.0/24'] } }],
      to: [{ operation: { hosts: hostsOf(HOST), ports: ['8080'] } }],
    }]);
    expect(proxyConfigOf(manifests)).toMatchObject({ gatewayTopology: { numTrustedProxies: 2 } });
  });

  test('what an installation believes of X-Forwarded-For is not believed by a gateway that asks for anything', () => {
    const [asking, open] = [true, false].map((isAsking) => {
      const world = new World();
      edgeIn(world).exposes(world.service('orders'), { hosts: [HOST], endUsers: isAsking ? EndUsers.required(accounts) : undefined });
      return proxyConfigOf(synthesize(world.shop));
    });

    expect(asking.gatewayTopology).toEqual({ numTrustedProxies: 0 });
    expect(open).not.toHaveProperty('gatewayTopology');
  });

  test('of two that ask for other addresses the closer one is judged by its own', () => {
    const world = new World();
    const orders = world.service('orders');
    const edge = edgeIn(world, { trustedProxies: 1 });
    edge.exposes(orders, { hosts: [HOST], fromCidrs: ['203.0.113.0/24'] });
    edge.exposes(orders, { hosts: [HOST], paths: ['/admin/*'], fromCidrs: ['198.51.100.0/24'] });
    const whole = { hosts: hostsOf(HOST), ports: ['8080'] };
    expect(denied(synthesize(world.shop))).toEqual([
      { from: [{ source: { notRemoteIpBlocks: ['198.51.100.0/24'] } }], to: [{ operation: { ...whole, paths: ['/admin/*'] } }] },
      { from: [{ source: { notRemoteIpBlocks: ['203.0.113.0/24'] } }], to: [{ operation: { ...whole, notPaths: ['/admin/*'] } }] },
    ]);
  });

  test('what names other paths says nothing of the ones beside it', () => {
    const world = new World();
    const orders = world.service('orders');
    const edge = edgeIn(world);
    edge.exposes(orders, { hosts: [HOST], paths: ['/admin/*'], endUsers: EndUsers.required(accounts) });
    edge.exposes(orders, { hosts: [HOST], paths: ['/a'], methods: ['GET'] });
    expect(denied(synthesize(world.shop))[0].to).toEqual([{ operation: { hosts: hostsOf(HOST), ports: ['8080'], paths: ['/admin/*'] } }]);
  });

  test.each<[string, Partial<MeshGatewayProps>]>([
    ['the node that they come to', { externalTrafficPolicy: ExternalTrafficPolicy.LOCAL }], ['the cluster itself', { serviceType: kplus.ServiceType.CLUSTER_IP }],
  ])('addresses are seen on %s', (_, props) => {
    const world = new World();
    edgeIn(world, props).exposes(world.service('orders'), { hosts: [HOST], fromCidrs: ['203.0.113.0/24'] });
    const manifests = synthesize(world.shop);
    expect(find(manifests, 'Service', 'edge').spec.externalTrafficPolicy).toBe(props.externalTrafficPolicy);
    expect(denied(manifests)[0].from).toEqual([{ source: { notRemoteIpBlocks: ['203.0.113.0/24'] } }]);
  });

  test('a header that is made of a claim cannot come with what looks like a preflight', () => {
    const world = new World();
    edgeIn(world).exposes(world.service('orders'), { hosts: [HOST], endUsers: EndUsers.optional(accountsWith({ claimToHeaders: { sub: 'x-user' } })) });
    expect(denied(synthesize(world.shop))).toEqual([{
      to: [{ operation: { ports: ['8080'], methods: ['OPTIONS'] } }],
      when: ['x-user', 'origin', 'access-control-request-method'].map(name => ({ key: `request.headers[${name}]`, values: ['*'] })),
    }]);
  });

  test('of two issuers either will do', () => {
    const world = new World();
    const partners = accountsWith({}, 'https://partners.example.com/');
    edgeIn(world).exposes(world.service('orders'), { hosts: [HOST], endUsers: EndUsers.required(partners, { alsoFrom: [accounts] }) });
    const manifests = synthesize(world.shop);
    expect(jwtRules(manifests, 'edge').map(({ issuer }: any) => issuer)).toEqual([ISSUER, 'https://partners.example.com/']);
    expect(denied(manifests)[0].from[0].source.notRequestPrincipals).toEqual([`${ISSUER}/*`, 'https://partners.example.com//*']);
  });

  test('connections on ports of their own are left alone', () => {
    const world = new World();
    const servers = [GatewayServer.http([HOST]), GatewayServer.tcp(5432), GatewayServer.http(['api.example.com'], { port: 8081 })];
    const edge = edgeIn(world, { servers });
    edge.exposes(world.service('ledger', { ports: [MeshPort.tcp(5432)] }), {});
    edge.exposes(world.service('orders'), { hosts: [HOST], endUsers: EndUsers.required(accountsWith({ claimToHeaders: { sub: 'x-user' } })) });
    expect(denied(synthesize(world.shop)).map(({ to }: any) => to[0].operation.ports)).toEqual([['8080'], ['8080', '8081']]);
  });

  test('a port that connections share with other hosts is left alone, of which a rule of headers would refuse every one', () => {
    const world = new World();
    const certificate = ServerCertificate.fromSecret('tls');
    const servers = [GatewayServer.http([HOST]), GatewayServer.https(['api.example.com'], { certificate }), GatewayServer.tlsPassthrough(['vault.example.com'])];
    edgeIn(world, { servers }).exposes(world.service('orders'), { hosts: [HOST], endUsers: EndUsers.required(accountsWith({ claimToHeaders: { sub: 'x-user' } })) });
    expect(denied(synthesize(world.shop)).map(({ to }: any) => to[0].operation.ports)).toEqual([['8080'], ['8080']]);
  });

  test('a template may ask for more than what another service has on another host', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('orders'), { hosts: [HOST], paths: ['/orders/{*}/items'], endUsers: EndUsers.required(accounts) });
    expect(() => edge.exposes(world.service('frontend'), { hosts: ['api.example.com'] })).not.toThrow();
  });

  test('the order of statements makes no difference', () => {
    const make = (...order: number[]) => {
      const world = new World();
      const orders = world.service('orders');
      const edge = edgeIn(world);
      const statements = [{ paths: ['/a/*'], endUsers: EndUsers.required(accounts) }, { paths: ['/a/b'] }, { paths: ['/c'], endUsers: EndUsers.required(accounts, { claims: { a: ['b'] } }) }];
      order.forEach(index => edge.exposes(orders, { hosts: [HOST], ...statements[index] }));
      return denied(synthesize(world.shop));
    };
    expect(make(2, 0, 1)).toEqual(make(0, 1, 2));
  });
});

describe('behind it', () => {
  test('the service asks the client for both: its identity and the user\'s token', () => {
    const world = new World();
    const orders = world.service('orders');
    world.service('frontend').calls(orders, { paths: ['/orders/*'], endUsers: EndUsers.required(accounts, { claims: { groups: ['admins'] } }) });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'RequestAuthentication', 'orders').spec.selector).toEqual({ matchLabels: { 'service.istio.io/canonical-name': 'orders' } });
    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules).toEqual([{
      from: [{ source: { principals: ['cluster.local/ns/shop/sa/frontend'], requestPrincipals: [`${ISSUER}/*`] } }],
      to: [{ operation: { ports: ['8080'], paths: ['/orders/*'] } }],
      when: [{ key: 'request.auth.claims[groups]', values: ['admins'] }],
    }]);
  });

  test('a wider call of the same client does not let through what a closer one asks more of', () => {
    const world = new World();
    const orders = world.service('orders');
    const frontend = world.service('frontend');
    frontend.calls(orders, { paths: ['/orders/*'], methods: ['POST'], endUsers: EndUsers.required(accounts) });
    frontend.calls(orders);
    expect(find(synthesize(world.shop), 'AuthorizationPolicy', 'orders').spec.rules.map(({ to }: any) => to)).toEqual([
      [{ operation: { ports: ['8080'], methods: ['POST'], paths: ['/orders/*'] } }],
      [{ operation: { ports: ['8080'], methods: ['POST'], notPaths: ['/orders/*'] } }, { operation: { ports: ['8080'], notMethods: ['POST'] } }],
    ]);
  });

  test('another client is asked for what it has declared', () => {
    const world = new World();
    const orders = world.service('orders');
    world.service('frontend').calls(orders, { endUsers: EndUsers.required(accounts) });
    world.service('batch').calls(orders);
    expect(find(synthesize(world.shop), 'AuthorizationPolicy', 'orders').spec.rules.map(({ from }: any) => from[0].source.requestPrincipals)).toEqual([undefined, [`${ISSUER}/*`]]);
  });

  test('pods of a version with an identity of its own ask as well, whichever was described first', () => {
    for (const first of [true, false]) {
      const world = new World();
      const orders = world.service('orders', { version: 'v1' });
      const call = () => world.service('frontend').calls(orders, { endUsers: EndUsers.required(accountsWith({ claimToHeaders: { sub: 'x-user' } })) });
      if (first) {
        call();
      }
      new ServiceVersion(world.shop, 'next', { service: orders, version: 'v2', image: 'ghcr.io/acme/orders:2.0.0', ownIdentity: true });
      if (!first) {
        call();
      }
      const manifests = synthesize(world.shop);
      expect(jwtRules(manifests, 'orders-v2')).toEqual(jwtRules(manifests, 'orders'));
      expect(denied(manifests, 'orders-v2-deny')).toEqual(denied(manifests, 'orders-deny'));
    }
  });

  test('a wider name may be allowed other requests: other paths, or another port', () => {
    const world = new World();
    const orders = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.http(9000, { name: 'http-admin' })] });
    world.service('frontend').calls(orders, { port: 'http', paths: ['/orders/*'], endUsers: EndUsers.required(accounts) });
    const anybody = new ExistingWorkload(world.app, 'anybody', { namespace: 'shop' });
    anybody.calls(orders, { port: 'http', paths: ['/health'] });
    anybody.calls(orders, { port: 'http-admin' });
    expect(() => world.synth()).not.toThrow();
  });

  test('a token that is handed on may be asked for again', () => {
    const world = new World();
    const [frontend, orders] = [world.service('frontend'), world.service('orders')];
    const forwarded = EndUsers.required(accountsWith({ forward: true }));
    edgeIn(world).exposes(frontend, { hosts: [HOST], endUsers: forwarded });
    frontend.calls(orders, { endUsers: forwarded });
    expect(() => world.synth()).not.toThrow();
  });

  test.each([[true, 'x-user', undefined], [false, 'x-name', undefined], [false, 'x-user', 'SwallowedToken']])(
    'a header that a gateway makes of a claim reaches the program: forward %s, beside %s', (forward, header, expected) => {
      const world = new World();
      const orders = world.service('orders');
      const gateway = accountsWith({ forward, claimToHeaders: { sub: 'x-user' } });
      edgeIn(world).exposes(orders, { hosts: [HOST], endUsers: EndUsers.required(gateway) });
      const own = accountsWith({ forward, claimToHeaders: { sub: header } });
      world.service('frontend').calls(orders, { endUsers: EndUsers.required(own) });
      const synth = expect(() => world.synth());
      expected ? synth.toThrow(expected) : synth.not.toThrow();
    });

  test('a header of a token that the service does not know is lost to the one that it knows', () => {
    const world = new World();
    const orders = world.service('orders');
    const options = { forward: true, claimToHeaders: { sub: 'x-user' } };
    edgeIn(world).exposes(orders, { hosts: [HOST], endUsers: EndUsers.required(accountsWith(options)) });
    world.service('frontend').calls(orders, { endUsers: EndUsers.required(accountsWith(options, 'https://partners.example.com')) });
    expect(() => world.synth()).toThrow('SwallowedToken');
  });

  test.each<[string, TokenLocation[] | undefined, string[], boolean]>([
    ['the header', undefined, ['authorization'], true],
    ['another header', undefined, ['x-legacy'], false],
    ['a header of the issuer\'s own', [TokenLocation.header('X-Token')], ['x-token'], true],
    ['the header of others', [TokenLocation.header('X-Token')], ['authorization'], false],
    ['cookies', [TokenLocation.cookie('session')], ['cookie'], true],
    ['one place of two', [TokenLocation.header('X-Token'), TokenLocation.cookie('session')], ['x-token'], false],
    ['both places', [TokenLocation.header('X-Token'), TokenLocation.cookie('session')], ['x-token', 'cookie'], true],
    ['what is not in the query', [TokenLocation.queryParameter('token')], ['authorization', 'cookie'], false],
  ])('the client\'s proxy changes headers before the server\'s reads the token: %s', (_, from, remove, isLost) => {
    const headers = HeaderChanges.of({ request: { remove } });
    const [called, routed] = [true, false].map(ofCall => () => {
      const world = new World();
      const orders = world.service('orders');
      const endUsers = EndUsers.optional(accountsWith({ from }));
      world.service('frontend').calls(orders, { endUsers, headers: ofCall ? headers : undefined });
      ofCall || orders.addRoute('all', { match: [RouteMatch.path(StringMatch.prefix('/a/'))], headers });
      world.synth();
    });

    for (const described of [called, routed]) {
      isLost ? expect(described).toThrow('SwallowedToken') : expect(described).not.toThrow();
    }
  });

  test('a gateway reads the token before its routes change headers, and a route for other requests than the call\'s takes none', () => {
    const headers = HeaderChanges.of({ request: { remove: ['authorization'] } });
    const world = new World();
    const orders = world.service('orders');
    const endUsers = EndUsers.required(accounts);
    edgeIn(world).exposes(orders, { hosts: [HOST], paths: ['/shop/*'], endUsers, headers });
    world.service('frontend').calls(orders, { paths: ['/admin/*'], endUsers });
    orders.addRoute('assets', { match: [RouteMatch.path(StringMatch.prefix('/assets/'))], headers });

    expect(() => world.synth()).not.toThrow();
  });

  test('another app is told whose tokens its requests have to bear', () => {
    const world = new World();
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tokens-')), 'shop.json');
    new ExistingWorkload(world.app, 'billing', { namespace: 'billing', serviceAccount: 'billing' }).calls(world.service('orders'), { endUsers: EndUsers.required(accounts) });
    new AppContract(world.app, 'contract', { name: 'shop', file });
    world.synth();
    expect(JSON.parse(fs.readFileSync(file, 'utf8')).services[0].offers[0].tokensOf).toEqual([ISSUER]);
  });

  test('on gRPC too', () => {
    const world = new World();
    world.service('frontend').calls(world.service('orders', { ports: [MeshPort.grpc(50051)] }), { paths: ['/orders.v1.Orders/Get'], endUsers: EndUsers.required(accounts) });
    expect(find(synthesize(world.shop), 'AuthorizationPolicy', 'orders').spec.rules[0].to[0].operation.paths).toEqual(['/orders.v1.Orders/Get']);
  });
});

describe('whatever is exposed', () => {
  const demands = [undefined, EndUsers.required(accounts), EndUsers.required(accounts, { claims: { groups: ['buyers'] } })];
  const exposure = fc.record({
    paths: fc.constantFrom<(string[] | undefined)[]>(undefined, ['/a'], ['/a/*'], ['/a/b'], ['*.html'], ['/*'], ['/a/b', '/c/*'], ['/a/b/*', '*.html']),
    methods: fc.constantFrom<(string[] | undefined)[]>(undefined, ['GET'], ['POST'], ['GET', 'POST']),
    demand: fc.nat(2),
  });
  const requests = ['GET', 'POST', 'PUT'].flatMap(method => ['/', '/a', '/a/', '/a/b', '/a/b/c', '/a/x.html', '/c/b', '/x.html', '/z'].map(at => ({ method, at })));

  interface Asked { method: string; at: string }
  const matches = (at: string, pattern: string) => (pattern.endsWith('*') ? at.startsWith(pattern.slice(0, -1))
    : pattern.startsWith('*') ? at.endsWith(pattern.slice(1)) : at === pattern);
  const anyOf = (patterns: string[], at: string) => patterns.some(pattern => matches(at, pattern));
  const isMeant = ({ method, at }: Asked, { methods, notMethods = [], paths, notPaths = [] }: any) => (!methods || methods.includes(method))
    && !notMethods.includes(method) && (!paths || anyOf(paths, at)) && !anyOf(notPaths, at);
  const accepts = (text: string, { exact, prefix, regex }: any) => (exact !== undefined ? text === exact
    : prefix !== undefined ? text.startsWith(prefix) : new RegExp(`^(${regex})$`).test(text));
  const takes = ({ method, at }: Asked, { match }: any) => !match
    || match.some((one: any) => (!one.method || accepts(method, one.method)) && (!one.uri || accepts(at, one.uri)));

  test('a request is judged by the exposure whose route takes it', () => {
    fc.assert(fc.property(fc.array(exposure, { minLength: 1, maxLength: 5 }), (exposures) => {
      const world = new World();
      const orders = world.service('orders');
      const edge = edgeIn(world);
      const taken: number[] = [];
      exposures.forEach(({ paths, methods, demand }, index) => {
        try {
          edge.exposes(orders, { hosts: [HOST], paths, methods, endUsers: demands[demand], timeout: Duration.seconds(index + 1) });
          taken[index] = demand;
        } catch (error) {
          expect(String(error)).toContain('DuplicateCall');
        }
      });
      const manifests = synthesize(world.shop);
      const { http } = find(manifests, 'VirtualService', 'orders-edge').spec;
      const rules = lookUp(manifests, 'AuthorizationPolicy', 'edge-deny')?.spec.rules ?? [];
      const refused = (request: Asked, kinds: string[]) => rules.filter((rule: any) => kinds.some(kind => rule[kind]))
        .some(({ to }: any) => to.some(({ operation }: any) => isMeant(request, operation)));
      for (const request of requests) {
        const route = http.find((candidate: any) => takes(request, candidate));
        if (route) {
          const demand = taken[Number(route.timeout.slice(0, -1)) - 1];
          expect([request, refused(request, ['from', 'when']), refused(request, ['when'])]).toEqual([request, demand > 0, demand > 1]);
        }
      }
    }), { numRuns: 60 });
  });
});
