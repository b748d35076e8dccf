import { ClientPolicy, clientPolicies, sharedMethods } from './client-policies';
import { withoutFalseAlarms } from './overlapping-prefixes';
import { bothTreatments, ofAnswers } from './treatments';
import { Call } from '../graph/call';
import { MeshPort } from '../graph/mesh-port';
import { DelegateManifest, DestinationManifest, HttpMatchManifest, HttpRouteManifest, RetryManifest, RouteAnswerManifest, RouteDestinationManifest, StringMatchManifest, TreatmentManifest, VirtualServiceSpec } from '../manifests/istio-networking';
import { FaultRule } from '../traffic/fault-injection';
import { faultVariants } from '../traffic/fault-variants';
import { accepts, isOpen, takes, UNKNOWN } from '../traffic/match-intersection';
import { meeting } from '../traffic/match-meeting';
import { UNASKED_RETRIES } from '../traffic/retries';

/** A version of the host's by its subset, or another host. */
export interface Target {
  readonly subset?: string;
  readonly host?: string;
}

/** Where copies go, and of how many requests, in percent. */
export interface MirrorTarget extends Target {
  readonly percent: number;
  /** That of another host, for what comes in on one of this one. */
  readonly portOf?: (port: MeshPort) => MeshPort;
}

export interface WeightedTarget extends Target {
  readonly weight: number;
  /** What its answers have their receivers remember. */
  readonly setCookie?: string;
}

/** Where requests go: a contribution of a release, or of the user, to the one VirtualService of a host. */
export interface RouteContribution {
  readonly name: string;
  /** Alternatives; without it the route takes every request that no earlier one took. */
  readonly match?: HttpMatchManifest[];
  readonly split: WeightedTarget[];
  readonly mirror?: MirrorTarget;
  /** The same where there are several: Istio takes one of the two. */
  readonly mirrors?: MirrorTarget[];
  /** The VirtualService that says so in the place of `split`; a delegate's own route takes timeout and retries from here. */
  readonly delegate?: DelegateManifest;
  /**
   * Whether its clients are told by their labels alone: a delegate's match without a namespace is in conflict with one of a namespace, and Istio drops it
   * (istio/istio pilot/pkg/model/virtualservice.go, hasConflict).
   */
  readonly byLabels?: boolean;
  /** Those that the clients' proxies make up, whoever asks. */
  readonly faults?: FaultRule[];
  readonly treatment?: TreatmentManifest;
  /** In the place of `split`: what the proxy answers by itself. */
  readonly answer?: RouteAnswerManifest;
}

export interface RouteTable {
  readonly host: string;
  readonly ports: MeshPort[];
  /** In the order in which they are tried. */
  readonly routes: RouteContribution[];
  readonly calls: Call[];
  /** Whether a retry of what goes to these versions leaves the pod that has failed. Without it, Istio has it right by itself: no hash picks pods. */
  readonly avoidsPreviousHosts?: (port: MeshPort, versions: (string | undefined)[]) => boolean;
  /** Whether the client's proxy answers 403 to what no call declares: of a host that no server of the mesh guards. */
  readonly closed?: boolean;
  /**
   * Whether the routes are a gateway's own, and all calls its: what none of them declares has no route, and gets 404. A route there asks for no
   * labels, and its `port` would be the gateway's (istio/istio pilot/pkg/networking/core/route/route.go, sourceMatchHTTP).
   */
  readonly gateway?: boolean;
}

/**
 * Every route is written once for each client that asked for a timeout or retries, and once for all the others: Istio
 * merges neither VirtualServices of one mesh host nor the settings of two rules that match one request.
 */
export function virtualServiceSpec(table: RouteTable): VirtualServiceSpec {
  const ports = table.ports.filter(port => !port._isUdp);
  const several = ports.length > 1;
  const split = table.routes.find(route => !route.match);
  const routes: RouteContribution[] = split ? table.routes : [...table.routes, { name: 'default', split: [] }];
  const http: HttpRouteManifest[] = [];
  for (const port of ports) {
    // A gateway's own port is another, and Istio would take it for a service with a port of UDP too
    // (istio/istio pilot/pkg/networking/core/route/route.go, GetDestinationCluster)
    const named = several || (table.gateway && table.ports.length > 1);
    const destinations = new Destinations(table.host, named ? port.port : undefined);
    if (!port._isHttp) {
      continue; // It has connections, and no requests: connection-routes.ts
    }
    const common = several && !table.gateway ? { port: port.port } : {};
    const policies = clientPolicies(table.calls.filter(call => call.port === port), table.closed || table.gateway);
    // Whoever has answers of its own, or changes them, has its part of a route that answers everybody; and its closer calls before those
    const answers = policies.filter(({ answer, treatment }) => answer ?? treatment?.headers?.response);
    const ofAnswered = ({ client, source: { sourceNamespace } }: ClientPolicy) => answers.some(other => (
      other.client === client && other.source.sourceNamespace === sourceNamespace));
    for (const route of port._protocol === 'grpc' ? routes.flatMap(askedOverGrpc) : routes) {
      const target = route.answer ?? (route.delegate ? { delegate: route.delegate } : {
        mirror: route.mirror && destinations.copies(route.mirror, port),
        mirrorPercentage: route.mirror && { value: route.mirror.percent },
        mirrors: route.mirrors?.map(mirror => ({ destination: destinations.copies(mirror, port), percentage: { value: mirror.percent } })),
        route: destinations.of(route.split),
      });
      const answered = route.answer !== undefined;
      const avoids = table.avoidsPreviousHosts?.(port, reachedBy(route));
      // No part has a dot: names that are made of other parts are other names
      const name = several ? `${route.name}.${port.name}` : route.name;
      for (const policy of answered && !table.gateway ? policies.filter(ofAnswered) : policies) {
        if (policy.isPreflight && route.match) {
          continue; // It goes to no version: one route is enough
        }
        // What the client's call says goes first, and the rest of another answer is for that one
        const answer = policy.answer ?? route.answer;
        const all = bothTreatments(policy.answer && answered ? undefined : route.treatment, policy.treatment);
        const treatment = answer ? ofAnswers(all) : all;
        const faults = policy.isPreflight || answer ? [] : [...policy.faults ?? [], ...route.faults ?? []];
        for (const { match: failing, fault, suffix } of faultVariants(faults)) {
          const match = withoutTaken(combine(common, policy, both(route.match, failing), route.byLabels), http);
          if (match.length > 0) {
            const { timeout } = policy;
            const retries = placed(policy.retries, avoids);
            const patience = answer ? {} : { timeout, retries };
            const matched = match.some(isOpen) ? undefined : match;
            http.push({ name: `${name}.${policy.name}${suffix}`, match: matched, ...treatment, fault, ...patience, ...policy.answer ?? target });
          }
        }
      }
      if (table.closed || table.gateway) {
        continue;
      }
      for (const { match: failing, fault, suffix } of faultVariants(route.faults ?? [])) {
        const rest = withoutTaken((both(route.match, failing) ?? [{}]).map(match => Object.assign({}, common, match)), http);
        if (rest.length > 0) {
          const matched = rest.some(isOpen) ? undefined : rest;
          http.push({ name: `${name}${suffix}`, match: matched, ...route.treatment, fault, retries: answered ? undefined : placed(undefined, avoids), ...target });
        }
      }
    }
    if (table.closed) {
      // A route, and not only the lack of one: where the source of none matches, Istio's own takes everything
      // (istio/istio pilot/pkg/networking/core/httproute.go)
      http.push({ name: several ? `undeclared.${port.name}` : 'undeclared', match: several ? [common] : undefined, directResponse: { status: 403 } });
    }
  }
  return { hosts: [table.host], http: http.length > 0 ? withoutFalseAlarms(http) : undefined };
}

