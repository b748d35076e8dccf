import { CorsPolicy, EndUsers, GatewayServer, MeshGateway, Redirect, ServerCertificate, StringMatch, TokenIssuer } from '../../../src';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { analysisOf } from '../support/acceptance';
import { neighbours, PLAIN } from '../support/bystanders';
import { service, Stage } from '../support/stage';
import { Issuer } from '../support/tokens';

let stage: Stage;
let gateway: string;

const SHOP = 'shop.example.com';
const SECURE = 'secure.example.com';
const OPEN = 'open.wild.example.com';
const OLD = 'old.wild.example.com';

const PAGE = 'https://page.example.com';

const accounts = new Issuer('https://accounts.example.com');
const partners = new Issuer('https://partners.example.com/', 'ES256');
const impostor = new Issuer(accounts.name);
const BUYER = { groups: ['staff', 'buyers'] };
const LATE = { exp: Math.floor(Date.now() / 1000) - 120 };

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.cluster.apply(neighbours());
  await stage.show((chart, client) => {
    const options = { audiences: ['shop'], claimToHeaders: { sub: 'x-user' } };
    const ours = TokenIssuer.withKeys(accounts.name, accounts.keys, options);
    const theirs = TokenIssuer.withKeys(partners.name, partners.keys, options);
    const edge = new MeshGateway(chart, 'edge', {
      servers: [
        GatewayServer.http([SHOP, '*.wild.example.com']),
        GatewayServer.http([SECURE], { redirectToHttps: true }),
        GatewayServer.https([SECURE], { certificate: ServerCertificate.fromSecret('none-yet') }),
      ],
      replicas: 1,
      trustedProxies: 1,
    });
    const [orders, frontend, wide, open, ledger] = ['orders', 'frontend', 'wide', 'open', 'ledger'].map(name => service(chart, name));
    const hosts = [SHOP, SECURE];
    edge.exposes(orders, { hosts, paths: ['/orders/*'], endUsers: EndUsers.required(ours, { claims: { groups: ['buyers'] }, alsoFrom: [theirs] }) });
    edge.exposes(orders, { hosts, paths: ['/orders/public'], methods: ['GET'] });
    edge.exposes(orders, { hosts, paths: ['/optional/*'], endUsers: EndUsers.optional(ours) });
    edge.exposes(orders, { hosts, paths: ['/office/*'], fromCidrs: ['203.0.113.0/24'] });
    edge.exposes(orders, {
      hosts,
      methods: ['GET'],
      paths: ['/page/*'],
      endUsers: EndUsers.required(ours),
      cors: CorsPolicy.allow({ origins: [StringMatch.exactly(PAGE)], headers: ['authorization'] }),
    });
    edge.exposes(frontend, { hosts: [SHOP] });
    edge.exposes(wide, { hosts: ['*.wild.example.com'], endUsers: EndUsers.required(ours) });
    edge.exposes(open, { hosts: [OPEN] });
    edge.redirects(['*.wild.example.com'], Redirect.to({ path: '/catalogue' }), { paths: ['/products/*'] });
    edge.redirects([OLD], Redirect.to({ host: SHOP }));
    client.calls(ledger, { paths: ['/accounts/*'], endUsers: EndUsers.required(ours) });
    client.calls(ledger, { paths: ['/accounts/rates'] });
    client.calls(ledger, { paths: ['/other/*'], methods: ['GET', 'OPTIONS'] });
  });
  gateway = (await stage.cluster.get('v1', 'Service', 'edge', 'stage'))!.spec.clusterIP;
});

afterAll(() => stage.cluster.disconnect());

/** From a pod outside of the mesh, as somebody outside of the cluster would. */
async function askAll(requests: ({ path: string; host?: string } & Partial<EchoRequest>)[]): Promise<EchoResult[]> {
  return stage.cluster.send(PLAIN, requests.map(({ path, host = SHOP, headers, ...request }) => (
    { url: `http://${SHOP}${path}`, address: `${gateway}:80`, headers: { ...headers, host }, timeoutMs: 10_000, ...request, path: undefined })));
}

async function ask(path: string, headers: Record<string, string> = {}, request: Partial<EchoRequest> & { host?: string } = {}): Promise<EchoResult> {
  return (await askAll([{ path, headers, ...request }]))[0];
}

const named = (results: EchoResult[]) => results.map(({ status, echo }) => (echo ? `${status} ${echo.workload}` : String(status)));

