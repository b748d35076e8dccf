import * as kplus from 'cdk8s-plus-28';
import {
  ExistingGateway, ExtensionFilter, ExternalService, GatewayServer, GlobalRateLimit, LimitKey, LocalRateLimit, LocalRateLimitProps, MeshGateway,
  MeshGatewayProps, MeshPort, Rate, RateLimit, RateLimitDomain, RateLimitOptions, RouteMatch, ServerCertificate, StringMatch, TrafficExtension,
  TrafficExtensionProps, TrafficMatch,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const RATE = Rate.perSecond(10);
const SHOP = 'shop.example.com';
const SCRIPT = ExtensionFilter.lua('function envoy_on_request(handle) end');

function edge(world: World, props: Partial<MeshGatewayProps> = {}): MeshGateway {
  const gateway = new MeshGateway(world.shop, 'edge', {
    servers: [GatewayServer.http([SHOP, 'api.example.com']), GatewayServer.http([SHOP], { port: 8088 })], ...props,
  });
  gateway.exposes(world.service('orders'), { hosts: [SHOP] });
  return gateway;
}

function existing(world: World): ExistingGateway {
  const servers = [GatewayServer.http([SHOP])];
  return new ExistingGateway(world.shop, 'public', { namespace: 'shop', serviceAccount: 'ingress', podLabels: { istio: 'ingress' }, servers });
}

function wrong(
  mistake: string, props: (world: World) => Partial<LocalRateLimitProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: (world) => {
      const { gateway = edge(world), ...rest } = props(world);
      new LocalRateLimit(world.shop, 'limit', { gateway, limits: [RateLimit.of(RATE)], ...rest });
      world.synth();
    },
    code,
    path: 'shop/limit',
    property,
    received,
    fix: [fix],
  };
}

function limit(
  mistake: string, options: (world: World) => RateLimitOptions, code: ErrorCode, property: string, received: string, fix: string,
  gateway: Partial<MeshGatewayProps> = {},
): WrongInput {
  const props = (world: World) => ({ gateway: edge(world, gateway), limits: [RateLimit.of(RATE), RateLimit.of(RATE, options(world))] });
  return wrong(mistake, props, code, `limits[1].${property}`, received, fix);
}

function extension(
  mistake: string, props: (world: World) => Partial<TrafficExtensionProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: (world) => {
      const { gateway = edge(world), ...rest } = props(world);
      new TrafficExtension(world.shop, 'audit', { gateway, filter: SCRIPT, ...rest });
      world.synth();
    },
    code,
    path: 'shop/audit',
    property,
    received,
    fix: [fix],
  };
}

function ofGrpc(world: World): MeshGateway {
  const gateway = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http([SHOP])] });
  gateway.exposes(world.service('orders', { ports: [MeshPort.grpc(50051)] }), { hosts: [SHOP] });
  return gateway;
}

const connections = (world: World) => new MeshGateway(world.shop, 'door', { servers: [GatewayServer.tcp(5432)] });
const SEEN = { trustedProxies: 1 };

