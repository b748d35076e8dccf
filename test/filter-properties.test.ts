import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import {
  ExtensionFilter, ExtensionPhase, GatewayServer, GlobalRateLimit, LimitKey, LocalRateLimit, MeshGateway, MeshPort, Rate, RateLimit,
  RateLimitDomain, RateLimitOptions, RouteMatch, StringMatch, TrafficExtension,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { fulfils, RequestModel } from './support/request-model';
import { World } from './support/world';
import { Site } from '../src/diagnostics/site';

/** Few enough to stay quick: the seeds differ from run to run, and a failure prints the one to repeat. */
const RUNS = { numRuns: 20 };

const HOSTS = ['a.example.com', 'b.example.com', 'ab.example.com'];

interface Limit {
  readonly requests: number;
  readonly hosts?: string[];
  readonly match?: RouteMatch[];
  readonly per?: LimitKey;
}

const few = <T>(...list: T[]) => fc.constantFrom(...list);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof(fc.constant(undefined), arbitrary);
const texts = (regex: string) => few(StringMatch.exactly('a'), StringMatch.exactly('a.b'), StringMatch.prefix('a'), StringMatch.regex(regex));
const conditions: fc.Arbitrary<RouteMatch[]> = fc.tuple(
  optional(few(RouteMatch.path(StringMatch.prefix('/a')), RouteMatch.path(StringMatch.exactly('/A'), { ignoreCase: true }), RouteMatch.path(StringMatch.regex('/[ab]+')))),
  optional(few('GET', 'POST').map(method => RouteMatch.method(StringMatch.exactly(method)))),
  optional(texts('a|b.+').map(text => RouteMatch.header('x', text))),
  optional(fc.oneof(texts('a+').map(text => RouteMatch.withoutHeader('y', text)), fc.constant(RouteMatch.withoutHeader('y')))),
  optional(fc.oneof(texts('a|[^&]b').map(text => RouteMatch.queryParameter('q', text)), fc.constant(RouteMatch.queryParameterPresent('q')))),
  optional(texts('b+').map(text => RouteMatch.queryParameter('r.s', text))),
).map(list => list.filter(one => one !== undefined));
const matches = conditions.filter(list => list.length > 0).map(list => list.reduce((one, other) => one.also(other)));
const limits: fc.Arbitrary<Limit> = fc.record({
  requests: fc.integer({ min: 1, max: 9 }),
  hosts: optional(few(['a.example.com'], ['b.example.com', 'ab.example.com'], ['*.example.com'])),
  match: optional(fc.array(matches, { minLength: 1, maxLength: 3 })),
  per: optional(few(LimitKey.header('x'), LimitKey.queryParameter('q'), LimitKey.path(), LimitKey.clientAddress())),
});

/** Of two for the same requests one has no effect, and is refused. */
const isLike = (a: Limit, b: Limit) => a.per === b.per && JSON.stringify([a.hosts, a.match]) === JSON.stringify([b.hosts, b.match]);
/** Nor has one beside a stricter one for all of its requests together: that of a wider match, too. */
const isWithin = (narrow: Limit, wide: Limit) => (
  wide.requests < narrow.requests && !wide.per && (!wide.match || narrow.match !== undefined) && (!wide.hosts || narrow.hosts !== undefined));
const several = (maxLength: number) => fc.uniqueArray(limits, { minLength: 1, maxLength, comparator: isLike })
  .map(all => all.filter(limit => !all.some(other => isWithin(limit, other))));

const values = few('', 'a', 'ab', 'a.b', 'axb', 'b', 'bb', 'a%26b');
const requests: fc.Arbitrary<RequestModel & { query: { [name: string]: string } }> = fc.record({
  path: few('/', '/a', '/A', '/ab', '/ba/c'),
  method: few('GET', 'POST', 'PUT'),
  authority: fc.tuple(few(...HOSTS, 'A.Example.com', 'example.com', 'aXexample.com'), few('', ':80')).map(parts => parts.join('')),
  scheme: fc.constant('http'),
  headers: fc.dictionary(few('x', 'y'), values, { maxKeys: 2, noNullPrototype: true }),
  query: fc.dictionary(few('q', 'r.s', 'rxs', 'xq'), values, { maxKeys: 3, noNullPrototype: true }),
  port: fc.constant(80),
  namespace: fc.constant('shop'),
  labels: fc.constant({}),
});

function edge() {
  const world = new World();
  const orders = world.service('orders');
  const servers = [GatewayServer.http(['*.example.com']), GatewayServer.http(['a.example.com'], { port: 8888 })];
  const gateway = new MeshGateway(world.shop, 'edge', { servers, trustedProxies: 1 });
  gateway.exposes(orders, { hosts: ['a.example.com'] });
  gateway.exposes(world.service('others'), { hosts: ['b.example.com', 'ab.example.com'] });
  return Object.assign(world, { orders, gateway, limiter: world.service('limiter', { ports: [MeshPort.grpc(8081)] }) });
}

function limitOf({ requests: tokens, ...options }: Limit): RateLimit {
  return RateLimit.of(Rate.perMinute(tokens), options as RateLimitOptions);
}

/** What the gateway is told of each limit: what it asks for, and how much it lets. */
function told(all: Limit[]): { key: string; condition?: string; entries: any[]; bucket: any }[] {
  const { shop, gateway } = edge();
  new LocalRateLimit(shop, 'limit', { gateway, limits: all.map(limitOf) });
  const { configPatches } = find(synthesize(shop), 'EnvoyFilter', 'limit').spec;
  expect(configPatches.map(({ patch }: any) => patch)).toEqual(Array(2).fill(configPatches[0].patch));
  const { rate_limits, descriptors } = configPatches[0].patch.value.typed_config;
  return descriptors.map(({ entries, token_bucket: bucket }: any) => {
    const isOf = ([own]: any) => keyOf(own) === entries[0].key;
    const actions = rate_limits.map((one: any) => one.actions).filter(isOf);
    expect(actions).toHaveLength(1);
    expect(actions[0].map(keyOf)).toEqual(entries.map(({ key }: any) => key));
    return { key: entries[0].key, condition: actions[0][0].extension?.typed_config.text, entries, bucket };
  });
}

/** By what the descriptor's entry is known that an action makes. */
function keyOf(action: any): string {
  const { masked_remote_address: address, extension, request_headers: header, query_parameters: query, generic_key: generic } = action;
  return address ? 'masked_remote_address' : (extension?.typed_config ?? header ?? query ?? generic).descriptor_key;
}

/** A value of a request as expressions of CEL see it; one that is not there is an error, which Envoy takes for no. */
class Text {
  constructor(private readonly text?: string) {}

  public startsWith(beginning: string): boolean {
    return this.text?.startsWith(beginning) ?? false;
  }

  public matches(pattern: string): boolean {
    return this.text !== undefined && RE2JS.compile(pattern).matcher(this.text).find();
  }

  public toString(): string {
    return this.text ?? '\0';
  }
}

/** What CEL makes of an expression of those that are written here, which JavaScript reads alike. */
function holds(condition: string | undefined, { path, method, authority, headers, query }: RequestModel): boolean {
  const known = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, new Text(value)]));
  const request = {
    url_path: new Text(path),
    method: new Text(method),
    host: new Text(authority),
    query: new Text(Object.entries(query).map(pair => pair.join('=')).join('&')),
    headers: new Proxy(known, { get: (target, name: string) => target[name] ?? new Text() }),
  };
  return condition === undefined || new Function('request', `return ${condition}`)(request);
}