describe('a token that is required', () => {
  test.each([
    ['none', {}, '403'],
    ['a valid one with the claim', accounts.bearer(BUYER), '200 orders'],
    ['one of the other issuer with the claim', partners.bearer({ groups: 'buyers' }), '200 orders'],
    ['one with another claim', accounts.bearer({ groups: ['visitors'] }), '403'],
    ['one without the claim', accounts.bearer(), '403'],
    ['one that has run out', accounts.bearer({ ...BUYER, ...LATE }), '401'],
    ['one for another audience', accounts.bearer({ ...BUYER, aud: 'bank' }), '403'],
    ['one for nobody in particular', accounts.bearer({ ...BUYER, aud: undefined }), '403'],
    ['one that somebody else has signed', impostor.bearer(BUYER), '401'],
    ['one that nobody has signed', accounts.unsigned(), '401'],
    ['one of an issuer that nobody knows', new Issuer('https://else.example.com').bearer(BUYER), '401'],
    ['one without a subject', accounts.bearer({ ...BUYER, sub: undefined }), '403'],
    ['one in the query, where nobody looks', {}, '403', `?access_token=${accounts.token(BUYER)}`],
    ['a password', { authorization: 'Basic YTpi' }, '403'],
  ])('%s', async (_, headers, expected, query = '') => {
    expect(named([await ask(`/orders/7${query}`, headers)])).toEqual([expected]);
  });

  test('the program gets the claim and not the token, and nothing that a client has made up', async () => {
    const { echo } = await ask('/orders/7', { ...accounts.bearer(BUYER), 'x-user': 'root' });
    expect(echo!.headers).toMatchObject({ 'x-user': 'ada' });
    expect(echo!.headers).not.toHaveProperty('authorization');
  });

  test('every method asks, but for what is exposed more closely without', async () => {
    const requests = ['GET', 'HEAD', 'POST', 'OPTIONS'].flatMap(method => [{ path: '/orders/7', method }, { path: '/orders/public', method }]);
    expect(named(await askAll(requests))).toEqual(['403', '200 orders', '403', '403', '403', '403', '403', '403']);
  });

  test('the rest of the host is answered without', async () => {
    expect(named(await askAll([{ path: '/' }, { path: '/ordersx' }, { path: '/', headers: accounts.bearer() }]))).toEqual(['200 frontend', '200 frontend', '200 frontend']);
  });
});

test('what a browser asks before a request needs none, and the request itself does', async () => {
  const preflight = { method: 'OPTIONS', headers: { 'origin': PAGE, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } };
  const [asked, refused, answered, stranger, bare] = await askAll([
    preflight,
    { headers: { origin: PAGE } },
    { headers: { origin: PAGE, ...accounts.bearer() } },
    { ...preflight, headers: { ...preflight.headers, origin: 'https://else.example.com' } },
    { method: 'OPTIONS', headers: { origin: PAGE } },
  ].map(request => ({ path: '/page/1', ...request })));

  expect(asked).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': PAGE, 'access-control-allow-headers': 'authorization' } });
  expect(named([refused, answered])).toEqual(['403', '200 orders']);
  expect(answered.headers).toMatchObject({ 'access-control-allow-origin': PAGE });
  expect(stranger.headers).not.toHaveProperty('access-control-allow-origin');
  expect([asked, stranger, bare].map(({ echo }) => echo?.workload)).not.toContain('orders');
});

describe('no spelling goes around it', () => {
  test.each(['/orders/../orders/7', '/x/../orders/7', '//orders/7', '/orders//7', '/orders/./7', '/orders/%2e%2e/orders/7', '/x/%2e%2e/orders/7', '/%6frders/7', '/ORDERS/7', '/orders%2F7',
    '/orders/7?a=/orders/public', '/orders/public/', '/orders/public;x', '/orders/public%2F..%2F7', '/orders/public/../7', '/optional/../orders/7', '/orders/7#/orders/public', '/orders\\7',
    '/orders/public%00', '/orders/a*b', '/x|/../orders/7'])('of the path: %s', async (path) => {
    expect(named([await ask(path)])).not.toEqual(['200 orders']);
  });

  test.each([SHOP.toUpperCase(), `${SHOP}:80`, `${SHOP}:443`, `${SHOP}:9999`, `${SHOP}:`, `${SHOP}:x`, `${SHOP}.`, `${SHOP}:x.wild.example.com`, `${SHOP}:${OPEN}`, `a@${SHOP}`])(
    'of the host: %s', async (host) => {
      expect(named([await ask('/orders/7', {}, { host })])).not.toEqual(['200 orders']);
    });

  test.each(['a.wild.example.com', 'A.WILD.example.com', 'a.wild.example.com:80', 'a.wild.example.com:9999', 'a.wild.example.com:', `${OPEN}:a.wild.example.com`, `${OPEN}:a.wild.example.com:80`, `a.${OPEN}`])(
    'of a host below a wildcard: %s', async (host) => {
      expect(named([await ask('/', {}, { host })])).not.toEqual(['200 wide']);
    });

  test('a port that sends to HTTPS is none either, whatever a client says of how it came', async () => {
    const secure = { host: SECURE, headers: { 'x-forwarded-proto': 'https' } };
    expect(named(await askAll([{ path: '/orders/public', host: SECURE }, { path: '/orders/public', ...secure }, { path: '/orders/7', ...secure }])))
      .toEqual(['301', '200 orders', '403']);
  });
});

