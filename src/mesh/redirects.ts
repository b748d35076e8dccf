import { Construct } from 'constructs';
import { GatewayEntrance } from './gateway-entrance';
import { HostRequests } from '../access/gateway-authorization';
import { Site } from '../diagnostics/site';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { RedirectManifest, virtualService } from '../manifests/istio-networking';
import { hasTheRest, Listening, RedirectRule, redirectRoutes } from '../routing/redirect-routes';
import { seenFrom } from '../routing/seen-from';
import { PathPattern } from '../traffic/path-pattern';
import { objectLabels } from '../workload/labels';

/** What one gateway answers by itself with another address: one VirtualService for each host, in the chart's namespace. */
export class Redirects {
  /** That of the VirtualServices. */
  public readonly namespace: string;
  private readonly byHost = new Map<string, (RedirectRule & { site: Site })[]>();

  constructor(private readonly scope: Construct, private readonly graph: MeshGraph, private readonly entrance: GatewayEntrance) {
    this.namespace = chartNamespace(scope);
  }

  public get all(): (RedirectRule & { site: Site })[] {
    return [...this.byHost.values()].flat();
  }

  /** The requests that they answer, of anybody. */
  public get requests(): HostRequests[] {
    return this.all.map(rule => ({ hosts: [rule.host], call: { paths: rule.path && [rule.path] }, rest: hasTheRest(rule) }));
  }

  public get listening(): Listening[] {
    const requests = this.entrance.servers.all.filter(({ _routed }) => _routed === 'http');
    return requests.map(({ _hosts, _port, _secure, _redirects }) => ({ hosts: _hosts, port: _port, secure: _secure, redirects: _redirects }));
  }

  public add(site: Site, hosts: string[], redirect: RedirectManifest, paths?: string[]): void {
    if (paths?.length === 0) {
      site.in('paths').fail('EmptyList', 'must not be empty', paths, 'Leave it out to send all paths of the hosts elsewhere.');
    }
    const patterns = paths?.map((path, index) => PathPattern.parse(site.in('paths').at(index), path)) ?? [undefined];
    for (const host of hosts) {
      const rules = this.byHost.get(host) ?? this.write(site, host);
      for (const path of patterns) {
        if (rules.some(other => (other.path?.text ?? '*') === (path?.text ?? '*'))) {
          site.in('paths').fail('AmbiguousExposure', `must not be those of another redirect of ${host}`, path?.text ?? '*', 'Give each paths of its own: one of them may have all the rest.');
        }
        rules.push({ site, host, path, redirect });
      }
    }
    this.graph.changed();
  }

  private write(site: Site, host: string) {
    const { namespace } = this;
    const { client: { namespace: pods, name: gateway }, gateway: selected } = this.entrance;
    const rules: (RedirectRule & { site: Site })[] = [];
    this.byHost.set(host, rules);
    const name = `${gateway}-${host.replace(/^\*/, 'any')}`;
    this.graph.claim(site, ['VirtualService'], namespace, name, this.scope.node.path);
    this.graph.late.add(virtualService(this.scope, `virtual-service-${host}`, { name, labels: objectLabels(gateway) }, () => ({
      exportTo: seenFrom(namespace, [pods]), hosts: [host], gateways: [selected], http: redirectRoutes(rules),
    })));
    return rules;
  }
}
