import * as fc from 'fast-check';
import { CallDescription, ExtensionDescription, LimitDescription, LimitsDescription, MatchDescription, ServiceDescription } from './app-description';
import { drawnMatches, isHttp, sayable } from './random-matches';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

export const drawnLimits = fc.array(fc.record({
  service: fc.nat(5),
  port: fc.nat(2),
  counted: fc.boolean(),
  limits: fc.array(fc.record({
    requests: fc.integer({ min: 1, max: 1000 }),
    burst: optional(fc.integer({ min: 1, max: 4294967295 })),
    per: optional(fc.constantFrom('caller' as const, 'header' as const)),
    from: optional(fc.nat(9)),
    match: optional(fc.array(drawnMatches, { minLength: 1, maxLength: 2 })),
  }), { minLength: 1, maxLength: 3 }),
  dryRun: fc.boolean(),
  told: fc.boolean(),
}), { maxLength: 3 });

export const drawnExtensions = fc.array(fc.record({
  workload: fc.nat(5),
  module: fc.boolean(),
  port: optional(fc.nat(2)),
  phase: optional(fc.constantFrom('BEFORE_AUTHENTICATION' as const, 'BEFORE_AUTHORIZATION' as const, 'BEFORE_STATISTICS' as const)),
  priority: optional(fc.integer({ min: -2147483648, max: 2147483647 })),
}), { maxLength: 2 });

type Drawn<A> = A extends fc.Arbitrary<(infer T)[]> ? T : never;
type DrawnLimit = Drawn<typeof drawnLimits>['limits'][number];

/** Of ports with requests: each has one set for each pod, and one for all together. */
export function limitsOf(drawn: Drawn<typeof drawnLimits>[], services: ServiceDescription[], calls: CallDescription[]): LimitsDescription[] {
  const all = drawn.flatMap(({ service: index, port: which, limits, ...said }): LimitsDescription[] => {
    const service = services[index % services.length];
    const ports = service.ports.filter(isHttp);
    if (ports.length === 0) {
      return [];
    }
    const { name: port } = ports[which % ports.length];
    const asking = calls.filter(call => call.server === service.key && call.port === port && !call.stub);
    const callers = [...new Set(asking.map(({ client }) => client))];
    const open = asking.filter(({ methods, paths }) => !methods && !paths).map(({ client }) => client);
    const isOpen = ({ from }: LimitDescription) => from === undefined ? open.length > 0 : open.includes(from);
    const resolved = limits.map(limit => limitOf(limit, callers, service, calls, said.counted))
      .map(limit => isOpen(limit) ? limit : { ...limit, match: limit.match?.map(askable) });
    const distinct = resolved.filter((limit, place) => resolved.findIndex(other => isLike(other, limit)) === place);
    const told = distinct.filter(limit => !distinct.some(other => isWithin(limit, other)));
    return [{ ...said, service: service.key, port, limits: told }];
  });
  return all.filter(({ service, port, counted }, index) => (
    all.findIndex(other => other.service === service && other.port === port && other.counted === counted) === index));
}

/** Of two for the same requests one has no effect, and is refused. */
function isLike(a: LimitDescription, b: LimitDescription): boolean {
  return JSON.stringify([a.per, a.from, a.match]) === JSON.stringify([b.per, b.from, b.match]);
}

/** Nor has one beside a stricter one that has a bucket for all of its requests, and maybe for others. */
function isWithin(narrow: LimitDescription, wide: LimitDescription): boolean {
  return wide.requests < narrow.requests && !wide.per
    && (wide.from === undefined || wide.from === narrow.from) && (!wide.match || narrow.match !== undefined);
}

/** Of one who calls there is one bucket; and a service that counts knows no bursts. */
function limitOf(
  { burst, per, from, match, ...limit }: DrawnLimit, callers: string[], service: ServiceDescription, calls: CallDescription[], counted: boolean,
): LimitDescription {
  const caller = from === undefined ? undefined : callers[from % callers.length];
  return {
    ...limit,
    burst: counted ? undefined : burst,
    per: caller !== undefined && per === 'caller' ? undefined : per,
    from: caller,
    match: match?.map(each => seenByServer(sayable(each, service, calls))),
  };
}

/** No limit sees the query. */
function seenByServer({ query, ...match }: MatchDescription): MatchDescription {
  return Object.values(match).some(condition => condition !== undefined) ? match : { header: { name: query!.name, kind: 'present' } };
}

/** Without what a call may leave out: nobody could ask for it. */
function askable({ path, method, ...match }: MatchDescription): MatchDescription {
  return Object.values(match).some(condition => condition !== undefined) ? match : { header: { name: 'x-user', kind: 'present' } };
}

/** For what comes in on a port with requests, or for what goes out where requests do. */
export function extensionsOf(
  drawn: Drawn<typeof drawnExtensions>[], services: ServiceDescription[], calls: CallDescription[],
): ExtensionDescription[] {
  const portsOf = (server: string) => services.filter(({ key }) => key === server).flatMap(({ ports }) => ports);
  const isAsked = ({ server, port }: CallDescription) => portsOf(server).some(each => each.name === port && isHttp(each));
  return drawn.flatMap(({ workload: index, port: which, ...said }, order): ExtensionDescription[] => {
    const { key, ports: all } = services[index % services.length];
    const ports = all.filter(isHttp);
    const asks = calls.some(call => call.client === key && isAsked(call));
    const extension = { ...said, name: `extension-${order}`, workload: key };
    return which === undefined ? asks ? [extension] : [] : ports.length > 0 ? [{ ...extension, port: ports[which % ports.length].name }] : [];
  });
}