/** What the limit was declared for. */
function isMeant({ hosts, match }: Limit, request: RequestModel): boolean {
  const host = request.authority.replace(/:\d+$/, '').toLowerCase();
  const site = Site.named('test', 'match');
  return (!hosts || hosts.some(name => name.startsWith('*') ? host.endsWith(name.slice(1)) : host === name))
    && (!match || match.some(one => fulfils(one._toManifest(site), request)));
}

test('a limit is for the requests that it was declared for, and for no other', () => {
  fc.assert(fc.property(several(4), fc.array(requests, { minLength: 20, maxLength: 20 }), (all, asked) => {
    const conditionsOf = told(all).map(({ condition }) => condition);
    for (const request of asked) {
      expect({ request, conditionsOf, taken: conditionsOf.map(condition => holds(condition, request)) })
        .toEqual({ request, conditionsOf, taken: all.map(limit => isMeant(limit, request)) });
    }
  }), RUNS);
});

test('each limit is there once with its own tokens, and no descriptor stands for the requests of another', () => {
  fc.assert(fc.property(several(6), (all) => {
    const each = told(all);
    expect(each.map(({ bucket }) => bucket.max_tokens)).toEqual(all.map(limit => limit.requests));
    expect(new Set(each.map(({ key }) => key)).size).toBe(all.length);
    expect(each.map(({ entries }) => entries.length)).toEqual(all.map(({ per }) => per ? 2 : 1));
    expect(each.every(({ entries: [own, ...more] }) => own.value === 'true' && more.every(({ value }: any) => value === undefined))).toBe(true);
  }), RUNS);
});

