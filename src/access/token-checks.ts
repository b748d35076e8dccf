import { demandOf } from './demand';
import { issuersOf } from './request-authentication';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Call, callKey, Client, clientKey, compare } from '../graph/call';
import { overlap, Requests } from '../graph/overlap';
import { CopiedCall } from '../graph/route-copies';
import { replaced } from '../traffic/header-changes';
import { TokenIssuer } from '../traffic/token-issuer';

/**
 * A proxy knows an issuer once, and of several issuers the first that finds its token ends the search: the headers that another makes of its claims stay as a client
 * has written them in an Envoy of before 1.40 (envoyproxy/envoy source/extensions/filters/http/jwt_authn/verifier.cc, AnyVerifierImpl; pull request 46586).
 */
export function checkIssuers(site: Site, call: Call, others: Call[]): void {
  const known = issuersOf(others);
  for (const issuer of issuersOf([call])) {
    const manifest = JSON.stringify(issuer._toManifest(site));
    if (known.some(other => other._issuer === issuer._issuer && JSON.stringify(other._toManifest(site)) !== manifest)) {
      site.fail('AmbiguousIssuer', 'must know the issuer as the proxy does already by another declaration', issuer._issuer, 'Use one TokenIssuer for both: a proxy knows an issuer once.');
    }
  }
  const all = issuersOf([call, ...others]);
  const odd = all.find(({ _headers }) => _headers.join() !== all[0]._headers.join());
  if (odd) {
    site.fail('AmbiguousIssuer', `must make the same headers of claims as ${all[0]._issuer} does at the same proxy: ${all[0]._headers.join(', ') || 'none'}`, odd._headers,
      'Name the same headers in claimToHeaders of both: of a request with the token of one, nobody removes those of the other.');
  }
}

/**
 * A template means fewer paths to a policy than to a route, which takes every character: what only the route takes would be judged by the wider declaration
 * (envoyproxy/envoy source/extensions/path/uri_template_lib/uri_template_internal.cc, kLiteral; PathPattern.toUriMatch).
 */
export function checkTemplates(site: Site, call: Call, others: Call[]): void {
  for (const other of others.filter(candidate => demandOf(candidate) !== demandOf(call) && overlap(candidate, call))) {
    for (const one of [call, other].filter(candidate => demandOf(candidate) !== '')) {
      const template = one.paths?.find(({ text }) => text.includes('{'));
      if (template) {
        site.in('paths').fail('UnboundDemand', 'must not be a template where another declaration for the same requests asks for something else', template.text,
          'Write it as a beginning, /orders/*, or ask the same of both.');
      }
    }
  }
}

/**
 * An exposure, of any gateway, that arrives where another one asks for something else: a gateway's policy compares what clients ask for, before a rewrite. Without
 * a rewrite the two are told apart by the closer one. What a pattern makes may be any path: the service lets in by identity what any exposure of the gateway leads to.
 */
export function ledAround(site: Site, call: Call, others: Call[]): MeshProblem[] {
  const demand = demandOf(call);
  const isFirst = (other: Call) => demandOf(other) === '' || compare(callKey(call), callKey(other)) < 0; // Of two that ask, one tells it
  const meets = (one: Call, asking: Call) => demandOf(asking) !== '' && overlap(arriving(one), { methods: asking.methods, paths: asking.asked ?? asking.paths });
  const other = demand === '' ? undefined : others.find(candidate => candidate.client.gateway && candidate.port === call.port && (call.asked ?? candidate.asked)
    && demandOf(candidate) !== demand && isFirst(candidate) && (meets(candidate, call) || meets(call, candidate)));
  const from = other?.paths?.map(({ text }) => text).join(', ') ?? 'all paths';
  return other ? [site.in(call.endUsers?._isRequired ? 'endUsers' : 'fromCidrs').problem('UnboundDemand',
    `must be asked of what ${other.client.name} exposes as ${from} too, which a rewrite lets meet with it${other.asksMore || call.asksMore ? ': a pattern may lead to any path' : ''}`,
    (other.asked ?? other.paths)?.map(({ text }) => text) ?? ['*'],
    'Ask the same of both, or let the rewrite lead to paths that are not of both, by Rewrite.prefix() or Rewrite.path(). What is for others may have a port of its own.')] : [];
}

