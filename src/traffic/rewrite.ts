import { RE2JS } from 're2js';
import { escapeRegex, PathPattern } from './path-pattern';
import { checkLiteralPath, checkPathSyntax } from './path-syntax';
import { checked } from '../diagnostics/checked';
import { checkHostname, checkInteger, checkRegex } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { RewriteManifest } from '../manifests/istio-networking';

/**
 * What a server is asked in the place of what a client asked for: another path, another host. Query and method stay. The program finds the
 * client's path in the header `x-envoy-original-path`. The server allows the paths that result, and not those of the client.
 *
 * Istio: `VirtualService.http.rewrite`; a path always by `uriRegexRewrite`, since what `uri` replaces depends on how a route happens to be matched.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite
 */
@checked
export class Rewrite {
  /**
   * Replaces the segments with which the paths begin: of `/api/orders/*`, with `/v2`, `/api/orders/7` becomes `/v2/7`; with `/`, it becomes
   * `/7`. It is for paths that end in `/*`, and for `/api/orders` beside `/api/orders/*`; where all paths are meant, it is put before each.
   *
   * @param prefix begins with a slash; whether it ends with one makes no difference.
   *
   * @example
   * const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
   * edge.exposes(orders, { hosts: ['shop.example.com'], paths: ['/api/orders/*'], rewrite: Rewrite.prefix('/') });
   */
  public static prefix(prefix: string): Rewrite {
    return new Rewrite([{ kind: 'prefix', prefix }]);
  }

  /**
   * Replaces the whole path.
   *
   * @param path begins with a slash.
   *
   * @example
   * Rewrite.path('/index.html');
   */
  public static path(path: string): Rewrite {
    return new Rewrite([{ kind: 'path', path }]);
  }

  /**
   * Replaces what a regular expression finds in the path, wherever and as often as it finds it.
   *
   * @param pattern in the syntax of RE2, 1 to 1024 characters of ASCII; `^` and `$` are the ends of the path.
   * @param substitution what takes its place; `\\1` to `\\9` are what its groups have found, `\\0` is all of it.
   * @param paths that result, in the syntax of the paths of a call, and what becomes of each path that is known letter by letter among them: the server allows these, and what else the gateway exposes of it. So where another exposure
   * of the service asks for a token or an address and this one does not ask for the same, it is refused (`UnboundDemand`).
   *
   * @example
   * Rewrite.regex('^/shops/([^/]+)/orders', '/orders/of/\\1', ['/orders/of/{*}']);
   */
  public static regex(pattern: string, substitution: string, paths: string[]): Rewrite {
    return new Rewrite([{ kind: 'regex', pattern, substitution, paths: [...paths] }]);
  }

  /**
   * Replaces the name that was asked for (`Host`, `:authority`).
   *
   * @param authority a fully qualified name, with or without a port: `orders.example.com:8080`.
   *
   * @example
   * Rewrite.prefix('/v2').also(Rewrite.authority('orders.example.com'));
   */
  public static authority(authority: string): Rewrite {
    return new Rewrite([{ kind: 'authority', authority }]);
  }

  private constructor(private readonly parts: Part[]) {}

  /**
   * This rewrite and another one: one of the path, and one of the authority.
   *
   * @example
   * Rewrite.path('/healthz').also(Rewrite.authority('status.example.com'));
   */
  public also(other: Rewrite): Rewrite {
    return new Rewrite([...this.parts, ...other.parts]);
  }

  /**
   * Whether it depends on the paths for which it is.
   *
   * @internal
   */
  public get _ofPrefix(): boolean {
    return this.parts.some(({ kind }) => kind === 'prefix');
  }

