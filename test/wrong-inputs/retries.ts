import { Cron, Duration } from 'cdk8s';
import {
  CallOptions, LoadBalancing, Locality, MeshCronJob, MeshJob, MeshPort, MeshService, MeshServiceProps, ProxyTimeouts, Retries, RetryOn,
  RetryOptions, ServiceVersion,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HTTP = {};
const SHORT = { timeouts: { stream: Duration.seconds(2) } };
const GRPC = { ports: [MeshPort.grpc(50051)] };

export const wrongRetries: WrongInput[] = [
  ...[200, 302, 399, 499, 509, 600, 42.5, NaN, -1].map(code => retries(
    `the code ${code} for a failure`, { codes: [500, code] }, 'InvalidRetries', 'codes[1]', String(code), '400 to 599')),
  retries('no codes', { codes: [] }, 'EmptyList', 'codes', '[]', 'Leave it out'),
  retries('one code twice', { codes: [429, 500, 429] }, 'InvalidRetries', 'codes[2]', '"429"', 'once'),
  retries('one condition twice', { on: [RetryOn.RESET, RetryOn.RESET] }, 'InvalidRetries', 'on[1]', '"reset"', 'once'),
  retries('codes where every answer is 200', { codes: [429] }, 'IneffectiveRetries', 'codes', '[429]', 'RetryOn.UNAVAILABLE', GRPC),
  ...[502, 503, 504].map(code => retries(
    `the code ${code}, which the default repeats`, { codes: [code] }, 'IneffectiveRetries', 'codes[0]', String(code), 'Leave it out')),
  retries('a code that a condition names', { on: [RetryOn.SERVER_ERROR], codes: [429, 511] }, 'IneffectiveRetries', 'codes[1]', '511', 'Leave it out'),
  retries('codes of methods that are not repeated', { codes: [429] }, 'IneffectiveRetries', 'codes', '[429]', 'on: [RetryOn.GATEWAY_ERROR]', HTTP, { methods: ['POST', 'PUT'] }),
  retries('gRPC\'s internal error on an HTTP port', { on: [RetryOn.INTERNAL] }, 'InvalidRetries', 'on', '["internal"]', 'RetryOn.GATEWAY_ERROR'),
  retries('a pause of nothing', { backoff: Duration.millis(0) }, 'InvalidDuration', 'backoff', '"0ms"', 'positive'),
  retries('a pause of half a millisecond', { backoff: Duration.millis(0.5) }, 'InvalidDuration', 'backoff', '"0.5ms"', 'Duration.millis()'),
  retries('a pause as long as the call', { backoff: Duration.seconds(2) }, 'IneffectiveRetries', 'backoff', '"2s"', 'shorten', HTTP, { timeout: Duration.seconds(2) }),
  retries('a pause longer than the call', { backoff: Duration.seconds(3) }, 'IneffectiveRetries', 'backoff', '"3s"', 'lengthen', GRPC, { timeout: Duration.millis(2500) }),
  {
    ...retries('other zones for the one retry', { remoteLocalities: true }, 'IneffectiveRetries', 'remoteLocalities', 'true', 'twice'),
    make: world => world.service('frontend').calls(world.service('orders'), { retries: Retries.upTo(1, { remoteLocalities: true }) }),
  },
  {
    ...retries('another pod of a server whose clients pick it', {}, 'HeadlessService', 'ignorePreviousHosts', 'true', 'Leave it out'),
    make: (world) => {
      world.service('frontend').calls(world.service('orders', { headless: true }), { retries: Retries.upTo(2, { ignorePreviousHosts: true }) });
      world.synth();
    },
  },
  ...[undefined, LoadBalancing.roundRobin(), LoadBalancing.random({ locality: Locality.off() })].map((loadBalancing, index) => ({
    ...retries(`other zones of a server whose clients go to all of them (${index})`, {}, 'IneffectiveRetries', 'remoteLocalities', 'true', 'Locality'),
    make: (world: World) => {
      world.service('frontend').calls(world.service('orders', { loadBalancing }), { retries: Retries.upTo(2, { remoteLocalities: true }) });
      world.synth();
    },
  })),
];

export const wrongProxyTimeouts: WrongInput[] = [
  proxied('a proxy without a timeout', {}, 'InvalidProxy', '', '{}', 'streamIdle'),
  proxied('a proxy that gives up at once', { streamIdle: Duration.millis(0) }, 'InvalidDuration', '.streamIdle', '"0ms"', 'positive'),
  proxied('a stream of half a millisecond', { stream: Duration.millis(0.5) }, 'InvalidDuration', '.stream', '"0.5ms"', 'Duration.millis()'),
  cut('a timeout longer than the client\'s proxy gives any request', 'shop/frontend', 'timeout', '"3s"', ({ client, server }) => client.calls(server, { timeout: Duration.seconds(3) })),
  cut('a timeout that is a millisecond longer', 'shop/frontend', 'timeout', '"2001ms"', ({ client, server }) => client.calls(server, { timeout: Duration.millis(2001) })),
  cut('a try longer than the client\'s proxy gives any request', 'shop/frontend', 'retries.perTryTimeout', '"3s"',
    ({ client, server }) => client.calls(server, { retries: Retries.upTo(2, { perTryTimeout: Duration.seconds(3) }) })),
  cut('a timeout of one call beside one that is short', 'shop/frontend', 'timeout', '"3s"', ({ client, server }) => {
    client.calls(server, { paths: ['/a'], timeout: Duration.seconds(1) });
    client.calls(server, { paths: ['/b'], timeout: Duration.seconds(3) });
  }),
  cut('a timeout of a job longer than its proxy gives', 'shop/report', 'timeout', '"3s"', ({ world, server }) => {
    new MeshJob(world.shop, 'report', { image: 'ghcr.io/acme/report:1', proxy: SHORT }).calls(server, { timeout: Duration.seconds(3) });
  }),
  cut('a timeout of a scheduled job longer than its proxy gives', 'shop/nightly', 'timeout', '"3s"', ({ world, server }) => {
    const nightly = new MeshCronJob(world.shop, 'nightly', { image: 'ghcr.io/acme/report:1', schedule: Cron.daily(), timeZone: 'UTC', proxy: SHORT });
    nightly.calls(server, { timeout: Duration.seconds(3) });
  }),
  cut('a timeout of a version that calls as somebody of its own', 'shop/eu', 'timeout', '"3s"', ({ world, client, server }) => {
    new ServiceVersion(world.shop, 'eu', { service: client, ownIdentity: true, image: 'ghcr.io/acme/frontend:2' }).calls(server, { timeout: Duration.seconds(3) });
  }),
  proxied('a connection of no time', { connectionIdle: Duration.seconds(0) }, 'InvalidDuration', '.connectionIdle', '"0ms"', 'positive'),
];

function cut(
  mistake: string, path: string, property: string, received: string, call: (of: { world: World; client: MeshService; server: MeshService }) => void,
): WrongInput {
  const make = (world: World) => {
    call({ world, client: world.service('frontend', { proxy: SHORT }), server: world.service('orders') });
    world.synth();
  };
  return { mistake, make, code: 'IneffectiveTimeout', path, property: `calls(orders).${property}`, received, fix: ['longer limit'] };
}

function proxied(mistake: string, timeouts: ProxyTimeouts, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  const make = (world: World) => world.service('orders', { proxy: { timeouts } });
  return { mistake, make, code, path: 'shop/orders', property: `proxy.timeouts${property}`, received, fix: [fix] };
}

function retries(
  mistake: string, options: RetryOptions, code: ErrorCode, property: string, received: string, fix: string,
  server: Partial<MeshServiceProps> = HTTP, call: CallOptions = {},
): WrongInput {
  return {
    mistake,
    make: world => world.service('frontend').calls(world.service('orders', server), { ...call, retries: Retries.upTo(2, options) }),
    code,
    path: 'shop/frontend',
    property: `calls(orders).retries.${property}`,
    received,
    fix: [fix],
  };
}
