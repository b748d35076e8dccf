import { createHash } from 'node:crypto';
import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ChaosTarget } from './chaos-target';
import { Fault } from './fault';
import { envOf, faultEnv, FaultEntry, FAULTS, LITMUS_IMAGE } from './fault-catalog';
import { destinationRules, engineRules, targetRules } from './litmus-permissions';
import { SteadyState, SteadyStateProbe } from './steady-state';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshSettings } from '../graph/mesh-settings';
import { role, roleBinding } from '../manifests/kubernetes';
import { chaosEngine, chaosExperiment, PolicyRuleManifest, PrometheusProbeManifest } from '../manifests/litmus';
import { MeshService } from '../mesh/mesh-service';
import { completed } from '../workload/escape-hatch';

/** Keeps the mesh's proxy out of Litmus' own pods: jobs with a proxy never end, and the API server is not in the mesh. */
const NO_PROXY = { 'sidecar.istio.io/inject': 'false' };

const SAME_APP = 'Describe the drill in the app that describes the service.';

/**
 * Properties of `ChaosExperiment`.
 */
export interface ChaosExperimentProps {
  /**
   * The pods that are hit.
   */
  readonly target: ChaosTarget;

  /**
   * What is done to them.
   */
  readonly fault: Fault;

  /**
   * What has to be true before, or else nothing is injected; during, asked every five seconds, or else the fault is ended; and
   * after, asked one scrape interval later, when the last requests of the drill have been counted.
   *
   * The verdict of the ChaosResult is `Pass` when all held; `Stopped` when one did not hold before or during, or Prometheus had no
   * answer during; `Fail` when one did not hold after; `Error` when Litmus could not tell, because Prometheus has no answer before or
   * after, the target does not run or the fault could not be injected. https://github.com/litmuschaos/litmus-go/blob/master/pkg/result/chaosresult.go
   *
   * Litmus: `ChaosEngine.spec.experiments.spec.probe`, one of the modes `SOT`, `Continuous` and `EOT` for each.
   *
   * @default - nothing: the verdict only says whether the fault was carried out, and the target runs before and after
   */
  readonly hypothesis?: SteadyState[];

  /**
   * Any word. The drill runs again when its description or this word changes.
   *
   * @default - none
   */
  readonly run?: string;
}

/**
 * A drill: a fault, the pods that it hits, and what has to stay true meanwhile.
 *
 * It becomes a Litmus ChaosEngine, the ChaosExperiment of its fault (one for all the drills of a namespace), a
 * ServiceAccount, and Roles with RoleBindings in the engine's and in the target's namespace; the latter are in the chart of the
 * service that is hit, so that no file needs the namespace of a later one. The engine's name ends in
 * a hash of its description, so that a drill that has changed is a new one. Litmus stops the engine when it is done, and
 * whoever applies `engineState: active` again starts the drill again: Flux is told not to by an annotation; Argo CD needs
 * `ignoreDifferences` for `/spec/engineState` with `RespectIgnoreDifferences=true`; `kubectl apply` always does. What
 * comes from the `Mesh` (the address of Prometheus) is not in the hash: change `run` with it. Litmus 3 has to be
 * installed; keep drills in a chart of their own.
 *
 * Throws `InvalidName`, `NameTooLong`, `MissingNamespace`, `DuplicateName`, `InvalidFault`, `InvalidLabels`,
 * `InvalidPercent`, `UnknownService`, `OtherApp`, `EmptyList`, `NotHttp`, and at synth `RestrictedNamespace` and `NotReleasable`.
 *
 * @see https://litmuschaos.github.io/litmus/experiments/concepts/chaos-resources/contents/
 *
 * @example
 * const drills = new Chart(app, 'drills', { namespace: 'shop-chaos' });
 * new ChaosNamespace(drills, 'namespace');
 * new ChaosExperiment(drills, 'orders-pod-loss', {
 *   target: ChaosTarget.service(orders),
 *   fault: Fault.podDelete({ podsAffected: Percent.of(50) }),
 *   hypothesis: [SteadyState.successRate({ atLeast: 99 })],
 * });
 */
@checked
export class ChaosExperiment extends Construct {
  /**
   * The name of the ChaosEngine.
   */
  public readonly engineName: string;