  /**
   * @param paths for which it is, in the syntax of a call; without them, all.
   * @param fix what to write where it is not known what the prefix of a path is.
   * @returns what the server is asked: `asked` only where another path results, `asksMore` if others may result, too.
   *
   * @internal
   */
  public _apply(site: Site, paths?: string[], fix?: string): { manifest: RewriteManifest; asked?: string[]; asksMore?: boolean } {
    const [authority, twice] = this.parts.filter(isAuthority);
    const [path, again] = this.parts.filter(isOfPath);
    if (twice ?? again) {
      site.fail('InvalidRewrite', 'must replace the path once and the authority once', this.parts.map(({ kind }) => kind), 'Give one of Rewrite.prefix(), path() and regex(), and one of authority().');
    }
    const rewritten = path && ofPath(site.in(path.kind), path, paths, fix);
    return {
      manifest: { uriRegexRewrite: rewritten?.regex, authority: authority && checkAuthority(site.in('authority'), authority.authority) },
      asked: rewritten && [...new Set(rewritten.asked)],
      asksMore: path?.kind === 'regex' || undefined,
    };
  }
}

type Part = PathPart | { kind: 'authority'; authority: string };
type PathPart = { kind: 'prefix'; prefix: string } | { kind: 'path'; path: string } | { kind: 'regex'; pattern: string; substitution: string; paths: string[] };

interface Rewritten {
  readonly regex: { match: string; rewrite: string };
  readonly asked: string[];
}

function isAuthority(part: Part) {
  return part.kind === 'authority';
}

function isOfPath(part: Part): part is PathPart {
  return part.kind !== 'authority';
}

function ofPath(site: Site, part: PathPart, paths: string[] | undefined, fix?: string): Rewritten {
  switch (part.kind) {
    case 'prefix': return ofPrefix(site, part.prefix, paths, fix);
    case 'path': return ofWholePath(site, part.path, paths);
    case 'regex': return ofRegex(site, part, paths);
  }
}

const LITERAL = 'Write what takes the place as it stands in the request; Rewrite.regex() can repeat a part of the client\'s path.';

/** By whole segments, so that no slash is doubled or lost. */
function ofPrefix(site: Site, prefix: string, paths: string[] = ['/*'], fix = 'Give paths such as /api/orders/*, or say it of this one alone, with Rewrite.path() or Rewrite.regex().'): Rewritten {
  checkLiteralPath(site, prefix, LITERAL);
  const to = prefix.replace(/\/$/, '');
  const roots = paths.filter(path => /^\/([^*{}]*\/)?\*$/.test(path)).map(path => path.slice(0, -2));
  const other = paths.find(path => !roots.includes(path.endsWith('/*') ? path.slice(0, -2) : path));
  if (other !== undefined) {
    site.fail('InvalidRewrite', 'is for paths that end in \'/*\': of others it is not known what their prefix is', other, fix);
  }
  if (roots.every(root => root === to)) {
    site.fail('InvalidRewrite', 'must be another prefix than the one that the paths have', prefix, 'Leave the rewrite out: it would change nothing.');
  }
  // Envoy takes the first alternative that fits: the longest
  const alternatives = [...new Set(roots)].sort((a, b) => b.length - a.length).map(escapeRegex);
  const match = `^${alternatives.length > 1 ? `(?:${alternatives.join('|')})` : alternatives[0]}`;
  return {
    regex: to === '' ? { match: `${match}(?:/|$)`, rewrite: '/' } : { match: `${match}(/|$)`, rewrite: `${to}\\1` },
    asked: paths.map(path => path.endsWith('/*') ? `${to}/*` : to || '/'),
  };
}

function ofWholePath(site: Site, path: string, paths: string[] | undefined): Rewritten {
  checkLiteralPath(site, path, LITERAL);
  if (paths?.every(asked => asked === path)) {
    site.fail('InvalidRewrite', 'must be another path than the one that is asked for', path, 'Leave the rewrite out: it would change nothing.');
  }
  return { regex: { match: '^/.*', rewrite: path }, asked: [path] };
}

