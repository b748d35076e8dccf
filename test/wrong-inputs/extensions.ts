import { ExtensionFilter, ExternalService, MeshPort, ServiceVersion, TlsOrigination, TrafficExtension, TrafficExtensionProps, TrafficMatch, WasmOptions } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const SCRIPT = ExtensionFilter.lua('function envoy_on_request(handle) end');

function wrong(
  mistake: string, props: (world: World) => Partial<TrafficExtensionProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: (world) => {
      const { service = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.tcp(9000)] }), ...rest } = props(world);
      new TrafficExtension(world.shop, 'audit', { service, filter: SCRIPT, ...rest });
      world.synth();
    },
    code,
    path: 'shop/audit',
    property,
    received,
    fix: [fix],
  };
}

function module(mistake: string, url: string, options: Omit<WasmOptions, 'fetchedFrom'>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return wrong(mistake, (world) => {
    const fetchedFrom = [new ExternalService(world.shop, 'registry', { host: 'registry.example.com', ports: [MeshPort.tls(443)] })];
    return { filter: ExtensionFilter.wasm(url, url.startsWith('file') ? options : { ...options, fetchedFrom }) };
  }, code, `filter.${property}`, received, fix);
}

const WAF = 'oci://registry.example.com/acme/waf:1.2.0';
const A = 'a'.repeat(64);
const CIRCLE: { within: { it?: unknown } } = { within: {} };
CIRCLE.within.it = CIRCLE;