export class Destinations {
  constructor(private readonly host: string, private readonly port?: number) {}

  public to({ subset, host = this.host }: Target = {}): DestinationManifest {
    return { host, subset, port: this.port === undefined ? undefined : { number: this.port } };
  }

  /** For what comes in on a port. */
  public copies({ portOf, ...target }: MirrorTarget, port: MeshPort): DestinationManifest {
    const { host, subset, port: own } = this.to(target);
    return { host, subset, port: portOf ? { number: portOf(port).port } : own };
  }

  public of(split: WeightedTarget[]): RouteDestinationManifest[] {
    if (split.length === 0) {
      return [{ destination: this.to() }];
    }
    // Istio ignores the weight of a single destination
    return split.map(({ weight, setCookie, ...target }) => ({
      destination: this.to(target),
      weight: split.length > 1 ? weight : undefined,
      headers: setCookie === undefined ? undefined : { response: { add: { 'set-cookie': setCookie } } },
    }));
  }
}

/** What is retried, and on which pods where that is not said. */
function placed(retries: RetryManifest = UNASKED_RETRIES, retryIgnorePreviousHosts?: boolean): RetryManifest {
  return retryIgnorePreviousHosts === undefined || retries.attempts === 0 ? retries : { retryIgnorePreviousHosts, ...retries };
}

/** The versions of the host that a route leads to. */
export function reachedBy({ split }: RouteContribution): (string | undefined)[] {
  return split.filter(({ weight }) => weight > 0).map(({ subset }) => subset);
}

/** What of a route for several ports may be asked over gRPC, which knows one method and no query, and is not spoken by browsers. */
function askedOverGrpc(route: RouteContribution): RouteContribution[] {
  const match = route.match?.filter(({ queryParams, method }) => !queryParams && (!method || accepts(method, 'POST')));
  const { corsPolicy, ...treatment } = route.treatment ?? {};
  return match?.length === 0 ? [] : [{ ...route, match, treatment: route.treatment && treatment }];
}

/** The requests that a route and a client's policy are both for: every pair of their alternatives that can occur. */
function combine(common: HttpMatchManifest, policy: ClientPolicy, asked: HttpMatchManifest[] = [{}], byLabels?: boolean): HttpMatchManifest[] {
  return asked.flatMap(match => (policy.uris ?? [undefined]).flatMap((uri) => {
    const { method, ...rest } = match;
    const methods = sharedMethods(match, policy);
    const source = byLabels ? { ...policy.source, sourceNamespace: undefined } : policy.source;
    const met = methods?.length === 0 ? undefined : meeting(rest, { uri, ...source });
    return met === undefined || met === UNKNOWN ? [] : [Object.assign({}, common, met, { method: methods ? anyOf(methods) : method })];
  }));
}

/** Each alternative of the one with each of the other. */
function both(a?: HttpMatchManifest[], b?: HttpMatchManifest[]): HttpMatchManifest[] | undefined {
  if (!a || !b) {
    return a ?? b;
  }
  return a.flatMap(one => b.map(other => meeting(one, other))).filter(match => match !== undefined && match !== UNKNOWN);
}

/** What is left for a rule: the meeting of two patterns may be that of two others, written already. */
function withoutTaken(matches: HttpMatchManifest[], earlier: HttpRouteManifest[]): HttpMatchManifest[] {
  const taken = earlier.flatMap(rule => rule.match ?? [{}]);
  return matches.filter((match, index) => (
    !taken.some(wider => takes(wider, match)) && !matches.some((wider, before) => before < index && takes(wider, match))));
}

function anyOf(methods: string[]): StringMatchManifest {
  return methods.length === 1 ? { exact: methods[0] } : { regex: methods.join('|') };
}
