import { IConstruct } from 'constructs';
import { isNamespace, objectsOf } from './output-files';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/** A construct whose pods need a proxy. */
export interface Injected {
  readonly path: string;
  readonly namespace: string;
}

const LABEL = 'istio-injection';

/**
 * What stands in a Namespace, of ours or of the user's, that keeps the injector away whatever a pod's own labels say.
 *
 * Upstream: istio/istio manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml: the webhooks take a namespace
 * whose `istio-injection` is `enabled`, and pods that ask for it where there is no such label.
 */
export function uninjected(root: IConstruct, injected: Injected[]): MeshProblem[] {
  const closed = new Map(objectsOf(root).filter(isNamespace).map(object => object.toJson().metadata)
    .filter(({ labels }) => ![undefined, 'enabled'].includes(labels?.[LABEL])).map(({ name, labels }) => [name, labels[LABEL]]));
  return injected.filter(({ namespace }) => closed.has(namespace)).map(({ path, namespace }) => Site.named(path, 'namespace').problem('UninjectedNamespace', 'must be one whose pods get a proxy', namespace,
    `Put it into a chart with a namespace of its own, or leave the label ${LABEL}: ${closed.get(namespace)} out: its pods would have no identity, and every caller would be refused.`));
}