test('one limit more, wherever it stands, changes nothing of the others', () => {
  const withoutKey = ({ condition, entries, bucket }: ReturnType<typeof told>[number]) => ({ condition, per: entries[1]?.key, bucket });
  fc.assert(fc.property(several(4), limits, fc.nat(4), (all, more, at) => {
    fc.pre(!all.some(other => isLike(other, more) || isWithin(other, more) || isWithin(more, other)));
    const place = Math.min(at, all.length);
    const after = told([...all.slice(0, place), more, ...all.slice(place)]).map(withoutKey);
    after.splice(place, 1);
    expect(after).toEqual(told(all).map(withoutKey));
  }), RUNS);
});

test('who counts is asked by the keys of its file, about each limit once', () => {
  fc.assert(fc.property(several(4), (all) => {
    const { shop, gateway, limiter } = edge();
    const domain = RateLimitDomain.of('edge', Object.fromEntries(all.map((limit, index) => [`limit-${index}`, limitOf(limit)])));
    new GlobalRateLimit(shop, 'limits', { gateway, domain, rateLimitService: limiter });
    const asked: any[] = find(synthesize(shop), 'EnvoyFilter', 'limits').spec.configPatches[0].patch.value.typed_config.rate_limits;
    const named = asked.map(({ actions: [own] }) => own.generic_key?.descriptor_value ?? /[?] "([^"]+)" : request.headers/.exec(own.extension.typed_config.text)![1]);
    expect(named).toEqual(all.map((_, index) => `limit-${index}`));
    const lines = domain.configuration.split('\n');
    asked.forEach(({ actions }, index) => {
      const start = lines.indexOf(`    value: limit-${index}`);
      expect(lines[start - 1]).toBe('  - key: limit');
      if (actions.length > 1) {
        expect(lines[start + 2].trim()).toBe(`- key: ${keyOf(actions[1])}`);
      }
      expect(lines.slice(start).find(line => line.includes('requests_per_unit'))!.trim()).toBe(`requests_per_unit: ${all[index].requests}`);
    });
  }), RUNS);
});

test('extensions, in any number, phase and rank, are those of the pods that they are for, and leave all else as it is', () => {
  const SCRIPT = ExtensionFilter.lua('function envoy_on_request(handle) end');
  const extensions = fc.array(fc.record({
    gateway: fc.boolean(), phase: optional(few(...Object.values(ExtensionPhase))), priority: optional(fc.integer({ min: -9, max: 9 })),
  }), { minLength: 1, maxLength: 4 });
  const before = synthesize(edge().shop);
  fc.assert(fc.property(extensions, (all) => {
    const world = edge();
    all.forEach(({ gateway, phase, priority }, index) => new TrafficExtension(world.shop, `extension-${index}`, {
      ...gateway ? { gateway: world.gateway } : { service: world.orders }, filter: SCRIPT, phase, priority,
    }));
    const manifests = synthesize(world.shop);
    const isExtension = ({ kind }: Manifest) => kind === 'TrafficExtension';
    expect(manifests.filter(one => !isExtension(one))).toEqual(before);
    const written = manifests.filter(isExtension).map(({ spec }) => spec);
    expect(written.map(({ selector, phase, priority }) => ({ selected: podsOf(manifests, selector.matchLabels), phase, priority })))
      .toEqual(all.map(({ gateway, phase, priority }) => ({ selected: [gateway ? 'edge' : 'orders'], phase, priority })));
  }), RUNS);
});

function podsOf(manifests: Manifest[], labels: { [key: string]: string }): string[] {
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  const isOne = ({ spec }: Manifest) => Object.entries(labels).every(([key, value]) => spec.template.metadata.labels[key] === value);
  return deployments.filter(isOne).map(({ metadata }) => metadata.name);
}
