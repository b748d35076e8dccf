import { Construct } from 'constructs';
import { forgedHeaderRules, issuersOf, requestAuthenticationSpec } from '../access/request-authentication';
import { checkIssuers, checkTemplates, swallowed, unboundDemands } from '../access/token-checks';
import { Site } from '../diagnostics/site';
import { Call, clientKey } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { Head } from '../manifests/emit';
import { authorizationPolicy, requestAuthentication } from '../manifests/istio-security';

/** The workload whose proxy asks for tokens. */
export interface Guarded {
  readonly namespace: string;
  readonly podLabels: { [key: string]: string };
  readonly head: Head;
  readonly incoming: () => Call[];
  readonly outgoing: () => Call[];
}

/**
 * Has the proxies of a workload look for end users' tokens, from the first call on that asks for one. What binds is in the AuthorizationPolicy of
 * the workload, beside the client's identity.
 */
export class EndUserGuard {
  private readonly others: EndUserGuard[] = [];

  constructor(private readonly scope: Construct, private readonly graph: MeshGraph, private readonly guarded: Guarded) {}

  /** Pods of the same service under another identity have the same callers. */
  public followedBy(other: EndUserGuard): void {
    this.others.push(other);
    other.write();
  }

  public accept(client: Construct, call: Call): void {
    const site = this.siteOf(client);
    if (call.client.gateway) {
      return; // It has been asked there
    }
    const known = this.asked();
    const key = clientKey(call.client);
    checkTemplates(site, call, this.guarded.incoming().filter(other => other.port === call.port && clientKey(other.client) === key));
    if (call.endUsers) {
      checkIssuers(site.in('endUsers'), call, known);
    }
  }

  /** With what is asked for now. */
  public write(): void {
    this.others.forEach(other => other.write());
    const { scope, graph, guarded: { namespace, podLabels, head, incoming, outgoing } } = this;
    const issuers = issuersOf(this.asked());
    if (issuers.length > 0 && !scope.node.tryFindChild('request-authentication')) {
      graph.late.add(requestAuthentication(scope, 'request-authentication', head, () => requestAuthenticationSpec(podLabels, this.asked(), this.siteOf(scope))));
      graph.check(() => [
        ...unboundDemands(({ client }) => Site.of(scope, `calls from ${client.name}`).in('endUsers'), incoming()),
        ...swallowed(this.asked(), outgoing()).map(({ server, endUsers }) => Site.of(scope, 'calls').problem(
          'SwallowedToken', `to ${server.path} must bear a token that this workload's own proxy takes away`, endUsers!._names, 'Let its TokenIssuer have forward: true.')),
      ]);
    }
    if (issuers.some(({ _headers }) => _headers.length > 0) && !scope.node.tryFindChild('deny-policy')) {
      const name = `${head.name}-deny`;
      graph.claim(Site.of(scope, 'id'), ['AuthorizationPolicy'], namespace, name, scope.node.path);
      const ports = () => [...new Set(incoming().filter(({ port }) => port._isHttp).map(({ port }) => String(port.targetPort)))].sort();
      graph.late.add(authorizationPolicy(scope, 'deny-policy', { ...head, name }, () => (
        { selector: { matchLabels: podLabels }, action: 'DENY', rules: forgedHeaderRules(this.asked(), ports()) })));
    }
  }

  private asked(): Call[] {
    return this.guarded.incoming().filter(({ client, endUsers }) => endUsers && !client.gateway);
  }

  private siteOf(client: Construct): Site {
    return Site.of(client, `calls(${this.scope.node.id})`);
  }
}
