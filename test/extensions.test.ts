import {
  ExtensionFilter, ExtensionPhase, ExternalService, FailStrategy, MeshPort, TrafficExtension, TrafficExtensionProps, TrafficMatch,
} from '../src';
import { find, Manifest, synthesize, synthesizeApp } from './support/manifests';
import { podOf, World } from './support/world';

const SCRIPT = 'function envoy_on_request(handle) end';
const DIGEST = 'a'.repeat(64);

function shop() {
  const world = new World();
  const orders = world.service('orders', { ports: [MeshPort.http(80, { targetPort: 8080 }), MeshPort.tcp(9000)] });
  const ledger = world.service('ledger', { ports: [MeshPort.grpc(50051)] });
  orders.calls(ledger);
  const registry = new ExternalService(world.shop, 'registry', { host: 'registry.example.com', ports: [MeshPort.tls(443)] });
  return Object.assign(world, { orders, ledger, registry });
}

function extended(props: (world: ReturnType<typeof shop>) => Partial<TrafficExtensionProps> = () => ({}), world = shop()): Manifest[] {
  new TrafficExtension(world.shop, 'audit', { service: world.orders, filter: ExtensionFilter.lua(SCRIPT), ...props(world) });
  return synthesize(world.shop);
}

const specOf = (...args: Parameters<typeof extended>) => find(extended(...args), 'TrafficExtension', 'audit').spec;

test('a script runs for what comes in on the port that shows requests, at the end of the chain', () => {
  expect(find(extended(), 'TrafficExtension', 'audit')).toMatchObject({ apiVersion: 'extensions.istio.io/v1alpha1', metadata: { namespace: 'shop' } });
  expect(specOf()).toEqual({
    selector: { matchLabels: { 'service.istio.io/canonical-name': 'orders' } },
    match: [{ mode: 'SERVER', ports: [{ number: 8080 }] }],
    lua: { inlineCode: SCRIPT },
  });
});

test.each([
  'function envoy_on_response(h) end', 'envoy_on_request = function(h) end', '_G.envoy_on_request = handler', 'function _G.envoy_on_request(h) end', 'local a = 1 function envoy_on_request(h) end',
  'do local n = 0 function envoy_on_request(h) n = n + 1 end end', 'local function f() if a then return end end function envoy_on_request(h) f() end', 'envoy_on_request = make(5)',
  'local function f() repeat local x = 1 until x for i = 1, 2 do end while a do end end\nenvoy_on_request = f', 'local s = "\\"end" --[[ function ]] function envoy_on_request(h) end',
  'local s = [[ function ]] -- function\nfunction envoy_on_response(h) end', 'if x then function envoy_on_request(h) end else function envoy_on_response(h) end end',
  'local t = { f = function() return 1 end } function envoy_on_request(h) end', 'local envoy_on_request = f\n_G.envoy_on_request = envoy_on_request',
])('a script that defines what Envoy calls: %s', (code) => {
  expect(specOf(() => ({ filter: ExtensionFilter.lua(code) })).lua).toEqual({ inlineCode: code });
});

describe('a script', () => {
  const HEAD = 'function envoy_on_request(h) end --';

  test('may define its function by assignment, and have as many bytes as the API server takes', () => {
    for (const script of ['envoy_on_response = function(handle) end', `${HEAD}${'x'.repeat(65536 - HEAD.length)}`]) {
      expect(specOf(() => ({ filter: ExtensionFilter.lua(script) })).lua.inlineCode).toBe(script);
    }
  });
});

test.each([-2147483648, 0, 2147483647])('has the rank %d', (priority) => {
  expect(specOf(() => ({ priority })).priority).toBe(priority);
});

test.each<[ExtensionPhase, string]>([
  [ExtensionPhase.BEFORE_AUTHENTICATION, 'AUTHN'], [ExtensionPhase.BEFORE_AUTHORIZATION, 'AUTHZ'], [ExtensionPhase.BEFORE_STATISTICS, 'STATS'],
])('stands %s, in the rank that is asked for', (phase, written) => {
  expect(specOf(() => ({ phase, priority: -5 }))).toMatchObject({ phase: written, priority: -5 });
});

test('runs for what goes out, to all or to what has a port', () => {
  expect(specOf(() => ({ match: [TrafficMatch.outgoing(), TrafficMatch.incoming('http')] })).match).toEqual([
    { mode: 'CLIENT' }, { mode: 'SERVER', ports: [{ number: 8080 }] },
  ]);
  expect(specOf(() => ({ match: [TrafficMatch.outgoing(50051)] })).match).toEqual([{ mode: 'CLIENT', ports: [{ number: 50051 }] }]);
});

test('what goes out is known by the number that clients ask, and not by that of the container', () => {
  const world = shop();
  world.orders.calls(world.service('cart', { ports: [MeshPort.http(80, { targetPort: 8443 })] }));

  expect(specOf(() => ({ match: [TrafficMatch.outgoing(80)] }), world).match).toEqual([{ mode: 'CLIENT', ports: [{ number: 80 }] }]);
});

