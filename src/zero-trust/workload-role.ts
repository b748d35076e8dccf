import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Permission } from './permission';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshWorkload } from '../mesh/mesh-workload';
import { completed } from '../workload/escape-hatch';
import { objectLabels } from '../workload/labels';

/**
 * Properties of `WorkloadRole`.
 */
export interface WorkloadRoleProps {
  /**
   * The workload that may do it.
   */
  readonly workload: MeshWorkload;

  /**
   * What it may do, at least one thing.
   */
  readonly permissions: Permission[];
}

/**
 * What one workload may do with the Kubernetes API, in the namespace of the chart.
 *
 * It becomes a Role and a RoleBinding of the construct's id, and gives the workload its account's token and the way to
 * the API server (`MeshWorkload.usesKubernetesApi`).
 *
 * Throws `InvalidName`, `NameTooLong`, `DuplicateName`, `OtherApp`, `EmptyList`, `InvalidVerb` and `WildcardResource`.
 *
 * @example
 * new WorkloadRole(chart, 'db-reader', {
 *   workload: orders,
 *   permissions: [Permission.of(['get', 'list'], kplus.ApiResource.SECRETS)],
 * });
 */
@checked
export class WorkloadRole extends Construct {
  constructor(scope: Construct, id: string, props: WorkloadRoleProps) {
    super(scope, id);
    const { workload } = props;
    const namespace = Chart.of(this).namespace ?? workload.namespace;
    checkDnsLabel(Site.of(this, 'id'), id);
    const graph = MeshGraph.of(this);
    graph.checkMember(Site.of(this, 'workload'), workload, 'Describe the role in the app that describes the workload.');
    if (props.permissions.length === 0) {
      Site.of(this, 'permissions').fail('EmptyList', 'must not be empty', [], 'Add what it may do: Permission.read(kplus.ApiResource.CONFIG_MAPS).');
    }
    props.permissions.forEach((permission, index) => permission._check(Site.of(this, 'permissions').at(index)));
    graph.claim(Site.of(this, 'id'), ['Role', 'RoleBinding'], namespace, id, this.node.path);
    const metadata = { name: id, namespace, labels: objectLabels(workload.name) };
    const role = completed(new kplus.Role(this, 'role', { metadata }));
    props.permissions.forEach(permission => permission._addTo(role));
    const binding = completed(new kplus.RoleBinding(this, 'binding', { metadata, role }));
    binding.addSubjects(workload.serviceAccount);
    workload.usesKubernetesApi();
  }
}
