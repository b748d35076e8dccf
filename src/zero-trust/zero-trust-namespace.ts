import { Construct } from 'constructs';
import { entrancesIn, limitsOf, NO_PROXY, proxyMisfits, QuotaAmounts, quotaOf } from './namespace-budget';
import { ContainerLimits, NamespaceQuota } from './namespace-limits';
import { WorkloadRole, WorkloadRoleProps } from './workload-role';
import { essentialEgress } from '../access/network-policy';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { registerEnums } from '../diagnostics/type-fit';
import { memberNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { authorizationPolicy, peerAuthentication } from '../manifests/istio-security';
import { limitRange, namespace, networkPolicy, resourceQuota } from '../manifests/kubernetes';
import { proxyDemand, renderedDemand, requestsAboveDefaults } from '../workload/demand';
import { podSecurityViolations } from '../workload/pod-security';
import { ResourceAmounts } from '../workload/resources';

const DENY_ALL = 'deny-all';
const DEFAULT_DENY = 'default-deny';
const ESSENTIALS = 'mesh-essentials';

/**
 * What Kubernetes asks of the pods of a namespace.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export enum PodSecurity {
  /** The hardened pod: not root, no capability, no privilege. */
  RESTRICTED = 'restricted',
  /** No known way to more privileges, but root and writable file systems: for programs that cannot be hardened. */
  BASELINE = 'baseline',
}

registerEnums({ PodSecurity });

/**
 * Properties of `ZeroTrustNamespace`.
 */
export interface ZeroTrustNamespaceProps {
  /**
   * What is asked of its pods. `BASELINE` gives up the refusal of containers that run as root.
   *
   * Kubernetes: the labels `pod-security.kubernetes.io/enforce`, `audit` and `warn`.
   *
   * @default - PodSecurity.RESTRICTED
   */
  readonly podSecurity?: PodSecurity;

  /**
   * The version of Kubernetes whose pod security rules hold, so that an upgrade of the cluster refuses no pod that ran
   * before: `v1.` and a minor version.
   *
   * @default - v1.32
   */
  readonly podSecurityVersion?: string;

  /**
   * What one container may use at most.
   *
   * Kubernetes: LimitRange.
   *
   * @default - 4 CPUs and 8Gi
   */
  readonly limits?: ContainerLimits;

  /**
   * What all the pods may use together. No Service of type LoadBalancer or NodePort is allowed but those of the app's own `MeshGateway`s.
   *
   * Kubernetes: ResourceQuota.
   *
   * @default - requests of 64 CPUs and 128Gi, limits of 512 CPUs and 512Gi, 500 pods
   */
  readonly quota?: NamespaceQuota;
}

/**
 * A namespace of the mesh in which nothing is allowed that was not declared.
 *
 * It becomes the Namespace of the chart with injection (`ProxyInjection`) and Pod Security, a PeerAuthentication that takes mutual TLS
 * only, an AuthorizationPolicy and a NetworkPolicy that refuse everything, a NetworkPolicy that lets pods reach DNS and
 * istiod, a LimitRange and a ResourceQuota. Each `MeshService` of the namespace brings its own openings. Istio has to
 * be installed with its CNI plugin: Pod Security admits no `istio-init` container.
 *
 * Throws `MissingNamespace`, `DuplicateName`, `InvalidPodSecurityVersion`, `LimitTooLow`, and at synth `QuotaTooSmall`
 * and `LimitTooLow` when the app's own services do not fit in.
 *
 * @example
 * new ZeroTrustNamespace(chart, 'namespace', { quota: { pods: 100 } });
 */
@checked
export class ZeroTrustNamespace extends Construct {
  /**
   * The name of the namespace: the chart's.
   */
  public readonly name: string;

  private readonly graph: MeshGraph;
  private readonly podSecurity: PodSecurity;

  constructor(scope: Construct, id: string, props: ZeroTrustNamespaceProps = {}) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    this.name = memberNamespace(this);
    this.graph = MeshGraph.of(this);
    const version = props.podSecurityVersion ?? 'v1.32';
    if (!/^v1\.\d{2}$/.test(version)) {
      at('podSecurityVersion').fail('InvalidPodSecurityVersion', 'must be v1. and a minor version', version, 'Write the version of your oldest cluster: v1.32.');
    }
    this.podSecurity = props.podSecurity ?? PodSecurity.RESTRICTED;
    const limits = limitsOf(props.limits);
    const quota = quotaOf(props.quota);
    checkInteger(at('quota').in('pods'), quota.amounts.pods, 1, 100000, 'QuotaTooSmall', 'Leave it out for 500.');
    for (const property of ['requestsCpu', 'requestsMemory', 'limitsCpu', 'limitsMemory'] as const) {
      if (!(quota.amounts[property] > 0)) {
        at('quota').in(property).fail('QuotaTooSmall', 'must be more than 0', quota.amounts[property], 'Leave it out for its default.');
      }
    }
    this.graph.claim(at('namespace'), ['Namespace'], '', this.name, this.node.path);
    this.graph.claim(at('namespace'), ['AuthorizationPolicy'], this.name, DENY_ALL, this.node.path);
    [DEFAULT_DENY, ESSENTIALS].forEach(name => this.graph.claim(at('namespace'), ['NetworkPolicy'], this.name, name, this.node.path));
    this.graph.zeroTrustNamespaces.add(this.name);
    this.graph.check(() => this.misfits(quota.amounts, limits.max));