test('a worker has an extension for what it asks', () => {
  const world = shop();
  const mailer = world.service('mailer', { ports: undefined });
  mailer.calls(world.ledger);
  expect(specOf(() => ({ service: mailer, match: [TrafficMatch.outgoing()] }), world).selector.matchLabels).toEqual({ 'service.istio.io/canonical-name': 'mailer' });
});

describe('a module', () => {
  test('is written with all that is said of it', () => {
    const filter = (world: ReturnType<typeof shop>) => ExtensionFilter.wasm(`oci://registry.example.com/acme/waf@sha256:${DIGEST}`, {
      fetchedFrom: [world.registry],
      sha256: DIGEST,
      pullSecret: 'registry',
      pluginName: 'waf',
      configuration: { mode: 'block', ports: [1] },
      variables: { REGION: 'eu' },
      failStrategy: FailStrategy.RELOAD,
    });
    expect(specOf(world => ({ filter: filter(world) })).wasm).toEqual({
      url: `oci://registry.example.com/acme/waf@sha256:${DIGEST}`,
      sha256: DIGEST,
      imagePullSecret: 'registry',
      pluginName: 'waf',
      pluginConfig: { mode: 'block', ports: [1] },
      vmConfig: { env: [{ name: 'REGION', value: 'eu' }] },
      failStrategy: 'FAIL_RELOAD',
    });
  });

  test('refuses requests while it is not there, unless they may pass', () => {
    const url = 'file:///etc/waf.wasm';
    expect(specOf(() => ({ filter: ExtensionFilter.wasm(url) })).wasm).toEqual({ url, failStrategy: 'FAIL_CLOSE' });
    expect(specOf(() => ({ filter: ExtensionFilter.wasm(url, { failStrategy: FailStrategy.OPEN }) })).wasm.failStrategy).toBe('FAIL_OPEN');
  });

  test.each([
    'oci://registry.example.com/waf:1.0', 'oci://registry.example.com:443/acme/waf:1.0', `oci://registry.example.com/waf@sha256:${DIGEST}`,
  ])('%s says which module it is', (url) => {
    expect(specOf(({ registry }) => ({ filter: ExtensionFilter.wasm(url, { fetchedFrom: [registry] }) })).wasm.url).toBe(url);
  });

  test('may come by HTTP, from port 80 unless another is said', () => {
    const from = (port: number) => (world: ReturnType<typeof shop>) => ({
      filter: ExtensionFilter.wasm(port === 80 ? 'http://modules.example.com/waf.wasm' : `http://modules.example.com:${port}/waf.wasm`, {
        sha256: DIGEST, fetchedFrom: [new ExternalService(world.shop, 'modules', { host: 'modules.example.com', ports: [MeshPort.http(port)] })],
      }),
    });
    expect([80, 8080].map(port => specOf(from(port)).wasm.url)).toEqual(['http://modules.example.com/waf.wasm', 'http://modules.example.com:8080/waf.wasm']);
  });

  test('has names and values of every length that Istio takes', () => {
    const [name, value] = ['A'.repeat(256), 'a'.repeat(2048)];
    const wasm = specOf(() => ({ filter: ExtensionFilter.wasm('file:///etc/waf.wasm', { pluginName: 'p'.repeat(256), variables: { [name]: value } }) })).wasm;

    expect([wasm.pluginName.length, wasm.vmConfig.env]).toEqual([256, [{ name, value }]]);
  });

  test('is fetched from where it was said, whatever becomes of the list', () => {
    const world = shop();
    const fetchedFrom = [world.registry];
    const filter = ExtensionFilter.wasm('oci://registry.example.com/waf:1.0', { fetchedFrom });
    fetchedFrom.pop();

    expect(specOf(() => ({ filter }), world).wasm.url).toBe('oci://registry.example.com/waf:1.0');
  });

  test('opens the way to where it is fetched from, for the proxies that run it alone', () => {
    const manifests = extended(({ registry }) => ({ filter: ExtensionFilter.wasm('oci://registry.example.com/waf:1.0', { fetchedFrom: [registry] }) }));
    const open = (name: string) => (find(manifests, 'NetworkPolicy', name).spec.egress ?? []).some(({ ports = [] }: any) => ports.some(({ port }: any) => port === 443));
    expect([open('orders'), open('ledger')]).toEqual([true, false]);
  });

  test('opens nothing of the proxy, which the agent goes around: the program may not go there', () => {
    const world = shop();
    const modules = new ExternalService(world.chart('tools', 'tools'), 'modules', {
      host: 'modules.example.com', ports: [MeshPort.tcp(5000)], cidrs: ['10.1.0.0/16'],
    });
    new TrafficExtension(world.shop, 'audit', {
      service: world.orders, filter: ExtensionFilter.wasm('http://modules.example.com:5000/waf.wasm', { fetchedFrom: [modules], sha256: DIGEST }),
    });
    const manifests = synthesizeApp(world.app);

    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual(['shop/ledger.shop.svc.cluster.local', 'istio-system/*']);
    expect(find(manifests, 'ServiceEntry', 'modules').spec.exportTo).toEqual(['.']);
    expect(JSON.stringify(podOf(manifests))).not.toContain('ISTIO_META_DNS_CAPTURE');
    expect(JSON.stringify(find(manifests, 'NetworkPolicy', 'orders').spec.egress)).toContain('10.1.0.0/16');
  });
});
