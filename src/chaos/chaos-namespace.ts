import { Construct } from 'constructs';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { memberNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { namespace } from '../manifests/kubernetes';

/**
 * The namespace in which drills run, apart from what they hit: the helpers of many faults are privileged on their
 * node, which no zero-trust namespace admits. Grant access to it as you would to the nodes.
 *
 * It becomes the Namespace of the chart, with Pod Security `privileged` and without injection.
 *
 * Throws `MissingNamespace`, `SystemNamespace` and `DuplicateName`.
 *
 * @example
 * const drills = new Chart(app, 'drills', { namespace: 'shop-chaos' });
 * new ChaosNamespace(drills, 'namespace');
 */
@checked
export class ChaosNamespace extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const site = Site.of(this, 'namespace');
    const name = memberNamespace(this);
    MeshGraph.of(this).claim(site, ['Namespace'], '', name, this.node.path);
    namespace(this, 'namespace', {
      name,
      labels: { 'app.kubernetes.io/managed-by': 'cdk8s-mesh', 'istio-injection': 'disabled', 'pod-security.kubernetes.io/enforce': 'privileged' },
    });
  }
}