    const podSecurity = Object.fromEntries(['enforce', 'audit', 'warn'].flatMap(mode => [
      [`pod-security.kubernetes.io/${mode}`, this.podSecurity], [`pod-security.kubernetes.io/${mode}-version`, version],
    ]));
    namespace(this, 'namespace', { name: this.name, labels: { 'app.kubernetes.io/managed-by': 'cdk8s-mesh', ...podSecurity } },
      () => this.injectionLabel());
    peerAuthentication(this, 'peer-authentication', { name: 'default' }, { mtls: { mode: 'STRICT' } });
    // No rule: nothing is allowed that no other policy allows
    authorizationPolicy(this, 'deny-all', { name: DENY_ALL }, {});
    networkPolicy(this, 'default-deny', { name: DEFAULT_DENY }, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    networkPolicy(this, 'mesh-essentials', { name: ESSENTIALS }, () => (
      { podSelector: {}, policyTypes: ['Egress'], egress: essentialEgress(this.graph.settings) }));
    limitRange(this, 'limits', { name: 'limits' }, limits.items);
    resourceQuota(this, 'quota', { name: 'quota' }, () => ({ ...quota.hard, ...entrancesIn(this.name, this.graph.entrances) }));
  }

  /**
   * Lets one workload do something with the Kubernetes API in this namespace.
   *
   * @param id the name of the Role and its RoleBinding.
   * @param props who, and what.
   *
   * @example
   * const production = new ZeroTrustNamespace(chart, 'production');
   * production.addRole('db-reader', {
   *   workload: orders,
   *   permissions: [Permission.of(['get', 'list'], kplus.ApiResource.SECRETS)],
   * });
   */
  public addRole(id: string, props: WorkloadRoleProps): WorkloadRole {
    return new WorkloadRole(this, id, props);
  }

  /** Exactly one of the two: Istio ignores a namespace that bears both (IST0123). A webhook leaves pods alone that have their proxy already. */
  private injectionLabel(): { [key: string]: string } {
    const { revision, writtenProxy } = this.graph.settings;
    if (writtenProxy) {
      return {}; // Pods that were there before, and those that still follow them, may need the webhook once more
    }
    return revision === undefined ? { 'istio-injection': 'enabled' } : { 'istio.io/rev': revision };
  }

  /** Pods that would be refused for good, and are refused without a word: a ReplicaSet only logs it. */
  private misfits(quota: QuotaAmounts, max: ResourceAmounts['limits']): MeshProblem[] {
    const workloads = this.graph.workloads.filter(workload => workload.namespace === this.name).map(({ path, described, isProxy }) => {
      const { pods, template: { metadata, spec } } = described();
      return { path, pods, spec, proxy: isProxy ? NO_PROXY : proxyDemand(metadata.annotations), ...renderedDemand(spec) };
    });
    const sum = (of: (workload: typeof workloads[0]) => number) => workloads.reduce((total, workload) => total + of(workload) * workload.pods, 0);
    const needed: QuotaAmounts = {
      requestsCpu: sum(({ requests, proxy }) => requests.cpu + proxy.requests.cpu),
      requestsMemory: sum(({ requests, proxy }) => requests.memory + proxy.requests.memory),
      limitsCpu: sum(({ limits, proxy }) => limits.cpu + proxy.limits.cpu),
      limitsMemory: sum(({ limits, proxy }) => limits.memory + proxy.limits.memory),
      pods: sum(() => 1),
    };
    const tooSmall = (Object.keys(needed) as (keyof QuotaAmounts)[]).filter(property => needed[property] > quota[property]).map((property) => {
      const unit = property === 'pods' ? '' : property.endsWith('Cpu') ? 'm' : 'Mi';
      return Site.of(this, `quota.${property}`).problem(
        'QuotaTooSmall', 'must hold the app\'s own services with their proxies, and each pod twice: an update makes the new one before the old one is gone',
        `${quota[property]}${unit}`, `Raise it to ${needed[property]}${unit} at least.`);
    });
    const tooLow = workloads
      .filter(({ largest }) => largest.cpu > max.cpu || largest.memory > max.memory)
      .map(({ path, largest }) => Site.of(this, 'limits').problem('LimitTooLow', `must let ${path} in, a container of which may use ${largest.cpu}m CPU and ${largest.memory}Mi`,
        `${max.cpu}m and ${max.memory}Mi`, 'Raise limits.maxCpu and limits.maxMemory, or lower the service\'s limits.'));
    const proxies = proxyMisfits(property => Site.of(this, 'limits').in(property), workloads.map(({ proxy }) => proxy.limits), max);
    const refused = workloads.flatMap(({ path, spec }) => podSecurityViolations(spec, this.podSecurity).map(({ field, value, fix, baselineAdmits }) => Site.named(path, `pod.${field}`).problem(
      'PodSecurityViolation', `must be what Pod Security ${this.podSecurity} admits in ${this.name}`, value, baselineAdmits
        ? `${fix} Or let ${this.node.path} admit it: podSecurity: PodSecurity.BASELINE, which gives up the refusal of root for every pod there.` : fix)));
    const above = workloads.flatMap(({ path, spec }) => requestsAboveDefaults(spec).map(({ field, resource, request, limit }) => Site.named(path, `pod.${field}`).problem(
      'RequestAboveLimit', `must not request more ${resource} than its limit, which is the default of ${this.name}`, `${request} > ${limit}`, 'Give it a limit of its own.')));
    return [...tooSmall, ...tooLow, ...proxies, ...refused, ...above];
  }
}
