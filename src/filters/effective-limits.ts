import { ResolvedLimit } from './rate-limit';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Call, Client } from '../graph/call';
import { matchesOf } from '../graph/faults-of';
import { MeshPort } from '../graph/mesh-port';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { RoutedService } from '../mesh/routed-service';
import { RouteContribution } from '../routing/virtual-service';
import { isWithin } from '../traffic/gateway-servers';
import { takes } from '../traffic/match-intersection';
import { meeting } from '../traffic/match-meeting';

type Limit = Omit<ResolvedLimit, 'bucket'>;

/** A limit for requests that none of these calls may make: the proxy refuses them before they would count. */
export function unaskedLimit({ site, matches }: Limit, calls: Call[]): MeshProblem[] {
  const mayAsk = ({ methods, paths, asked, server }: Call) => {
    const arriving = asked ?? paths;
    return matchesOf({ methods, paths: arriving && [...arriving, ...(server.rewritten ?? []).flatMap(rewritten => rewritten.paths)] });
  };
  const asked = calls.flatMap(mayAsk);
  const meets = !matches || calls.length === 0 || matches.some(match => asked.some(requests => meeting(match, requests) !== undefined));
  return meets ? [] : [site.in('match').problem('UndeclaredCall', 'must be for requests that somebody may make', matches,
    'Match a path and a method of a declared call, or leave the limit out: what is not declared is refused before it counts.')];
}

/** A limit by a header that none of these calls has any more when it arrives. */
export function takenHeader({ site, matches = [], per }: Limit, calls: Call[]): MeshProblem[] {
  const removed = ({ client, treatment }: Call) => keepsRoutes(client) ? treatment?.headers?.request?.remove ?? [] : [];
  const isTaken = (header: string) => calls.length > 0 && calls.every(call => removed(call).includes(header));
  const ofMatches = matches.map(({ headers = {} }) => Object.keys(headers).find(isTaken));
  const key = per?.action.request_headers?.header_name;
  const taken = [
    ...key !== undefined && isTaken(key) ? [{ property: 'per', header: key }] : [],
    ...ofMatches.length > 0 && !ofMatches.includes(undefined) ? [{ property: 'match', header: ofMatches[0] }] : [],
  ];
  return taken.map(({ property, header }) => site.in(property).problem('IneffectiveLimit', 'must not ask for a header that the headers of all calls remove: no request would count', header,
    'Leave it out, or leave the header in a call.'));
}

/** Whether its proxy is known to go by the routes of the mesh. */
function keepsRoutes({ elsewhere, keepsRoutes: known }: Client): boolean {
  return !elsewhere || known === true;
}

/** Whether each request of a limit is one of another, which has one bucket for all of its own. */
function isFor(wider: ResolvedLimit, { from, hosts, matches }: ResolvedLimit): boolean {
  const ofMatches = ({ matches: all }: ResolvedLimit) => !all || matches?.every(match => all.some(other => takes(other, match)));
  return wider.per === undefined && (wider.from === undefined || wider.from === from)
    && (!wider.hosts || hosts?.every(host => wider.hosts!.some(name => isWithin(host, name)))) === true && ofMatches(wider) === true;
}

/**
 * Limits for requests that a route of the service answers in the proxies of all clients, so that the server counts none. Nothing is said where some may come by another way: by
 * the name of a version, rewritten, as copies, or by a proxy of which nobody knows whether it goes by routes.
 */
export function answeredLimits(limits: Limit[], service: RoutedService, port: MeshPort): MeshProblem[] {
  const { routes, hosts } = service._reach(Site.of(service, ''));
  const { incoming, allIncoming } = service._member;
  const calls = allIncoming.filter(call => call.port === port);
  const byRoutes = ({ asked, client }: Call) => !asked && keepsRoutes(client);
  if (hosts.length > 1 || service._destination.rewritten || !calls.every(call => incoming.includes(call) && byRoutes(call))) {
    return [];
  }
  return limits.flatMap(({ site, matches }) => {
    const answering = (matches ?? [{}]).map(match => answeredBy(match, routes.all));
    return answering.includes(undefined) ? [] : [(matches ? site.in('match') : site).problem('IneffectiveLimit',
      `must be for requests that come to the service: its route ${answering[0]} answers them in the clients' proxies`, matches, 'Leave it out, or limit what no route answers.')];
  });
}

/** The route that answers all of these requests, if no other one before it has some of them. */
function answeredBy(match: HttpMatchManifest, routes: RouteContribution[]): string | undefined {
  const first = routes.find(route => (route.match ?? [{}]).some(each => meeting(each, match) !== undefined));
  return first?.answer && (first.match ?? [{}]).some(each => takes(each, match)) ? first.name : undefined;
}

/** Fails for a limit beside one for the same requests that allows no more of them in the same time. */
export function checkDistinct(limits: ResolvedLimit[]): void {
  const requests = ({ from, hosts, matches, per }: ResolvedLimit) => JSON.stringify([from?.node.path, hosts, matches, per?.action]);
  limits.forEach((limit, index) => {
    const { tokens_per_fill: tokens, max_tokens: burst, fill_interval: interval } = limit.bucket;
    const stricter = limits.find((other, place) => {
      const { tokens_per_fill: filled, max_tokens: held, fill_interval: time } = other.bucket;
      const allowsLess = filled < tokens || held < burst;
      const allowsNoMore = time === interval && filled <= tokens && held <= burst && (allowsLess || place < index);
      return other !== limit && allowsNoMore && requests(other) === requests(limit);
    });
    if (stricter) {
      limit.site.fail('IneffectiveLimit', `has no effect beside ${stricter.site.property}, which is for the same requests and allows no more of them`, `${tokens} in ${interval}`,
        'Leave it out, or let the two differ in their time.');
    }
    // The slower one is asked first, and what it refuses takes nothing from this one: whenever this one is empty, so is that
    const wider = limits.find((other) => {
      const { tokens_per_fill: filled, max_tokens: held, fill_interval: time } = other.bucket;
      return time === interval && filled < tokens && held <= burst && isFor(other, limit);
    });
    if (wider) {
      limit.site.fail('IneffectiveLimit', `has no effect beside ${wider.site.property}, which is for these requests and others, and allows fewer of all together`, `${tokens} in ${interval}`,
        'Leave it out, or let it allow fewer than the other one.');
    }
  });
}
