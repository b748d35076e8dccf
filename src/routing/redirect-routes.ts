import { takesTheRest } from './exposure';
import { withoutFalseAlarms } from './overlapping-prefixes';
import { redirectedTo } from './redirected-address';
import { compare } from '../graph/call';
import { HttpRouteManifest, RedirectManifest } from '../manifests/istio-networking';
import { isWithin } from '../traffic/gateway-servers';
import { accepts } from '../traffic/match-intersection';
import { PathPattern } from '../traffic/path-pattern';

/** Some requests to a host, and where they are sent; without a redirect, they are answered. */
export interface RedirectRule {
  readonly host: string;
  /** Without it, all. */
  readonly path?: PathPattern;
  readonly redirect?: RedirectManifest;
}

/** What a gateway listens for. */
export interface Listening {
  readonly hosts: string[];
  readonly port: number;
  readonly secure: boolean;
  /** Whether it sends everything to HTTPS. */
  readonly redirects: boolean;
}

/** The routes of one host, the closest paths first. */
export function redirectRoutes(rules: RedirectRule[]): HttpRouteManifest[] {
  const routes = closestFirst(rules).map(({ path, redirect }, index) => {
    const uri = path?.toUriMatch();
    return { name: index === 0 ? 'redirect' : `redirect.${index + 1}`, match: uri && [{ uri }], redirect };
  });
  return withoutFalseAlarms(routes);
}

/** Whether a rule has what others of its host leave. */
export function hasTheRest({ path }: RedirectRule): boolean {
  const uri = path?.toUriMatch();
  return takesTheRest([{ match: uri && [{ uri }] }]);
}

/** The addresses through which a client would go round and round, if a rule leads into such a circle. */
export function circleFrom(start: RedirectRule, rules: RedirectRule[], servers: Listening[]): string[] | undefined {
  const host = start.host.replace(/^\*/, 'x');
  const path = sampleOf(start.path);
  return servers.filter(({ hosts }) => hosts.some(name => isWithin(host, name))).map(({ port, secure }) => {
    const seen: string[] = [];
    let at: Address | undefined = { host, path, port, secure };
    while (at) {
      const text: string = `${at.secure ? 'https' : 'http'}://${at.host}:${at.port}${at.path}`;
      if (seen.includes(text)) {
        return [...seen.slice(seen.indexOf(text)), text];
      }
      seen.push(text);
      at = next(at, rules, servers);
    }
    return undefined;
  }).find(circle => circle !== undefined);
}

interface Address {
  readonly host: string;
  readonly path: string;
  readonly port: number;
  readonly secure: boolean;
}

/** Where a client is sent from an address; `undefined` where it gets an answer, or leaves the gateway. */
function next(from: Address, rules: RedirectRule[], servers: Listening[]): Address | undefined {
  const asked = servers.filter(({ port, secure }) => port === from.port && secure === from.secure);
  const server = asked.find(({ hosts }) => hosts.some(name => isWithin(from.host, name)));
  if (server?.redirects) {
    return { ...from, port: 443, secure: true };
  }
  const known = rules.filter(({ host }) => isWithin(from.host, host)).map(({ host }) => closeness(host));
  const closest = Math.max(...known);
  const there = rules.filter(({ host }) => isWithin(from.host, host) && closeness(host) === closest);
  const meant = server && closestFirst(there).find(({ path }) => {
    const uri = path?.toUriMatch();
    return !uri || accepts(uri, from.path);
  });
  if (!meant?.redirect) {
    return undefined;
  }
  const { authority, uri } = meant.redirect;
  return { host: authority ?? from.host, path: uri ?? from.path, ...redirectedTo(meant.redirect, from) };
}

/** Of two wildcards, and of a wildcard and a name, the longer one has the routes: the star itself says nothing. */
function closeness(host: string): number {
  return host.replace('*', '').length;
}

function closestFirst(rules: RedirectRule[]): RedirectRule[] {
  const rank = ({ path }: RedirectRule) => path?.toUriMatch() ? path.rank : '9';
  return [...rules].sort((a, b) => compare(rank(a), rank(b)));
}

/** A path that a pattern takes. */
function sampleOf(path?: PathPattern): string {
  const text = (path?.text ?? '/').replace(/\{\*{1,2}\}/g, 'x').replace(/\*$/, '');
  return text.startsWith('*') ? `/x${text.slice(1)}` : text || '/';
}
