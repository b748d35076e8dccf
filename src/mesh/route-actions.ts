import { ServiceMirror, VersionMirror, versionMirrors } from './route-mirrors';
import { RouteOptions } from './route-options';
import { checkWeights } from './version-weights';
import { Site } from '../diagnostics/site';
import { answerOf, withContentType } from '../graph/answered-call';
import { compare } from '../graph/call';
import { Rewritten } from '../graph/destination';
import { faultsOf } from '../graph/faults-of';
import { MeshPort } from '../graph/mesh-port';
import { CorsPolicyManifest, HttpMatchManifest, RouteAnswerManifest, TreatmentManifest } from '../manifests/istio-networking';
import { WeightedTarget } from '../routing/virtual-service';
import { CorsPolicy } from '../traffic/cors-policy';
import { FaultRule } from '../traffic/fault-injection';
import { takes } from '../traffic/match-intersection';
import { PathPattern } from '../traffic/path-pattern';

/** What becomes of the requests of a user's route. */
export interface RouteActions {
  /** Without it, and without an answer, they are shared out as those that no route takes. */
  readonly versions?: WeightedTarget[];
  readonly answer?: RouteAnswerManifest;
  readonly treatment?: TreatmentManifest;
  readonly faults?: FaultRule[];
  /** Versions that get copies. */
  readonly copied?: VersionMirror[];
  /** Other services that do. */
  readonly copiedTo?: ServiceMirror[];
  /** The paths that the server is asked for in the place of the client's. */
  readonly rewritten?: Rewritten;
}

/** What a user wrote, checked. */
export function routeActions(
  site: Site, options: RouteOptions, match: HttpMatchManifest[], ports: MeshPort[], copiedTo: ServiceMirror[] = [],
): RouteActions {
  const http = ports.filter(port => port._isHttp);
  const grpc = http.every(port => port._isGrpc);
  const ways = (['version', 'versions', 'redirect', 'directResponse'] as const).filter(property => options[property] !== undefined);
  const { version, directResponse, rewrite, headers, faults, mirrors, cors } = options;
  if (ways.length > 1) {
    site.in(ways[1]).fail('InvalidRoute', `must not stand beside ${ways[0]}: a request has one way`, ways, 'Leave one of them out, or write a route for each.');
  }
  if (ways.length === 0 && ![rewrite, headers, faults, mirrors, cors].some(Boolean)) {
    site.fail('InvalidRoute', 'must do something to its requests', Object.keys(options), 'Give version, versions, redirect, directResponse, rewrite, headers, faults, mirrors or cors.');
  }
  const answer = answerOf(site, options, match, grpc);
  if (answer) {
    for (const property of ['rewrite', 'faults', 'mirrors'] as const) {
      if (options[property] !== undefined) {
        site.in(property).fail('InvalidRoute', 'has no effect where the proxy answers by itself', ways[0], `Leave out ${property}, for no server is asked, or leave out ${ways[0]}.`);
      }
    }
  }
  const changed = headers?._toManifest(site.in('headers'));
  if (grpc) {
    headers?._checkGrpc(site.in('headers'));
  }
  if (answer && changed?.request) {
    site.in('headers').in('request').fail('InvalidRoute', 'has no effect where the proxy answers by itself', changed.request, 'Change the headers of the answer alone: no server is asked.');
  }
  const paths = match.map(pathOf);
  const known = paths.every(path => path !== undefined) ? paths : undefined;
  const unknown = match.findIndex((_, index) => paths[index] === undefined);
  if (rewrite?._ofPrefix && unknown >= 0 && match.some(({ uri }) => uri)) {
    site.in('match').at(unknown).fail('InvalidRewrite', 'must have a path that begins in a known way, as another one here does: Rewrite.prefix() replaces that beginning', match[unknown],
      'Write a route of its own for it, or use Rewrite.path() or Rewrite.regex().');
  }
  const applied = rewrite?._apply(site.in('rewrite'), known, 'Match StringMatch.prefix(\'/api/\'), whose last segment is whole, or use Rewrite.path() or Rewrite.regex().');
  const asked = applied?.asked?.map(path => PathPattern.parse(site.in('rewrite'), path)).sort((a, b) => compare(a.rank, b.rank));
  if (grpc) {
    asked?.forEach(path => path.checkGrpc(site.in('rewrite')));
  }
  const all = withContentType(site, changed, directResponse?._contentType);
  const corsPolicy = cors && corsOf(site, cors, match, http);
  const failing = faults && faultsOf(site.in('faults'), faults, grpc, match);
  if (mirrors && failing && match.every(requests => failing.some(rule => takesAll(rule, requests)))) {
    site.in('mirrors').fail('IneffectiveMirror', 'has no effect beside faults that abort all of the requests: what is aborted is not copied', faults.length,
      'Leave one of the two out, or give the aborts a share or a match.');
  }
  const versions = version === undefined ? options.versions && weighted(site.in('versions'), options.versions) : [{ subset: version, weight: 100 }];
  return {
    versions,
    answer,
    treatment: rewrite || all || corsPolicy ? { rewrite: applied?.manifest, corsPolicy, headers: all } : undefined,
    faults: failing,
    copied: mirrors && versionMirrors(site.in('mirrors'), mirrors, versions),
    copiedTo,
    rewritten: asked && { match, paths: asked },
  };
}

/** Of what is aborted no copies are made: the fault comes before the router (envoyproxy/envoy source/extensions/filters/http/fault/fault_filter.cc). */
function takesAll({ abort, match }: FaultRule, requests: HttpMatchManifest): boolean {
  return abort?.percentage.value === 100 && (!match || match.some(wider => takes(wider, requests)));
}

/** What a browser asks before a request is an OPTIONS without the request's headers. */
function corsOf(site: Site, cors: CorsPolicy, match: HttpMatchManifest[], http: MeshPort[]): CorsPolicyManifest {
  if (http.every(port => port._isGrpc && port._protocol !== 'grpc-web')) {
    site.in('cors').fail('InvalidCors', 'is for browsers, which do not speak the protocol of the service', http.map(({ name }) => name), 'Leave it out, or declare the port as MeshPort.grpcWeb() if that is what it speaks.');
  }
  match.forEach(({ method, headers, withoutHeaders }, index) => {
    const [header] = Object.keys({ ...headers, ...withoutHeaders }).filter(name => name !== 'origin');
    if (method ?? header) {
      site.in('match').at(index).fail('InvalidCors', 'must not tell requests by their method or headers beside cors: browsers ask before a request, without them', method ?? header,
        'Match by path, query, authority or origin, and name the methods in the CorsPolicy.');
    }
  });
  return cors._toManifest(site.in('cors'));
}

/** The shares that a user wrote. */
export function weighted(site: Site, versions: { [version: string]: number }): WeightedTarget[] {
  const listed = Object.entries(versions).map(([name, weight]) => ({ name, weight }));
  if (listed.length === 0) {
    site.fail('EmptyList', 'must not be empty', versions, 'Give each version its share, or leave it out.');
  }
  return checkWeights(site, listed, index => site.in(listed[index].name))!;
}

/** As the paths of a call are written; `undefined` where it is not known. */
function pathOf({ uri, ignoreUriCase }: HttpMatchManifest): string | undefined {
  return ignoreUriCase ? undefined : uri?.exact ?? (uri?.prefix === undefined ? undefined : `${uri.prefix}*`);
}
