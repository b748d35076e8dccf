import { Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { MeshGraph } from './mesh-graph';
import { checkDnsLabel } from '../diagnostics/checks';
import { MeshError } from '../diagnostics/mesh-error';
import { Site } from '../diagnostics/site';

/** The namespace of the chart in which a construct stands: identities, hosts and policies are made of it. */
export function chartNamespace(construct: IConstruct): string {
  const site: Site = Site.of(construct, 'namespace');
  const chart = construct.node.scopes.reverse().find(Chart.isChart);
  const namespace = chart?.namespace;
  if (namespace === undefined) {
    site.fail('MissingNamespace', 'is not known', undefined, 'Give the chart a namespace: new Chart(app, \'shop\', { namespace: \'shop\' }).');
  }
  return checkDnsLabel(site, namespace);
}

/**
 * The namespace of what the mesh is made of. A policy in the mesh's root namespace holds for the whole mesh, and a refusal in
 * a namespace of Kubernetes stops the cluster.
 *
 * Upstream: istio/istio pilot/pkg/model/authorization.go, ListAuthorizationPolicies.
 */
export function memberNamespace(construct: IConstruct): string {
  const namespace = chartNamespace(construct);
  const problem = () => Site.of(construct, 'namespace').problem('SystemNamespace', 'must be none of Kubernetes\' and none of the mesh\'s own', namespace,
    'Give the chart a namespace of its own: a policy there would hold for the whole mesh, or stop the cluster.');
  if (/^(kube|istio)-/.test(namespace)) {
    throw new MeshError([problem()]);
  }
  const graph = MeshGraph.of(construct);
  graph.check(() => namespace === graph.settings.istioNamespace ? [problem()] : []);
  return namespace;
}

/** That of what needs a proxy. */
export function injectedNamespace(construct: IConstruct): string {
  const namespace = memberNamespace(construct);
  MeshGraph.of(construct).addInjected({ path: construct.node.path, namespace });
  return namespace;
}
