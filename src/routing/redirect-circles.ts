import { redirectedTo } from './redirected-address';
import { RouteTable, virtualServiceSpec } from './virtual-service';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { MeshGraph } from '../graph/mesh-graph';
import { HttpMatchManifest, HttpRouteManifest, RedirectManifest } from '../manifests/istio-networking';
import { isWithin } from '../traffic/gateway-servers';
import { takes, UNKNOWN } from '../traffic/match-intersection';
import { meeting } from '../traffic/match-meeting';

/** Under which names, and where, the routes are asked. */
export interface Asked {
  /** Wildcards too. */
  readonly hosts: string[];
  readonly listening: { readonly port: number; readonly secure: boolean; readonly redirects?: boolean }[];
}

/** A redirect behind which a client comes round to where it was. */
export interface RedirectCircle {
  readonly route: string;
  /** The addresses. */
  readonly way: string[];
}

/** Under which names clients of the mesh ask for a service. */
export function namesOf(host: string): string[] {
  const parts = host.split('.');
  return [host, ...[1, 2, 3].map(count => parts.slice(0, count).join('.'))];
}

/** What answers under some names, within the mesh or outside. */
interface Named {
  readonly names: () => string[];
  readonly table: () => RouteTable;
  readonly problem: (circle: RedirectCircle) => MeshProblem;
}

const NAMED = new WeakMap<MeshGraph, Named[]>();

/** Looks for the circles that begin at a service within the mesh, or at what is outside: those that lead through others of the app, too. */
export function checkRedirects(graph: MeshGraph, named: Named): void {
  const all = NAMED.get(graph) ?? [];
  if (all.push(named) === 1) {
    NAMED.set(graph, all);
    graph.check(() => problemsOf(all));
  }
}

function problemsOf(all: Named[]): MeshProblem[] {
  const known = new Map<Named, Place>();
  const placed = (named: Named) => known.get(named) ?? known.set(named, placeOf(named)).get(named)!;
  // A name without a dot is another service's in each namespace
  const elsewhere = (host: string) => host.includes('.') ? all.filter(({ names }) => names().includes(host)).map(placed)[0] : undefined;
  const isSending = ({ routes, calls }: RouteTable) => [...routes, ...calls].some(({ answer }) => answer?.redirect);
  const circles = all.filter(({ table }) => isSending(table())).flatMap(named => (
    circlesFrom(placed(named), elsewhere).map(circle => ({ circle, problem: named.problem }))));
  return onceEach(circles, ({ circle }) => circle).map(({ circle, problem }) => problem(circle));
}

/** Wherever one enters it, it is one. */
function onceEach<T>(all: T[], circleOf: (one: T) => RedirectCircle): T[] {
  const key = (one: T) => [...circleOf(one).way].sort().join();
  return all.filter((one, index) => all.findIndex(other => key(other) === key(one)) === index);
}

function placeOf({ names, table: tableOf }: Named): Place {
  const table = tableOf();
  const listening = table.ports.filter(({ _isHttp }) => _isHttp).map(({ port }) => ({ port, secure: false }));
  return { routes: virtualServiceSpec(table).http ?? [], hosts: names(), listening };
}

/** Requests of one kind that somebody sends. */
interface Sent {
  readonly match: HttpMatchManifest;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** Where requests are answered: by these routes, in the order in which they are tried. */
interface Place extends Asked {
  readonly routes: HttpRouteManifest[];
}

type Elsewhere = (host: string) => Place | undefined;

/** @param routes in the order in which they are tried. */
export function redirectCircles(routes: HttpRouteManifest[], asked: Asked): RedirectCircle[] {
  return circlesFrom({ ...asked, routes }, () => undefined);
}

function circlesFrom(place: Place, elsewhere: Elsewhere): RedirectCircle[] {
  const { routes, hosts, listening } = place;
  const redirecting = routes.filter(({ redirect }) => redirect);
  const entrances = listening.filter(({ redirects }) => !redirects);
  const waysFrom = (match: HttpMatchManifest) => entrances.map(({ port, secure }) => {
    const met = meeting(match, { scheme: { exact: secure ? 'https' : 'http' } });
    const isMet = met !== undefined && met !== UNKNOWN && (met.port ?? port) === port;
    return isMet ? wayOf({ match: { ...met, port }, host: hosts[0], port, secure }, place, elsewhere) : [];
  });
  const circles = redirecting.flatMap(({ name, match = [{}] }) => (
    match.flatMap(waysFrom).filter(way => way.length > 0).slice(0, 1).map(way => ({ route: name, way }))));
  return onceEach(circles, circle => circle);
}

/** The addresses of a circle; none where the client gets an answer in the end. */
function wayOf(from: Sent, start: Place, elsewhere: Elsewhere): string[] {
  const seen = new Map<string, string>();
  for (let at: Sent | undefined = from, place: Place | undefined = start; at && place;) {
    const key = JSON.stringify(at);
    if (seen.has(key)) {
      return [...seen].slice([...seen.keys()].indexOf(key)).map(([, text]) => text);
    }
    seen.set(key, addressOf(at));
    const redirect = redirectOf(at, place);
    const host = redirect?.authority;
    place = host === undefined ? place : served(host, place, elsewhere);
    at = redirect && place && after(at, redirect, place);
  }
  return [];
}

function served(host: string, place: Place, elsewhere: Elsewhere): Place | undefined {
  return place.hosts.some(name => isWithin(host, name)) ? place : elsewhere(host);
}

function addressOf({ match: { uri = {} }, host, port, secure }: Sent): string {
  return `${secure ? 'https' : 'http'}://${host}:${port}${uri.exact ?? uri.regex ?? `${uri.prefix ?? '/'}*`}`;
}

/** Of a route that is for a part of the requests alone, the others go on. */
function redirectOf(at: Sent, { routes }: Place): RedirectManifest | undefined {
  return routes.find(({ match }) => !match || match.some(wider => takes(wider, at.match)))?.redirect;
}

/** What a client asks next; `undefined` where nobody listens. */
function after({ match, ...at }: Sent, redirect: RedirectManifest, { listening }: Asked): Sent | undefined {
  const { uri, authority, redirectCode } = redirect;
  const to = redirectedTo(redirect, at);
  const there = listening.find(({ port, secure: encrypted }) => port === to.port && encrypted === to.secure);
  // What a gateway sends to HTTPS comes back by the port for that
  const { port, secure: encrypted } = there?.redirects ? { port: 443, secure: true } : to;
  const isServed = listening.some(each => !each.redirects && each.port === port && each.secure === encrypted);
  if (!there || !isServed) {
    return undefined;
  }
  const said = port === (encrypted ? 443 : 80) ? authority : `${authority}:${port}`;
  return {
    match: {
      ...match,
      ...uri === undefined ? {} : { uri: { exact: uri }, ignoreUriCase: undefined },
      // Of another port the client writes another name than before
      ...authority !== undefined ? { authority: { exact: said } } : port === at.port ? {} : { authority: undefined },
      ...redirectCode === 303 ? { method: { exact: 'GET' } } : {},
      scheme: { exact: encrypted ? 'https' : 'http' },
      port,
    },
    host: authority ?? at.host,
    port,
    secure: encrypted,
  };
}
