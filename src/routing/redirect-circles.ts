import { RouteTable, virtualServiceSpec } from './virtual-service';
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

/** Those of a service within the mesh, or of what is outside. */
export function circlesWithin(table: RouteTable, hosts: string[]): RedirectCircle[] {
  const isSent = [...table.routes, ...table.calls].some(({ answer }) => answer?.redirect);
  const listening = table.ports.filter(({ _isHttp }) => _isHttp).map(({ port }) => ({ port, secure: false }));
  return isSent ? redirectCircles(virtualServiceSpec(table).http ?? [], { hosts, listening }) : [];
}

/** Requests of one kind that somebody sends. */
interface Sent {
  readonly match: HttpMatchManifest;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** @param routes in the order in which they are tried. */
export function redirectCircles(routes: HttpRouteManifest[], { hosts, listening }: Asked): RedirectCircle[] {
  const redirecting = routes.filter(({ redirect }) => redirect);
  const entrances = listening.filter(({ redirects }) => !redirects);
  const waysFrom = (match: HttpMatchManifest) => entrances.map(({ port, secure }) => {
    const met = meeting(match, { scheme: { exact: secure ? 'https' : 'http' } });
    const isMet = met !== undefined && met !== UNKNOWN && (met.port ?? port) === port;
    return isMet ? wayOf({ match: { ...met, port }, host: hosts[0], port, secure }, routes, { hosts, listening }) : [];
  });
  const circles = redirecting.flatMap(({ name, match = [{}] }) => (
    match.flatMap(waysFrom).filter(way => way.length > 0).slice(0, 1).map(way => ({ route: name, way }))));
  // Wherever one enters it, it is one
  const key = ({ way }: RedirectCircle) => [...way].sort().join();
  return circles.filter((circle, index) => circles.findIndex(other => key(other) === key(circle)) === index);
}

/** The addresses of a circle; none where the client gets an answer in the end. */
function wayOf(from: Sent, routes: HttpRouteManifest[], asked: Asked): string[] {
  const seen = new Map<string, string>();
  for (let at: Sent | undefined = from; at; at = next(at, routes, asked)) {
    const key = JSON.stringify(at);
    if (seen.has(key)) {
      return [...seen].slice([...seen.keys()].indexOf(key)).map(([, text]) => text);
    }
    seen.set(key, addressOf(at));
  }
  return [];
}

function addressOf({ match: { uri = {} }, host, port, secure }: Sent): string {
  return `${secure ? 'https' : 'http'}://${host}:${port}${uri.exact ?? uri.regex ?? `${uri.prefix ?? '/'}*`}`;
}

/** Of a route that is for a part of the requests alone, the others go on. */
function next(at: Sent, routes: HttpRouteManifest[], asked: Asked): Sent | undefined {
  const { redirect } = routes.find(({ match }) => !match || match.some(wider => takes(wider, at.match))) ?? {};
  return redirect && after(at, redirect, asked);
}

/** What a client asks next; `undefined` where it leaves. */
function after({ match, ...at }: Sent, redirect: RedirectManifest, { hosts, listening }: Asked): Sent | undefined {
  const { uri, authority, scheme, port: named, redirectCode } = redirect;
  const secure = scheme ? scheme === 'https' : at.secure;
  const own = authority || scheme ? secure ? 443 : 80 : at.port;
  const to = { port: named ?? own, secure };
  const there = listening.find(({ port, secure: encrypted }) => port === to.port && encrypted === to.secure);
  // What a gateway sends to HTTPS comes back by the port for that
  const { port, secure: encrypted } = there?.redirects ? { port: 443, secure: true } : to;
  const isServed = listening.some(each => !each.redirects && each.port === port && each.secure === encrypted);
  if (!there || !isServed || (authority !== undefined && !hosts.some(host => isWithin(authority, host)))) {
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