  constructor(scope: Construct, id: string, props: ChaosExperimentProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    // Litmus appends to the name: the hash, the fault and "-runner" have to fit into 63 characters with it
    checkDnsLabel(at('id'), id, { letterFirst: true, max: 36 });
    const namespace = chartNamespace(this);
    const graph = MeshGraph.of(this);

    const { fault, target } = props;
    const entry: FaultEntry = FAULTS[fault._name];
    const destinations = fault._destinations ?? [];
    if (target._service) {
      graph.checkMember(at('target'), target._service, SAME_APP);
    }
    destinations.forEach((service, index) => graph.checkMember(at('fault').in('destinations').at(index), service, SAME_APP));
    const appinfo = target._toManifest(at('target'));
    graph.check(() => target._kind === appinfo.appkind ? [] : [at('target').problem(
      'NotReleasable', `must be what it was when the drill was described, a ${appinfo.appkind}: a release has made a ${target._kind} of it since`, target._service?.node.path,
      'Describe the drill after the CanaryRelease.')]);
    const env = fault._toEnv(at('fault'));
    if (props.hypothesis?.length === 0) {
      at('hypothesis').fail('EmptyList', 'must not be empty', [], 'Leave it out, or state what has to stay true: SteadyState.successRate({ atLeast: 99 }).');
    }
    const probes = (props.hypothesis ?? []).map((state, index) => state._toProbe(at('hypothesis').at(index), graph, target._service));
    checkUnique(at('hypothesis'), probes.map(probe => probe.name), 'DuplicateName', 'State each thing once: the stricter one holds both.');
    this.engineName = `${id}-${contentHash({
      appinfo, fault: fault._name, env, destinations: destinations.map(service => `${service.namespace}/${service.name}`).sort(), probes, run: props.run,
    })}`;

    graph.claim(at('id'), ['ServiceAccount'], namespace, id, this.node.path);
    graph.check(() => graph.zeroTrustNamespaces.has(namespace) ? [at('namespace').problem(
      'RestrictedNamespace', 'must not be zero-trust', namespace,
      'Its pods could reach neither the API server nor Prometheus, and helpers are privileged: put drills into a chart with a ChaosNamespace.')] : []);
    const labels = { 'app.kubernetes.io/managed-by': 'cdk8s-mesh' };
    completed(new kplus.ServiceAccount(this, 'service-account', { metadata: { name: id, labels }, automountToken: true }));
    this.grant(namespace, id, labels, { fault: entry, target, destinations });
    if (graph.claimShared('fault', namespace, fault._name)) {
      defineFault(this, fault._name, entry, graph);
    }
    chaosEngine(this, 'engine', {
      name: this.engineName,
      // Copied to the pods of the drill
      labels: { ...labels, ...NO_PROXY },
      // Flux: never put back an engine that Litmus has stopped
      annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' },
    }, () => ({
      engineState: 'active',
      appinfo,
      chaosServiceAccount: id,
      defaultHealthCheck: true,
      jobCleanUpPolicy: 'retain',
      terminationGracePeriodSeconds: 30,
      components: { runner: { runnerLabels: NO_PROXY } },
      experiments: [{
        name: fault._name,
        spec: {
          components: {
            env: envOf({ ...env, ...destinationHosts(destinations), ...targetContainer(target) }),
            experimentAnnotations: NO_PROXY,
            statusCheckTimeouts: { delay: 2, timeout: 180 },
          },
          probe: probes.length > 0 ? prometheusProbes(probes, graph.settings) : undefined,
        },
      }],
    }));
  }

