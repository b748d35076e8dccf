import { Call, compare } from './call';
import { Site } from '../diagnostics/site';
import { HeadersManifest } from '../manifests/istio-networking';
import { CorsPolicy } from '../traffic/cors-policy';
import { HeaderChanges, namedIn, replaced } from '../traffic/header-changes';
import { PathPattern } from '../traffic/path-pattern';
import { Rewrite } from '../traffic/rewrite';

/** What to do where changes of headers take a token before it is read. */
export const LEAVE_TOKEN = 'Leave out the header that bears it: the program gets no token anyway, unless its TokenIssuer has forward: true.';

/** What is to become of the requests of a call on their way. */
export interface Treatments {
  readonly rewrite?: Rewrite;
  readonly cors?: CorsPolicy;
  readonly headers?: HeaderChanges;
}

/** The call with what becomes of its requests: the server is asked for the paths that result. */
export function treatedCall(site: Site, call: Call, { rewrite, cors, headers }: Treatments): Call {
  if (!rewrite && !cors && !headers) {
    return call;
  }
  const { port, methods } = call;
  for (const [property, value] of Object.entries({ rewrite, cors, headers })) {
    if (value && !port._isHttp) {
      site.in(property).fail('NotHttp', `cannot be kept on port ${port.name}, where the proxy sees no requests`, `a ${value.constructor.name}`,
        'Leave it out, or declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks.');
    }
  }
  const applied = rewrite?._apply(site.in('rewrite'), call.paths?.map(({ text }) => text));
  const arriving = applied?.asked?.map(path => PathPattern.parse(site.in('rewrite'), path)).sort((a, b) => compare(a.rank, b.rank));
  if (port._isGrpc) {
    arriving?.forEach(path => path.checkGrpc(site.in('rewrite')));
  }
  // A policy refuses what brings no token, or comes from elsewhere, before any other part of the proxy answers it
  if (cors && (call.endUsers?._isRequired || call.fromCidrs) && (!methods || methods.includes('OPTIONS'))) {
    site.in('cors').fail('InvalidCors', 'needs methods without OPTIONS beside a demand: what browsers ask before a request brings no token', methods,
      'Name the methods that are exposed: [\'GET\', \'POST\'].');
  }
  if (cors && port._isGrpc && port._protocol !== 'grpc-web') {
    site.in('cors').fail('InvalidCors', `is for browsers, which do not speak the protocol of port ${port.name}`, port.name, 'Leave it out, or declare the port as MeshPort.grpcWeb() if that is what it speaks.');
  }
  const changed = headers?._toManifest(site.in('headers'));
  if (port._isGrpc) {
    headers?._checkGrpc(site.in('headers'));
  }
  checkClaims(site.in('headers'), call, changed);
  checkToken(site.in('headers').in('request'), call, changed);
  return {
    ...call,
    asked: arriving,
    asksMore: applied?.asksMore,
    treatment: { rewrite: applied?.manifest, corsPolicy: cors?._toManifest(site.in('cors'), methods), headers: changed },
  };
}

/**
 * Whether a call brings no token any more when the client's proxy has taken these headers. A gateway reads the token before its routes change headers; within the mesh
 * the server's proxy does, after the client's has changed them.
 */
export function losesToken({ client, endUsers }: Call, lost: string[]): boolean {
  return !client.gateway && endUsers?._isLostWith(lost) === true;
}

function checkToken(site: Site, call: Call, changed?: HeadersManifest): void {
  const lost = replaced(changed?.request);
  if (losesToken(call, lost)) {
    site.fail('SwallowedToken', 'must leave the token to the server\'s proxy, which reads it after the client\'s has changed the headers', lost, LEAVE_TOKEN);
  }
}

/** The route changes headers after the token has been read: what is said of who asks would come from elsewhere. */
function checkClaims(site: Site, { endUsers }: Call, changed?: HeadersManifest): void {
  const named = namedIn(changed?.request);
  const claimed = endUsers?._issuers.flatMap(({ _headers }) => _headers).find(header => named.includes(header));
  if (claimed !== undefined) {
    site.in('request').fail('InvalidHeader', 'must not be one that bears a claim of the token', claimed, 'Leave it out: claimToHeaders of the TokenIssuer says what is in it.');
  }
}
