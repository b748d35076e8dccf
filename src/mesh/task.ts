import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { writeConfiguration } from './configuration-maps';
import { crowdedClaims } from './crowded-claims';
import { MeshJobProps } from './job-props';
import { MEMBER_KINDS, Membership } from './membership';
import { workloadName } from './mesh-workload';
import { toldTelemetry } from './told-telemetry';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { injectedNamespace } from '../graph/chart-namespace';
import { cutTimeouts } from '../graph/cut-timeouts';
import { Destination, podDestination } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { variablesOf } from '../graph/server-addresses';
import { checkAddedContainers } from '../workload/added-container';
import { checkProgram } from '../workload/check-workload';
import { DEFAULT_GRACE_PERIOD } from '../workload/defaults';
import { completed } from '../workload/escape-hatch';
import { controllerProps, HardenedPods, HardenedPodsProps } from '../workload/hardened-pods';
import { injectionOf } from '../workload/injection';
import { canonicalName, objectLabels, podIdentity } from '../workload/labels';
import { podProblems } from '../workload/pod-checks';
import { toldTwice, withTelemetry } from '../workload/program-variables';
import { uncapturedCalls } from '../workload/proxy';
import { withProxy } from '../workload/written-proxy';

/** Pods that end: what a Job and a CronJob have in common. They call, and nobody calls them. */
export class Task {
  public readonly name: string;
  public readonly namespace: string;
  public readonly serviceAccount: kplus.IServiceAccount;
  public readonly destination: Destination;
  public readonly member: Membership;
  public readonly pods: HardenedPods;

  /**
   * @param build makes the controller of cdk8s-plus.
   */
  constructor(
    scope: Construct, id: string, kind: 'Job' | 'CronJob', props: MeshJobProps,
    build: (common: kplus.WorkloadProps & Pick<kplus.JobProps, 'backoffLimit' | 'activeDeadline' | 'ttlAfterFinished'>) => kplus.Workload,
  ) {
    const at = (property: string) => Site.of(scope, property);
    // A CronJob's Jobs bear its name and 11 more characters (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/)
    this.name = workloadName(at('name'), props.name ?? id, kind === 'CronJob' ? 52 : 63);
    this.namespace = injectedNamespace(scope);
    checkProgram(at, props);
    checkTask(at, props);
    checkAddedContainers(at, props, [], true);
    const { name, namespace } = this;
    const graph = MeshGraph.of(scope);
    const podLabels = canonicalName(name);
    graph.claim(at('name'), [kind, 'ServiceAccount', ...MEMBER_KINDS], namespace, name, scope.node.path);
    // Beside any other proxy than a native sidecar the pod would never end: the proxy does not know that the program is done
    graph.check(() => graph.settings.nativeSidecars ? [] : [at('nativeSidecars').problem(
      'NeedsNativeSidecars', 'must be there for pods that end', false, 'Without native sidecars no Job with a proxy is ever complete: leave nativeSidecars of the Mesh out (Kubernetes 1.29 or later has them).')]);
    this.destination = podDestination(scope.node.path, [], { name, namespace, podLabels });
    const identity = podIdentity(name, 'v1');
    const carried = { ...props.podLabels, ...identity.labels };
    graph.selectors.add(at('name'), namespace, podLabels, carried);
    this.member = new Membership(scope, graph, { name, namespace, serviceAccount: name, podLabels, carried });
    this.serviceAccount = completed(new kplus.ServiceAccount(scope, 'service-account', {
      metadata: { name, labels: objectLabels(name) }, automountToken: false,
    }));
    const gracePeriod = (props.terminationGracePeriod ?? DEFAULT_GRACE_PERIOD).toSeconds();
    const variables = () => variablesOf(this.member.outgoing.all, graph.settings);
    writeConfiguration(scope, graph, { name, namespace, ports: [], program: props, variables });
    const pods: HardenedPodsProps = {
      service: name,
      version: 'v1',
      identity,
      ports: [],
      serviceAccount: this.serviceAccount,
      workload: props,
      injection: () => injectionOf(graph.settings, gracePeriod, this.member.proxyNeeds, props.proxy),
      variables,
      finish: controller => withProxy(withTelemetry(controller, namespace, name, toldTelemetry(graph, namespace, controller)), graph.settings),
    };
    const { backoffLimit = 3, activeDeadline, ttlAfterFinished, proxy } = props;
    this.pods = new HardenedPods(build({ ...controllerProps(pods), backoffLimit, activeDeadline, ttlAfterFinished }), pods, false, (json) => {
      const spec = (json.spec.jobTemplate ?? json).spec;
      Object.assign(spec, { completions: props.completions, parallelism: props.parallelism });
    });
    const labels = { ...pods.identity.selector, ...podLabels };
    const { path } = scope.node;
    graph.check(() => podProblems(this.pods.template, {
      path,
      name,
      labels,
      serviceAccount: name,
      ports: [],
      proxy,
      proxyNeeds: this.member.proxyNeeds,
      written: graph.settings.writtenProxy !== undefined,
    }));
    graph.check(() => {
      const { unfinished } = this.pods;
      const configured = (props.configuration ?? []).flatMap(({ _variableNames }) => _variableNames);
      return toldTwice(unfinished, at('env'), { namespace, service: name, variables: configured }, toldTelemetry(graph, namespace, unfinished));
    });
    graph.check(() => [...uncapturedCalls(at('proxy'), proxy, this.member.outgoing.byProxy), ...cutTimeouts(scope, proxy, this.member.outgoing.all)]);
    graph.check(() => crowdedClaims(scope, namespace, this.pods.template.spec, (props.parallelism ?? 1) > 1
      ? { property: 'parallelism', received: props.parallelism, fix: 'Leave it out, or use a volume that many nodes can have (ReadWriteMany).' } : undefined));
    graph.addWorkload({ namespace, path: scope.node.path, described: () => ({ pods: props.parallelism ?? 1, template: this.pods.template }) });
    this.member.write();
  }
}

function checkTask(at: (property: string) => Site, props: MeshJobProps): void {
  const whole = 'Write a whole number.';
  checkInteger(at('backoffLimit'), props.backoffLimit ?? 3, 0, 100, 'InvalidJob', whole);
  checkInteger(at('completions'), props.completions ?? 1, 1, 100000, 'InvalidJob', whole);
  checkInteger(at('parallelism'), props.parallelism ?? 1, 1, 1000, 'InvalidJob', whole);
  for (const property of ['activeDeadline', 'ttlAfterFinished'] as const) {
    const duration = props[property];
    if (duration) {
      checkInteger(at(property), duration.toSeconds({ integral: false }), 1, 31_536_000, 'InvalidDuration', 'Kubernetes counts in whole seconds, from 1.');
    }
  }
}
