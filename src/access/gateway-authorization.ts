import { Declared, demandOf, judgedRequests } from './demand';
import { forgedHeaderRules } from './request-authentication';
import { Call, callKey, compare } from '../graph/call';
import { AuthorizationPolicySpec, AuthorizationRuleManifest, OperationManifest } from '../manifests/istio-security';

/** Requests for some hosts, whoever answers them: a service, or the gateway itself by a redirect, which asks for nothing. */
export interface HostRequests extends Declared {
  readonly hosts: string[];
}

/** What a gateway exposes. */
export interface ExposedRequests extends HostRequests {
  readonly call: Call;
  /** Those on which these hosts are served: of the clients, and of the pod. */
  readonly ports: { readonly port: number; readonly targetPort: number }[];
}

/**
 * Refuses at a gateway what an exposure asks more of: who has no such token, or comes from elsewhere. The gateway's ALLOW is for everybody, and of two
 * ALLOW rules the wider one would let through what the other asks for; a DENY goes before both.
 *
 * It has to hold for every spelling of a host that leads to the exposure's routes. Envoy compares hosts without case and without what follows the last colon
 * (envoyproxy/envoy source/common/router/config_impl.cc, findVirtualHost; istio/istio pilot/pkg/networking/core/gateway.go, IgnorePortInHostMatching). So a host is
 * meant by itself and by whatever begins with it and a colon; and a wildcard by not being any other host that is exposed.
 *
 * It goes before the routes, so what a redirect answers is taken out, too.
 */
export function gatewayDenySpec(
  podLabels: { [key: string]: string }, exposed: ExposedRequests[], redirected: HostRequests[], ports: number[],
): AuthorizationPolicySpec {
  const calls = exposed.map(({ call }) => call);
  const key = ({ call, hosts }: ExposedRequests) => `${hosts.join()} ${call.server.path} ${callKey(call)}`;
  const sorted = [...exposed].sort((a, b) => compare(key(a), key(b)));
  const rules = sorted.filter(({ call }) => demandOf(call) !== '').flatMap(one => refusals(one.call, operationsOf(one, [...sorted, ...redirected])));
  return { selector: { matchLabels: podLabels }, action: 'DENY', rules: [...rules, ...forgedHeaderRules(calls, ports.map(String))] };
}

/** One rule for who is nobody or comes from elsewhere, and one for each claim that a token lacks: within a rule all conditions have to hold. */
function refusals({ endUsers, fromCidrs }: Call, operations: OperationManifest[]): AuthorizationRuleManifest[] {
  const to = operations.map(operation => ({ operation }));
  const sources = [
    ...(endUsers?._isRequired ? [{ source: { notRequestPrincipals: endUsers._principals } }] : []),
    ...(fromCidrs ? [{ source: { notRemoteIpBlocks: fromCidrs } }] : []),
  ];
  const conditions = endUsers?._isRequired ? endUsers._conditions : [];
  return to.length === 0 ? [] : [{ from: sources, to }, ...conditions.map(({ key, values }) => ({ to, when: [{ key, notValues: values }] }))];
}

function operationsOf(exposed: ExposedRequests, all: HostRequests[]): OperationManifest[] {
  const ports = [...new Set(exposed.ports.map(({ targetPort }) => String(targetPort)))];
  const byRequests = new Map<string, string[]>();
  for (const host of exposed.hosts) {
    const requests = JSON.stringify(judgedRequests(exposed, all.filter(other => other !== exposed && other.hosts.includes(host))));
    byRequests.set(requests, [...byRequests.get(requests) ?? [], host]);
  }
  return [...byRequests].flatMap(([requests, hosts]) => {
    const single = hosts.filter(host => !host.startsWith('*'));
    const named = single.length > 0 ? [{ hosts: single.flatMap(host => [host, `${host}:*`]) }] : [];
    const wild = single.length < hosts.length ? [beside(exposed, all)] : [];
    return [...named, ...wild].flatMap(host => (JSON.parse(requests) as OperationManifest[]).map(part => ({ ...host, ports, ...part })));
  });
}

/**
 * All hosts but those that are exposed or sent elsewhere under their own names: as one pattern has one wildcard, `*.example.com` could not say any port. These are written to the letter,
 * because what begins or ends like one of them may still lead to the wildcard: `a.example.com:b.example.com:443`.
 */
function beside({ ports }: ExposedRequests, all: HostRequests[]): OperationManifest {
  const single = [...new Set(all.flatMap(({ hosts }) => hosts).filter(host => !host.startsWith('*')))].sort();
  const spelled = single.flatMap(host => [host, ...new Set(ports.map(({ port }) => `${host}:${port}`))]);
  return spelled.length > 0 ? { notHosts: spelled } : {};
}