export const wrongGatewayFilters: WrongInput[] = [
  {
    mistake: 'a limit of nothing',
    make: world => new LocalRateLimit(world.shop, 'limit', { limits: [RateLimit.of(RATE)] }),
    code: 'MissingProperty',
    path: 'shop/limit',
    property: 'service',
    received: 'undefined',
    fix: ['or the gateway'],
  },
  {
    mistake: 'an extension of nothing',
    make: world => new TrafficExtension(world.shop, 'audit', { filter: SCRIPT }),
    code: 'MissingProperty',
    path: 'shop/audit',
    property: 'service',
    received: 'undefined',
    fix: ['or the gateway'],
  },
  extension('a port of a gateway twice', () => ({ match: [TrafficMatch.gatewayPort(80), TrafficMatch.gatewayPort(80)] }),
    'InvalidExtension', 'match[1]', '{"mode":"CLIENT","ports":[{"number":8080}]}', 'Leave one'),
  extension('a port of a gateway beside all of them', () => ({ match: [TrafficMatch.gatewayPort(80), TrafficMatch.incoming()] }),
    'InvalidExtension', 'match[0]', '{"mode":"CLIENT","ports":[{"number":8080}]}', 'Leave one'),
  extension('all ports of a gateway twice', () => ({ match: [TrafficMatch.incoming(), TrafficMatch.incoming()] }), 'InvalidExtension', 'match[1]', '{"mode":"CLIENT"}', 'Leave one'),
  wrong('a limit of a service and a gateway', world => ({ service: world.service('other') }), 'IneffectiveLimit', 'gateway', '"shop/edge"', 'construct of its own'),
  wrong('a limit of another\'s gateway', world => ({ gateway: existing(world) }), 'NotOurs', 'gateway', '"shop/public"', 'exposed by a MeshGateway'),
  wrong('a limit of another app\'s gateway', () => ({ gateway: edge(new World()) }), 'OtherApp', 'gateway', '"shop/edge"', 'that describes the gateway'),
  wrong('a limit of a gateway in another namespace', world => ({
    gateway: new MeshGateway(world.chart('web', 'web'), 'door', { servers: [GatewayServer.http([SHOP])] }),
  }), 'OtherNamespace', 'gateway', '"web/door"', 'namespace: \'web\''),
  wrong('the name of a port at a gateway', () => ({ port: 'http' }), 'IneffectiveLimit', 'port', '"http"', 'use gatewayPort'),
  wrong('a port that the gateway does not have', () => ({ gatewayPort: 8080 }), 'UnknownPort', 'gatewayPort', '8080', 'Use 80, 8088'),
  wrong('a port that sends all to HTTPS', world => ({
    gateway: edge(world, { servers: [GatewayServer.https([SHOP], { certificate: ServerCertificate.fromSecret('tls') }), GatewayServer.http([SHOP], { redirectToHttps: true })] }),
    gatewayPort: 80,
  }), 'UnknownPort', 'gatewayPort', '80', 'Use 443'),
  wrong('a limit of a gateway that takes connections alone', world => ({ gateway: connections(world) }), 'NotHttp', 'gatewayPort', 'undefined', 'GatewayServer.http()'),
  limit('the requests of a caller at a gateway', world => ({ from: world.service('frontend') }), 'IneffectiveLimit', 'from', '"shop/frontend"', 'clientAddress()'),
  limit('a bucket for each caller at a gateway', () => ({ per: LimitKey.caller() }), 'IneffectiveLimit', 'per', '"caller()"', 'clientAddress()'),
  limit('a bucket for each address that nobody sees', () => ({ per: LimitKey.clientAddress() }), 'IneffectiveAddresses', 'per', '"clientAddress()"', 'ExternalTrafficPolicy.LOCAL'),
  limit('a client of every address', () => ({ per: LimitKey.clientAddress({ ipv4Prefix: 0 }) }), 'InvalidCidr', 'per.ipv4Prefix', '0', '32 for each address', SEEN),
  limit('a client of more bits than there are', () => ({ per: LimitKey.clientAddress({ ipv6Prefix: 129 }) }), 'InvalidCidr', 'per.ipv6Prefix', '129', '128 for each address', SEEN),
  limit('no hosts', () => ({ hosts: [] }), 'EmptyList', 'hosts', '[]', 'for all hosts'),
  limit('every host', () => ({ hosts: ['*'] }), 'InvalidHost', 'hosts[0]', '"*"', 'Leave hosts out', { servers: [GatewayServer.http(['*'])] }),
  limit('a host twice', () => ({ hosts: [SHOP, SHOP] }), 'InvalidHost', 'hosts[1]', '"shop.example.com"', 'once'),
  limit('a host and its wildcard', () => ({ hosts: ['*.example.com', SHOP] }), 'InvalidHost', 'hosts[1]', '"shop.example.com"', 'Leave one', { servers: [GatewayServer.http(['*.example.com', SHOP])] }),
  limit('a host with a port', () => ({ hosts: ['shop.example.com:80'] }), 'InvalidHost', 'hosts[0]', '"shop.example.com:80"', 'no scheme, port'),
  limit('a host that no server has', () => ({ hosts: ['www.example.com'] }), 'UnexposedHost', 'hosts[0]', '"www.example.com"', 'add it to a server'),
  limit('a host on which nothing is exposed', () => ({ hosts: ['api.example.com'] }), 'UnexposedHost', 'hosts[0]', '"api.example.com"', 'Use shop.example.com'),
  limit('an authority that no server has', () => ({ match: [RouteMatch.authority(StringMatch.exactly('www.example.com'))] }),
    'UnexposedHost', 'match[0]', '"www.example.com"', 'add it to a server'),
  limit('an authority that is none of the limit\'s hosts', () => ({ hosts: [SHOP], match: [RouteMatch.authority(StringMatch.exactly('api.example.com:80'))] }),
    'ImpossibleMatch', 'match[0]', '"api.example.com"', 'Use one of shop.example.com'),
  wrong('a bucket for each query, where gRPC alone is exposed', world => ({
    gateway: ofGrpc(world), limits: [RateLimit.of(RATE, { per: LimitKey.queryParameter('tenant') })],
  }), 'IneffectiveLimit', 'limits[0].per.queryParameter', '"tenant"', 'Use a header'),
  wrong('a query, where gRPC alone is exposed', world => ({
    gateway: ofGrpc(world), limits: [RateLimit.of(RATE, { match: [RouteMatch.queryParameter('tenant', StringMatch.exactly('a'))] })],
  }), 'ImpossibleMatch', 'limits[0].match[0].queryParameter(tenant)', '"tenant"', 'Use a header'),
  limit('no matches at a gateway', () => ({ match: [] }), 'EmptyList', 'match', '[]', 'RouteMatch'),
  limit('a match that takes in the next parameter', () => ({ match: [RouteMatch.queryParameter('a', StringMatch.regex('.+'))] }),
    'InvalidRegex', 'match[0].queryParameter(a)', '".+"', '[^&]'),
  {
    mistake: 'two limits of one port of a gateway',
    make: (world) => {
      const gateway = edge(world);
      new LocalRateLimit(world.shop, 'one', { gateway, limits: [RateLimit.of(RATE)], gatewayPort: 8088 });
      new LocalRateLimit(world.shop, 'two', { gateway, limits: [RateLimit.of(RATE)] });
    },
    code: 'DuplicateName',
    path: 'shop/two',
    property: 'gatewayPort',
    received: '8088',
    fix: ['to one construct'],
  },
  {
    mistake: 'callers in the limits of all the gateway\'s pods',
    make: (world) => {
      const domain = RateLimitDomain.of('edge', { frontend: RateLimit.of(RATE, { from: world.service('frontend') }) });
      new GlobalRateLimit(world.shop, 'limit', { gateway: edge(world), domain, rateLimitService: world.service('limiter', { ports: [MeshPort.grpc(8081)] }) });
    },
    code: 'IneffectiveLimit',
    path: 'shop/limit',
    property: 'domain.limits.frontend.from',
    received: '"shop/frontend"',
    fix: ['Limit a service by its callers'],
  },
  {
    mistake: 'limits of all pods of another\'s gateway',
    make: (world) => {
      const domain = RateLimitDomain.of('edge', { all: RateLimit.of(RATE) });
      new GlobalRateLimit(world.shop, 'limit', { gateway: existing(world), domain, rateLimitService: world.service('limiter', { ports: [MeshPort.grpc(8081)] }) });
    },
    code: 'NotOurs',
    path: 'shop/limit',
    property: 'gateway',
    received: '"shop/public"',
    fix: ['Limit the service'],
  },
  extension('an extension of a service and a gateway', world => ({ service: world.service('other') }), 'InvalidExtension', 'gateway', '"shop/edge"', 'construct of its own'),
  extension('an extension of another\'s gateway', world => ({ gateway: existing(world) }), 'NotOurs', 'gateway', '"shop/public"', 'Extend the service'),
  extension('what a gateway asks', () => ({ match: [TrafficMatch.outgoing()] }), 'InvalidExtension', 'match[0]', '"outgoing()"', 'TrafficMatch.incoming()'),
  extension('the name of a port of a gateway', () => ({ match: [TrafficMatch.incoming('http')] }), 'InvalidPort', 'match[0].port', '"http"', 'TrafficMatch.gatewayPort(443)'),
  extension('a port that a gateway does not have', () => ({ match: [TrafficMatch.gatewayPort(443)] }), 'UnknownPort', 'match[0].gatewayPort', '443', 'Use 80, 8088'),
  extension('an extension of a gateway that takes connections alone', world => ({ gateway: connections(world) }), 'NotHttp', 'gateway', '["tcp-5432"]', 'extend the service'),
  extension('a module at a gateway from somewhere else than is said', world => ({
    filter: ExtensionFilter.wasm('oci://registry.example.com/acme/waf:1.2.0', {
      fetchedFrom: [new ExternalService(world.shop, 'other', { host: 'other.example.com', ports: [MeshPort.tls(443)] })],
    }),
  }), 'InvalidExtension', 'filter.fetchedFrom', '["other.example.com:443"]', 'host: \'registry.example.com\''),
  {
    mistake: 'the port of a gateway for a service',
    make: (world) => new TrafficExtension(world.shop, 'audit', { service: world.service('orders'), filter: SCRIPT, match: [TrafficMatch.gatewayPort(443)] }),
    code: 'InvalidPort',
    path: 'shop/audit',
    property: 'match[0].gatewayPort',
    received: '443',
    fix: ['TrafficMatch.incoming()'],
  },
  {
    mistake: 'addresses of clients that a node hides',
    make: world => new LocalRateLimit(world.shop, 'limit', {
      gateway: edge(world, { serviceType: kplus.ServiceType.NODE_PORT }), limits: [RateLimit.of(RATE, { per: LimitKey.clientAddress() })],
    }),
    code: 'IneffectiveAddresses',
    path: 'shop/limit',
    property: 'limits[0].per',
    received: '"clientAddress()"',
    fix: ['trustedProxies'],
  },
];