  /** One Role and RoleBinding for each namespace that the drill looks into, beside the service for whose sake it does. */
  private grant(
    namespace: string, id: string, labels: { [key: string]: string }, scope: { fault: FaultEntry; target: ChaosTarget; destinations: MeshService[] },
  ): void {
    const rules = new Map<string, PolicyRuleManifest[]>([[namespace, engineRules()]]);
    const add = (where: string, more: PolicyRuleManifest[]) => rules.set(where, [...rules.get(where) ?? [], ...more]);
    add(scope.target._namespace, targetRules(scope.fault, scope.target._kind));
    [...new Set(scope.destinations.map(service => service.namespace))].sort().forEach(destination => add(destination, destinationRules()));
    for (const [where, its] of rules) {
      const head = { name: where === namespace ? id : `${id}-${namespace}`, namespace: where, labels };
      MeshGraph.of(this).claim(Site.of(this, 'id'), ['Role', 'RoleBinding'], where, head.name, this.node.path);
      const service = [scope.target._service, ...scope.destinations].find(each => each?.namespace === where);
      const owner = service && where !== namespace ? Chart.of(service) : this;
      role(owner, `drill-role-${head.name}`, head, its);
      roleBinding(owner, `drill-binding-${head.name}`, head, { name: id, namespace });
    }
  }
}

function defineFault(scope: Construct, name: string, fault: FaultEntry, graph: MeshGraph): void {
  chaosExperiment(scope, 'fault', { name, labels: { name, 'app.kubernetes.io/part-of': 'litmus', 'app.kubernetes.io/managed-by': 'cdk8s-mesh' } }, () => ({
    definition: {
      scope: 'Namespaced',
      permissions: engineRules(),
      image: LITMUS_IMAGE,
      imagePullPolicy: 'Always',
      command: ['/bin/bash'],
      args: ['-c', `./experiments -name ${name}`],
      env: faultEnv(fault, graph.settings.containerRuntime),
      // The runner writes into this map and fails without it
      labels: {
        name,
        'app.kubernetes.io/part-of': 'litmus',
        'app.kubernetes.io/component': 'experiment-job',
        ...(fault.helper ? { 'app.kubernetes.io/runtime-api-usage': 'true' } : {}),
        ...NO_PROXY,
      },
    },
  }));
}

/**
 * Before, during and after are three modes of Litmus, and no one of them is all three: Continuous injects the fault without a
 * wait, and asks nothing when it is over. What fails before or during stops the drill; afterwards there is nothing to stop.
 *
 * Upstream: litmuschaos/litmus-go pkg/probe/probe.go, RunProbes; pkg/result/chaosresult.go, updateResultAttributes.
 */
function prometheusProbes(probes: SteadyStateProbe[], { prometheusUrl, scrapeIntervalSeconds }: MeshSettings): PrometheusProbeManifest[] {
  // By then Prometheus has read what the last requests of the drill have come to
  const counted = `${scrapeIntervalSeconds + 5}s`;
  return [
    { phase: 'before', mode: 'SOT', stopOnFailure: true },
    { phase: 'during', mode: 'Continuous', probePollingInterval: '5s', stopOnFailure: true },
    { phase: 'after', mode: 'EOT', initialDelay: counted, stopOnFailure: false },
  ].flatMap(({ phase, mode, ...properties }) => probes.map((probe): PrometheusProbeManifest => ({
    'name': `${probe.name}-${phase}`,
    'type': 'promProbe',
    mode,
    'promProbe/inputs': { endpoint: prometheusUrl, query: probe.query(4 * scrapeIntervalSeconds), comparator: probe.comparator },
    'runProperties': { probeTimeout: '5s', interval: '2s', attempt: 2, ...properties },
  })));
}

/**
 * With this ending, whatever the cluster's domain is, Litmus looks up the Service's pods: to another address the proxy does
 * not send.
 *
 * Upstream: litmuschaos/litmus-go chaoslib/litmus/network-chaos/lib/network-chaos.go, getIpsForTargetHosts.
 */
function destinationHosts(destinations: MeshService[]): { [name: string]: string } {
  const hosts = destinations.map(service => `${service.name}.${service.namespace}.svc.cluster.local`).sort();
  return hosts.length > 0 ? { DESTINATION_HOSTS: hosts.join(',') } : {};
}

/**
 * Litmus takes the first container if none is said, which is the proxy where it has to start before the program.
 *
 * Upstream: litmuschaos/litmus-go pkg/utils/common/pods.go, FilterPodsForNodes; istio/istio pkg/kube/inject/webhook.go, reorderPod.
 */
function targetContainer({ _service }: ChaosTarget): { [name: string]: string } {
  return _service ? { TARGET_CONTAINER: _service.name } : {};
}

function contentHash(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 8);
}