export const wrongExtensions: WrongInput[] = [
  wrong('a script that Envoy never calls', () => ({ filter: ExtensionFilter.lua('function on_request() end') }), 'InvalidExtension', 'filter', '"function on_request() end"', 'envoy_on_request'),
  ...['-- function envoy_on_request(handle) is gone', '--[[ function envoy_on_request(handle) end ]]', 'envoy_on_request = nil', 'local function envoy_on_request(handle) end',
    'local envoy_on_request\nfunction envoy_on_request(handle) end', 'print("function envoy_on_request(handle) end")', 'local s = [==[\nfunction envoy_on_request(handle) end\n]==]',
    'function setup() function envoy_on_request(handle) end end', 'setup = function() if x then envoy_on_request = on_request end end', 'function M.envoy_on_request(handle) end',
    'M.envoy_on_request = function(handle) end', 'if envoy_on_request == nil then end', 'envoy_on_request(handle)', 'function envoy_on_requests(handle) end'].map(code => wrong(
    `a script that defines nothing: ${code}`, () => ({ filter: ExtensionFilter.lua(code) }), 'InvalidExtension', 'filter', JSON.stringify(code), 'envoy_on_request')),
  wrong('a module from somewhere else than is said', world => ({
    filter: ExtensionFilter.wasm(WAF, { fetchedFrom: [new ExternalService(world.shop, 'other', { host: 'other.example.com', ports: [MeshPort.tls(443)] })] }),
  }), 'InvalidExtension', 'filter.fetchedFrom', '["other.example.com:443"]', 'host: \'registry.example.com\''),
  wrong('a module from a host whose name begins alike', world => ({
    filter: ExtensionFilter.wasm('oci://registry.example.co/waf:1.0', { fetchedFrom: [new ExternalService(world.shop, 'other', { host: 'registry.example.com', ports: [MeshPort.tls(443)] })] }),
  }), 'InvalidExtension', 'filter.fetchedFrom', '["registry.example.com:443"]', 'host: \'registry.example.co\''),
  wrong('a module from another app\'s registry', () => ({
    filter: ExtensionFilter.wasm(WAF, { fetchedFrom: [new ExternalService(new World().shop, 'registry', { host: 'registry.example.com', ports: [MeshPort.tls(443)] })] }),
  }), 'OtherApp', 'filter.fetchedFrom[0]', '"shop/registry"', 'as an ExternalService'),
  wrong('a module from a service that takes certificates alone', world => ({
    filter: ExtensionFilter.wasm('http://modules.shop:8080/waf.wasm', { sha256: A, fetchedFrom: [world.service('modules')] }),
  }), 'InvalidExtension', 'filter.fetchedFrom[0]', '"shop/modules"', 'inMesh: false'),
  wrong('a script of nothing', () => ({ filter: ExtensionFilter.lua('') }), 'InvalidExtension', 'filter', '""', 'envoy_on_request'),
  wrong('a script that is too long', () => ({ filter: ExtensionFilter.lua(`function envoy_on_request(h) end --${'x'.repeat(65536)}`) }),
    'InvalidExtension', 'filter', '65571', 'ExtensionFilter.wasm()'),
  wrong('a script of letters that are two bytes each', () => ({ filter: ExtensionFilter.lua(`function envoy_on_request(h) end --${'ä'.repeat(32768)}`) }),
    'InvalidExtension', 'filter', '65571', 'ExtensionFilter.wasm()'),
  wrong('an extension of a version that has its service\'s identity', (world) => {
    const orders = world.service('orders');
    return { service: new ServiceVersion(world.shop, 'orders-eu', { service: orders, version: 'eu' }), match: [TrafficMatch.outgoing()] };
  }, 'NotOurs', 'service', '"shop/orders-eu"', 'ownIdentity: true'),
  wrong('no requests', () => ({ match: [] }), 'EmptyList', 'match', '[]', 'Leave it out'),
  wrong('the requests of a port that shows none', () => ({ match: [TrafficMatch.incoming('tcp')] }), 'NotHttp', 'match[0].port', '"tcp"', 'MeshPort.http()'),
  wrong('the requests of a port that is not there', () => ({ match: [TrafficMatch.incoming('admin')] }), 'UnknownPort', 'match[0].port', '"admin"', 'http'),
  wrong('the requests of one who asks nothing', () => ({ match: [TrafficMatch.outgoing()] }), 'UndeclaredCall', 'match[0]', '"outgoing()"', 'Declare the call'),
  wrong('the requests of one who makes connections alone', (world) => {
    const service = world.service('orders', { ports: [MeshPort.http(8080)] });
    service.calls(world.service('redis', { ports: [MeshPort.tcp(6379)] }));
    return { service, match: [TrafficMatch.outgoing()] };
  }, 'UndeclaredCall', 'match[0]', '"outgoing()"', 'on a port of HTTP'),
  wrong('the requests to a port of the container', (world) => {
    const service = world.service('orders', { ports: [MeshPort.http(8080)] });
    service.calls(world.service('cart', { ports: [MeshPort.http(80, { targetPort: 8443 })] }));
    return { service, match: [TrafficMatch.outgoing(8443)] };
  }, 'UndeclaredCall', 'match[0]', '8443', 'Declare the call'),
  wrong('the requests to a port that nothing is asked on', () => ({ match: [TrafficMatch.incoming(), TrafficMatch.outgoing(9090)] }), 'UndeclaredCall', 'match[1]', '9090', 'Declare the call'),
  wrong('what comes in of a worker', world => ({ service: world.service('mailer', { ports: undefined }) }), 'NotCallable', 'service', '"shop/mailer"', 'ports'),
  ...[-2147483649, 2147483648].map(priority => wrong(`a rank of ${priority}`, () => ({ priority }), 'InvalidExtension', 'priority', String(priority), 'whole number')),
  wrong('a rank of half', () => ({ priority: 0.5 }), 'InvalidExtension', 'priority', '0.5', 'whole number'),
  wrong('an extension of another app\'s service', () => ({ service: new World().service('orders') }), 'OtherApp', 'service', '"shop/orders"', 'that describes the service'),
  wrong('a module that nothing leads to', () => ({ filter: ExtensionFilter.wasm(WAF) }), 'InvalidExtension', 'filter.fetchedFrom', '[]', 'new ExternalService'),
  module('a module that is no URL', 'registry.example.com/waf:1', {}, 'InvalidUrl', 'url', '"registry.example.com/waf:1"', 'oci://'),
  module('a module by FTP', 'ftp://registry.example.com/waf.wasm', {}, 'InvalidUrl', 'url', '"ftp://registry.example.com/waf.wasm"', 'oci://'),
  module('a module from another port than the registry\'s', 'oci://registry.example.com:8443/waf:1.0', {}, 'InvalidExtension', 'fetchedFrom', '["registry.example.com:443"]', 'MeshPort.tls(8443)'),
  module('a module by a query', 'https://registry.example.com/waf.wasm?v=1', { sha256: A }, 'InvalidUrl', 'url', '"https://registry.example.com/waf.wasm?v=1"', 'oci://'),
  module('a module of a variable that is not set', 'oci://registry.example.com/undefined:1', {}, 'UnsetValue', 'url', '"oci://registry.example.com/undefined:1"', 'put together'),
  module('a module without a tag', 'oci://registry.example.com/waf', {}, 'UnpinnedImage', 'sha256', 'undefined', 'checksum'),
  module('the latest image', 'oci://registry.example.com/waf:latest', {}, 'UnpinnedImage', 'sha256', 'undefined', 'checksum'),
  module('a module by HTTPS without a checksum', 'https://registry.example.com/waf.wasm', {}, 'UnpinnedImage', 'sha256', 'undefined', 'checksum'),
  module('a checksum in capitals', WAF, { sha256: 'A'.repeat(64) }, 'InvalidExtension', 'sha256', `"${'A'.repeat(64)}"`, 'sha256sum'),
  module('a checksum that is not the digest', `oci://registry.example.com/waf@sha256:${'b'.repeat(64)}`, { sha256: A }, 'InvalidExtension', 'sha256', `"${A}"`, 'Leave it out'),
  module('a Secret for what no registry has', 'file:///etc/waf.wasm', { pullSecret: 'registry' }, 'InvalidExtension', 'pullSecret', '"registry"', 'oci://'),
  ...([
    ['NaN', { limit: NaN }, 'configuration.limit', 'NaN'], ['Infinity', { a: [1, { b: Infinity }] }, 'configuration.a[1].b', 'Infinity'],
    ['a date', { since: new Date(0) }, 'configuration.since', 'a Date'], ['a map', { users: new Map() }, 'configuration.users', 'a Map'],
    ['a function', { rule: function allowed() {} }, 'configuration.rule', 'the function allowed'], ['a symbol', { rule: Symbol('a') }, 'configuration.rule', 'Symbol(a)'],
    ['a big number', { limit: 5n }, 'configuration.limit', '5'], ['a hole', { users: [undefined] }, 'configuration.users[0]', 'undefined'],
    ['itself', CIRCLE, 'configuration.within.it', '"a circle"'],
  ] as const).map(([what, configuration, property, received]) => module(`a configuration with ${what}`, WAF, { configuration }, 'InvalidExtension', property, received,
    what === 'itself' ? 'JSON' : 'toISOString()')),
  module('a configuration of nothing', WAF, { configuration: {} }, 'EmptyList', 'configuration', '{}', 'Leave it out'),
  module('no variables of a plug-in', WAF, { variables: {} }, 'EmptyList', 'variables', '{}', 'Leave it out'),
  ...([
    ['http://modules/x.wasm', 'MeshPort.http(80)'], ['http://modules:8080/x.wasm', 'MeshPort.http(8080)'], ['https://modules.example.com/x.wasm', 'MeshPort.tls(443)'],
  ] as const).map(([url, port]) => wrong(`a module of ${url} that nothing leads to`, () => ({ filter: ExtensionFilter.wasm(url, { sha256: A }) }),
    'InvalidExtension', 'filter.fetchedFrom', '[]', port)),
  module('a Secret in capitals', WAF, { pullSecret: 'Registry' }, 'InvalidName', 'pullSecret', '"Registry"', 'lower case'),
  module('a plug-in without a name', WAF, { pluginName: '' }, 'InvalidExtension', 'pluginName', '""', 'root id'),
  module('a plug-in of 257 letters', WAF, { pluginName: 'p'.repeat(257) }, 'InvalidExtension', 'pluginName', `"${'p'.repeat(257)}"`, 'root id'),
  module('a variable of 257 letters', WAF, { variables: { ['A'.repeat(257)]: 'a' } }, 'InvalidVariable', 'variables', `"${'A'.repeat(257)}"`, 'configuration'),
  module('a variable of a value of 2049 letters', WAF, { variables: { REGION: 'a'.repeat(2049) } }, 'InvalidVariable', 'variables', '"REGION"', 'configuration'),
  module('a variable of a plug-in with a dash', WAF, { variables: { 'MY-REGION': 'eu' } }, 'InvalidVariable', 'variables', '"MY-REGION"', 'configuration'),
  module('a variable of a value that is not set', WAF, { variables: { REGION: 'undefined' } }, 'UnsetValue', 'variables.REGION', '"undefined"', 'put together'),
  {
    mistake: 'a way to fetch what is there',
    make: (world) => {
      const registry = new ExternalService(world.shop, 'registry', { host: 'registry.example.com', ports: [MeshPort.tls(443)] });
      new TrafficExtension(world.shop, 'audit', { service: world.service('orders'), filter: ExtensionFilter.wasm('file:///etc/waf.wasm', { fetchedFrom: [registry] }) });
    },
    code: 'InvalidExtension',
    path: 'shop/audit',
    property: 'filter.fetchedFrom',
    received: '"file:///etc/waf.wasm"',
    fix: ['proxy\'s image'],
  },
  ...[MeshPort.http(80, { tls: TlsOrigination.simple() }), MeshPort.http(80, { targetPort: 8080 })].map((port): WrongInput => ({
    mistake: `a way that only Envoy knows, to ${port.targetPort}`,
    make: (world) => {
      const modules = new ExternalService(world.shop, 'modules', { host: 'modules.example.com', ports: [port] });
      new TrafficExtension(world.shop, 'audit', {
        service: world.service('orders'), filter: ExtensionFilter.wasm('http://modules.example.com/waf.wasm', { fetchedFrom: [modules], sha256: A }),
      });
    },
    code: 'InvalidExtension',
    path: 'shop/audit',
    property: 'filter.fetchedFrom[0]',
    received: '"modules.example.com:80"',
    fix: ['without targetPort and tls'],
  })),
  {
    mistake: 'two extensions of a name',
    make: (world) => {
      ['orders', 'ledger'].forEach(id => new TrafficExtension(id === 'orders' ? world.shop : world.chart('more', 'shop'), 'audit', { service: world.service(id), filter: SCRIPT }));
    },
    code: 'DuplicateName',
    path: 'more/audit',
    property: 'id',
    received: '"audit"',
    fix: ['another name'],
  },
];