/** The requests as the service gets them. */
function arriving({ methods, paths, asked, asksMore }: Call): Requests {
  return { methods, paths: asksMore ? undefined : asked ?? paths };
}

/** Who is let in under a name that others bear too, without what is asked of those. */
export function unboundDemands(site: (call: Call) => Site, calls: Call[]): MeshProblem[] {
  return calls.filter(call => call.endUsers?._isRequired && !call.client.gateway).flatMap((call) => {
    const named = calls.filter(other => other.port === call.port && clientKey(other.client) !== clientKey(call.client));
    const wider = named.find(other => includes(other.client, call.client) && demandOf(other) !== demandOf(call) && overlap(other, call));
    return wider ? [site(call).problem('UnboundDemand', `must be asked of ${wider.client.name} too, under whose name the same requests are allowed`,
      call.endUsers!._names, 'Ask the same of both, or let the wider name call other paths.')] : [];
  });
}

/**
 * Copies of requests that nobody is asked a token for, where a call to the same asks for one; and of those that the server asks for one: a client's proxy copies
 * before the server is asked, while a gateway asks before it copies. By a gateway's identity nobody tells the copies of one exposure from the requests of
 * another.
 */
export function unboundCopies(copies: CopiedCall[], calls: Call[]): MeshProblem[] {
  const asking = calls.filter(call => demandOf(call) !== '');
  return copies.flatMap(({ site, call, of }) => {
    const { client } = call;
    const asked = !client.gateway && demandOf(of) !== '' ? [site.problem(
      'UnboundDemand', `must not copy what ${client.name} is asked a token for: its proxy copies before ${of.server.path} has asked, what is refused there too`,
      call.paths?.map(({ text }) => text) ?? ['*'], 'Copy other requests, or let a gateway ask for the token.')] : [];
    const isMet = (other: Call) => other.port === call.port && overlap({ methods: other.methods, paths: other.asked ?? other.paths }, call)
      && (other.client.gateway ? client.gateway && demandOf(other) !== demandOf(of) : includes(client, other.client));
    const other = asking.find(isMet);
    return other ? [...asked, site.problem('UnboundDemand', `must not copy to what ${other.client.name} is asked a token or an address for: the copies of ${client.name} would come without`,
      call.paths?.map(({ text }) => text) ?? ['*'], 'Copy other requests, or to a port of its own.')] : asked;
  });
}

function includes(wider: Client, { namespace, serviceAccount }: Client): boolean {
  const account = wider.serviceAccount === undefined || wider.serviceAccount === serviceAccount;
  return wider.namespace === undefined || (wider.namespace === namespace && account);
}

/** Whether the proxy takes the token away when it has read it, or its routes do. */
function isTaken({ treatment }: Call, issuer: TokenIssuer): boolean {
  return !issuer._forwards || issuer._isLostWith(replaced(treatment?.headers?.request));
}

/** Calls that need a token which the caller's own proxy, or the gateway before it, has taken away. */
export function swallowed(before: Call[], after: Call[]): Call[] {
  const taken = before.flatMap(call => issuersOf([call]).filter(issuer => isTaken(call, issuer))).map(({ _issuer }) => _issuer);
  return after.filter(({ endUsers }) => endUsers?._issuers.some(({ _issuer }) => taken.includes(_issuer)));
}

/** Whether a header that a gateway makes of a claim is removed by the service's own proxy, which makes the same one of a token that it does not get or know. */
export function losesHeaders(before: Call, asked: Call[]): boolean {
  const known = issuersOf(asked);
  const kept = issuersOf([before]).every(issuer => !isTaken(before, issuer) && known.some(other => other._issuer === issuer._issuer));
  return !kept && issuersOf([before]).some(({ _headers }) => _headers.some(header => known.some(other => other._headers.includes(header))));
}
