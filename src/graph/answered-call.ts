import { Call } from './call';
import { CallOptions } from './call-options';
import { matchesOf } from './faults-of';
import { Site } from '../diagnostics/site';
import { HeadersManifest, HttpMatchManifest, RouteAnswerManifest } from '../manifests/istio-networking';
import { DirectResponse } from '../traffic/direct-response';
import { HeaderChanges, namedIn } from '../traffic/header-changes';
import { accepts, comparedUri } from '../traffic/match-intersection';
import { Redirect } from '../traffic/redirect';

/** What a proxy is to say in the place of a server: one of the two. */
export interface Answers {
  readonly redirect?: Redirect;
  readonly directResponse?: DirectResponse;
  readonly headers?: HeaderChanges;
}

/** What a user wrote, checked. @param match the requests. @param grpc whether all of them are gRPC calls. */
export function answerOf(
  site: Site, { redirect, directResponse, headers }: Answers, match: HttpMatchManifest[], grpc: boolean,
): RouteAnswerManifest | undefined {
  if (directResponse) {
    const manifest = directResponse._toManifest(site.in('directResponse'));
    checkStatus(site.in('directResponse').in('status'), manifest.status, grpc && !match.some(asksBefore));
    if (manifest.status >= 300 && manifest.status < 400) {
      checkLocation(site, headers);
    }
    if (grpc && directResponse._contentType !== undefined) {
      site.in('directResponse').in('contentType').fail('InvalidResponse', 'must not be given to clients of gRPC, which read an answer of another type as a failure of the connection',
        directResponse._contentType, 'Leave it out: they get the body as the message of the status.');
    }
    return { directResponse: manifest };
  }
  if (!redirect) {
    return undefined;
  }
  const at = site.in('redirect');
  const manifest = redirect._toManifest(at);
  checkLocation(site, headers);
  if (grpc) {
    at.fail('InvalidRedirect', 'is for clients that follow it, which those of gRPC do not', manifest, 'Leave it out, or rewrite the path.');
  }
  const { uri, authority, scheme, port } = manifest;
  const again = authority ?? scheme ?? port ? undefined : match.find((each) => {
    const compared = comparedUri(each);
    return !compared || accepts(compared, uri!);
  });
  if (again) {
    at.fail('InvalidRedirect', 'must not lead in a circle', uri, 'Lead to a path that this one does not match.');
  }
  return { redirect: manifest };
}

/** What a browser asks before a call of gRPC-Web is an answer of HTTP. */
const asksBefore = ({ method }: HttpMatchManifest) => method !== undefined && accepts(method, 'OPTIONS');

/** Those that lead somewhere, by a header. */
const LEADING = [301, 302, 303, 307, 308];

/**
 * What a client would take for something else than is meant.
 *
 * Upstream: envoyproxy/envoy source/common/grpc/status.cc, httpToGrpcStatus: what has no status of its own is UNKNOWN, and so is 200.
 */
function checkStatus(site: Site, status: number, grpc: boolean): void {
  if (grpc && status < 300) {
    site.fail('InvalidResponse', 'must be that of a failure for clients of gRPC: of an answer without a message they get UNKNOWN', status,
      'Use 503 for UNAVAILABLE, 403 for PERMISSION_DENIED or 404 for UNIMPLEMENTED; a stub that succeeds is a service of its own.');
  }
  if (LEADING.includes(status)) {
    site.fail('InvalidResponse', 'must not be that of a redirect, which says where to', status, 'Use redirect: Redirect.to({ ... }), or another status.');
  }
}

/** What a header says of where to go, nobody compares with the routes there: it could lead in a circle. */
function checkLocation(site: Site, headers?: HeaderChanges): void {
  if (namedIn(headers?._toManifest(site.in('headers')).response).includes('location')) {
    site.in('headers').in('response').fail('InvalidHeader', 'must not be where a client is sent', 'location', 'Leave it out, and say where to by redirect: Redirect.to({ ... }).');
  }
}

/** The headers of an answer with the type of its body. */
export function withContentType(site: Site, headers?: HeadersManifest, contentType?: string): HeadersManifest | undefined {
  if (contentType === undefined) {
    return headers;
  }
  if (namedIn(headers?.response).includes('content-type')) {
    site.in('headers').in('response').fail('InvalidHeader', 'must not be one that the direct response has', 'content-type', 'Leave one of the two out.');
  }
  return { ...headers, response: { ...headers?.response, set: { ...headers?.response?.set, 'content-type': contentType } } };
}

/** What would have an effect on the way to a server alone. */
const OF_SERVERS = ['timeout', 'retries', 'rewrite', 'faults', 'endUsers'] as const;

/** The call with what the client's proxy answers by itself, if it does: then the server gets nothing of it. */
export function answeredCall(site: Site, call: Call, options: CallOptions): Call {
  const ways = (['redirect', 'directResponse'] as const).filter(property => options[property]);
  if (ways.length === 0) {
    return call;
  }
  const [way] = ways;
  const { port, treatment } = call;
  if (ways.length > 1) {
    site.in(ways[1]).fail('InvalidRoute', `must not stand beside ${way}: a request has one answer`, ways, 'Leave one of them out, or declare a call for each, with paths of its own.');
  }
  if (!port._isHttp) {
    site.in(way).fail('NotHttp', `cannot be kept on port ${port.name}, where the proxy sees no requests`, way,
      'Leave it out, or declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks.');
  }
  const lost = OF_SERVERS.find(property => options[property] !== undefined);
  if (lost) {
    site.in(lost).fail('InvalidRoute', 'has no effect where the client\'s proxy answers by itself', way, `Leave out ${lost}, for no server is asked, or leave out ${way}.`);
  }
  if (treatment?.headers?.request) {
    site.in('headers').in('request').fail('InvalidRoute', 'has no effect where the client\'s proxy answers by itself', treatment.headers.request,
      'Change the headers of the answer alone: no server is asked.');
  }
  if (options.chain) {
    site.in('chain').fail('IneffectiveChain', 'has no effect where the client\'s proxy answers by itself: nobody waits', way, 'Leave it out.');
  }
  const headers = withContentType(site, treatment?.headers, options.directResponse?._contentType);
  return { ...call, answer: answerOf(site, options, matchesOf(call), port._isGrpc), treatment: headers && { headers } };
}