test('a wildcard of hosts asks, and a host of its own below it does not', async () => {
  const results = await askAll(['a.wild.example.com', 'a.wild.example.com:80'].map(host => ({ path: '/', host, headers: accounts.bearer() })));
  expect(named(results)).toEqual(['200 wide', '200 wide']);
  expect(named(await askAll([OPEN, `${OPEN}:80`].map(host => ({ path: '/', host }))))).toEqual(['200 open', '200 open']);
});

test('what a redirect answers needs no token, and nothing beside it goes without', async () => {
  const [sent, moved, ...others] = await askAll([
    { path: '/products/1', host: 'a.wild.example.com' }, { path: '/', host: OLD },
    ...['/products', '/productsx', '/products/../1', '/products/%2e%2e/1', '/x/../products%2F..%2F1'].map(path => ({ path, host: 'a.wild.example.com' })),
  ]);
  expect([sent, moved].map(({ status, headers }) => [status, headers?.location])).toEqual([[301, 'http://a.wild.example.com/catalogue'], [301, `http://${SHOP}/`]]);
  expect(named(others)).toEqual(['403', '403', '403', '403', '403']);
});

test('of an optional token, one that is shown has to be valid', async () => {
  const results = await askAll([{}, accounts.bearer(), accounts.bearer(LATE), impostor.bearer()].map(headers => ({ path: '/optional/1', headers: headers as Record<string, string> })));
  expect(named(results)).toEqual(['200 orders', '200 orders', '401', '401']);
});

test('nobody makes up a claim where no token is asked for', async () => {
  const forged = { 'x-user': 'root' };
  const preflight = { 'origin': 'https://else.example.com', 'access-control-request-method': 'GET' };
  const results = await askAll(['/optional/1', '/'].flatMap(path => [
    { path, headers: forged }, { path, headers: forged, method: 'OPTIONS' }, { path, headers: { ...forged, ...preflight }, method: 'OPTIONS' }, { path, headers: preflight, method: 'OPTIONS' },
  ]));
  // Of what has the form of a preflight, an older Envoy removes nothing: our rule refuses it there
  expect(results.filter((_, index) => index % 4 !== 2).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(results.filter(({ echo }) => echo?.headers['x-user'] !== undefined)).toEqual([]);
});

test('an address is the one that the proxy before the gateway has seen', async () => {
  const from = (forwarded?: string) => ({ path: '/office/1', headers: forwarded ? { 'x-forwarded-for': forwarded } : {} as Record<string, string> });
  expect(named(await askAll([from('203.0.113.9'), from('198.51.100.1, 203.0.113.9'), from('203.0.113.9, 198.51.100.1'), from('198.51.100.1'), from()])))
    .toEqual(['200 orders', '200 orders', '403', '403', '403']);
});

test('behind the edge the service\'s own proxy asks, of a client that is allowed', async () => {
  const send = async (path: string, headers: Record<string, string> = {}, method = 'GET') => (
    await stage.cluster.send('stage/client', [{ url: `http://ledger.stage:8080${path}`, headers, method, timeoutMs: 10_000 }]))[0];
  const preflight = { 'x-user': 'root', 'origin': 'https://else.example.com', 'access-control-request-method': 'GET' };

  expect(named([
    await send('/accounts/1'), await send('/accounts/1', accounts.bearer()), await send('/accounts/1', accounts.bearer(LATE)), await send('/accounts/1', accounts.bearer({ aud: 'bank' })),
    await send('/accounts/rates'), await send('/other/1'), await send('/accounts/../accounts/1'), await send('/accounts/rates/../1'),
  ])).toEqual(['403', '200 ledger', '401', '403', '200 ledger', '200 ledger', '403', '403']);
  expect((await send('/other/1', preflight, 'OPTIONS')).echo?.headers['x-user']).toBeUndefined();
  const { echo } = await send('/accounts/1', { ...accounts.bearer(), 'x-user': 'root' });
  expect(echo!.headers).toMatchObject({ 'x-user': 'ada' });
});

test('istioctl analyze has nothing against it, but for what an installation may set', async () => {
  const kinds: [string, string][] = [['security.istio.io/v1', 'RequestAuthentication'], ['security.istio.io/v1', 'AuthorizationPolicy'], ['v1', 'Service'], ['v1', 'Pod']];
  expect((await analysisOf(stage.cluster, ['stage'], kinds)).filter(message => !JSON.stringify(message).includes('IST0175'))).toEqual([]);
});