/** Envoy refuses all of a proxy's routes for the sake of one that is wrong (google/re2 re2.cc, CheckRewriteString), which istiod does not look at. */
function ofRegex(site: Site, part: { pattern: string; substitution: string; paths: string[] }, given?: string[]): Rewritten {
  const { pattern, substitution, paths } = part;
  checkRegex(site.in('pattern'), pattern);
  const groups = RE2JS.compile(pattern).groupCount();
  const at = site.in('substitution');
  const used = [...substitution.matchAll(/\\(.?)/g)].map(([, what]) => what);
  const wrong = used.find(what => !/^\d$/.test(what) || Number(what) > groups);
  if (wrong !== undefined || /\$\d/.test(substitution)) {
    at.fail('InvalidRewrite', `must name the groups of its pattern, of which it has ${groups}`, substitution, 'A backslash is followed by the number of a group: \\1 is what the first pair of parentheses has found.');
  }
  if (substitution === '') {
    at.fail('InvalidRewrite', 'must not be empty', substitution, 'Istio takes no empty text: have the pattern find the slash before or after, too, and put it back.');
  }
  checkPathSyntax(at, substitution.replace(/\\\d/g, 'x'));
  if (pattern.startsWith('^') && !/^[/\\]/.test(substitution)) {
    at.fail('InvalidRewrite', 'must start with \'/\': it takes the place of a path\'s beginning', substitution, 'Write the path as it is to be asked for: /orders/\\1.');
  }
  if (paths.length === 0) {
    site.in('paths').fail('EmptyList', 'must not be empty', paths, 'Name what results, such as /orders/{*}: the server allows nothing else.');
  }
  const patterns = paths.map((path, index) => PathPattern.parse(site.in('paths').at(index), path));
  checkMeets(site.in('pattern'), pattern, given);
  // What becomes of a path that is known letter by letter is known, too
  const known = given?.filter(path => !/[*{]/.test(path)).map(path => ({ path, result: replaced(path, pattern, substitution) })) ?? [];
  if (known.length > 0 && known.length === given?.length && known.every(({ path, result }) => path === result)) {
    site.in('pattern').fail('InvalidRewrite', 'must find something in the paths that it is for', pattern, `It changes nothing of ${known.map(({ path }) => path).join(', ')}.`);
  }
  const lost = known.find(({ path, result }) => path !== result && !patterns.some(each => each.takes(result)));
  if (lost) {
    site.in('paths').fail('InvalidRewrite', `must allow what becomes of ${lost.path}: ${lost.result}`, paths, 'Name that path too: the server allows nothing else.');
  }
  return { regex: { match: pattern, rewrite: substitution }, asked: paths };
}

function checkAuthority(site: Site, authority: string): string {
  const [host, port, ...more] = authority.split(':');
  checkHostname(site, more.length > 0 ? authority : host);
  if (port !== undefined) {
    checkInteger(site, /^\d{1,5}$/.test(port) ? Number(port) : NaN, 1, 65535, 'InvalidPort', 'Write host:port, or the host alone.');
  }
  return authority;
}

/** Wherever and as often as it is found, as Envoy does (google/re2 re2.cc, GlobalReplace): nothing, right behind a find, is no other one. */
function replaced(path: string, pattern: string, substitution: string): string {
  const matcher = RE2JS.compile(pattern).matcher(path);
  let written = '';
  let end = -1;
  while (matcher.find()) {
    if (matcher.end() > end) {
      written += path.slice(Math.max(end, 0), matcher.start()) + substitution.replace(/\\(\d)/g, (_, group) => matcher.group(Number(group)) ?? '');
      end = matcher.end();
    }
  }
  return written + path.slice(Math.max(end, 0));
}

/** A pattern that begins with other letters than all paths finds nothing. What is more than letters at its beginning may be anything. */
function checkMeets(site: Site, pattern: string, paths: string[] = ['/*']): void {
  const [, literal = ''] = /^\^((?:[A-Za-z0-9/_-](?![?*+{]))*)/.exec(pattern) ?? [];
  const beginnings = paths.map(path => path.split(/[*{]/)[0]);
  if (!pattern.includes('|') && !beginnings.some(beginning => beginning.startsWith(literal) || literal.startsWith(beginning))) {
    site.fail('InvalidRewrite', 'must find something in the paths that it is for', pattern, `None of ${paths.join(', ')} begins with ${literal}.`);
  }
}
