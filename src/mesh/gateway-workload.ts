import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { fqdnPolicySpec } from '../access/fqdn-policy';
import { networkPolicySpec } from '../access/network-policy';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call, Member } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { isHeldByName } from '../graph/named-calls';
import { ciliumNetworkPolicy } from '../manifests/cilium';
import { emit } from '../manifests/emit';
import { authorizationPolicy, AuthorizationPolicySpec } from '../manifests/istio-security';
import { networkPolicy, NetworkPolicySpec, podDisruptionBudget, role, roleBinding, service, ServiceSpec } from '../manifests/kubernetes';
import { Autoscaling } from '../workload/autoscaling';
import { replicasOf } from '../workload/check-workload';
import { completed } from '../workload/escape-hatch';
import { gatewayDeploymentSpec } from '../workload/gateway-pods';
import { ProxyNeeds } from '../workload/injection';
import { canonicalName, objectLabels, podIdentity } from '../workload/labels';
import { checkResources, PROXY_RESOURCES, withDefaultResources } from '../workload/resources';
import { WorkloadKind } from '../workload/workload-kind';

/** Another gateway of the name, in another namespace, would take the servers too: a Gateway selects pods of every namespace. */
const NAMESPACE = 'cdk8s-mesh/namespace';

const KINDS = ['Deployment', 'Service', 'ServiceAccount', 'Role', 'RoleBinding', 'PodDisruptionBudget', 'AuthorizationPolicy', 'NetworkPolicy', 'CiliumNetworkPolicy'];

/** What the user says of the pods. */
export interface GatewayScale {
  readonly replicas?: number;
  readonly autoscaling?: Autoscaling;
  readonly resources?: kplus.ContainerResources;
}

export interface GatewayWorkloadProps extends GatewayScale {
  readonly name: string;
  readonly namespace: string;
  /** Those of the Service, and of the pods behind it. */
  readonly ports: () => ServiceSpec['ports'];
  /** Those that its proxies have to have. */
  readonly files?: () => ProxyNeeds['files'];
  /** What is said where no injector completes the pods: by which property they are asked for, and what there is instead. */
  readonly uninjected: { readonly property: string; readonly instead: string };
  readonly serviceType: kplus.ServiceType;
  readonly serviceAnnotations?: { [key: string]: string };
  readonly externalTrafficPolicy?: string;
  /** How many entries of X-Forwarded-For are believed; without it, as many as the installation says. */
  readonly believed?: () => number | undefined;
  /** Whether istiod is to hand certificates out of the namespace's Secrets to it. */
  readonly readsSecrets: boolean;
}

/** Who may come in, and what is asked of others. */
export interface GatewayWalls {
  readonly rules: () => AuthorizationPolicySpec['rules'];
  readonly ingress: () => NonNullable<NetworkPolicySpec['ingress']>;
  readonly calls: () => Call[];
}

/**
 * The pods of a gateway and what stands around them: a Deployment that Istio's injector completes, a Service, a ServiceAccount, who says how many
 * there are, and the walls. All of it is in the scope of the gateway's construct, under its name. There is no Sidecar: a gateway's proxy has none.
 */
export class GatewayWorkload {
  /** As those know it whom it calls. */
  public readonly client: Member;
  public readonly deployment: ApiObject;
  /** By which a Gateway finds the pods, and those of no other namespace. */
  public readonly selector: { [key: string]: string };
  private readonly podLabels: { [key: string]: string };
  private readonly head: { name: string; labels: { [key: string]: string } };
  private walls?: GatewayWalls;

  constructor(private readonly scope: Construct, private readonly graph: MeshGraph, props: GatewayWorkloadProps) {
    const { name, namespace, ports } = props;
    const at = (property: string) => Site.of(scope, property);
    checkSize(at, props);
    graph.claim(at('id'), KINDS, namespace, name, scope.node.path);
    graph.check(() => graph.settings.writtenProxy ? [at(props.uninjected.property).problem('UninjectedNamespace', 'must be those of pods that Istio\'s injector completes', 'ProxyInjection.written()',
      `Leave proxyInjection of the Mesh out, or ${props.uninjected.instead}.`)] : []);

    const identity = podIdentity(name, 'v1');
    const carried = { ...identity.labels, [NAMESPACE]: namespace };
    this.podLabels = canonicalName(name);
    this.selector = { ...this.podLabels, [NAMESPACE]: namespace };
    this.head = { name, labels: objectLabels(name) };
    graph.selectors.add(at('id'), namespace, this.podLabels, carried);
    this.client = { name, namespace, serviceAccount: name, podLabels: this.podLabels, carried, gateway: true };
    graph.members.push(this.client);

    completed(new kplus.ServiceAccount(scope, 'service-account', { metadata: this.head, automountToken: false }));
    if (props.readsSecrets) {
      // istiod asks whether the account may list all of them, and for a minute keeps a no: so it may before the pods are there
      // (istio/istio pilot/pkg/credentials/kube/secrets.go, Authorize)
      role(scope, 'role', this.head, [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }]);
      roleBinding(scope, 'role-binding', this.head, { name, namespace });
    }
    this.deployment = emit(scope, 'deployment', 'apps/v1', 'Deployment', this.head, () => gatewayDeploymentSpec({
      identity,
      labels: carried,
      serviceAccount: name,
      revision: graph.settings.revision,
      ports: ports().map(({ targetPort }) => targetPort),
      files: props.files?.(),
      resources: withDefaultResources(props.resources, PROXY_RESOURCES),
      trustedProxies: props.believed?.(),
      replicas: props.autoscaling ? undefined : replicasOf(props).max,
    }));
    this.scale(props);
    podDisruptionBudget(scope, 'disruption-budget', this.head, {
      maxUnavailable: 1, selector: { matchLabels: this.podLabels }, unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
    this.serve(props, identity.served);
  }

  /** Builds the walls: it reaches what it calls, and beside that names, istiod, and what all proxies call. */
  public guard(walls: GatewayWalls): void {
    const { scope, graph, head, podLabels } = this;
    this.walls = walls;
    authorizationPolicy(scope, 'authorization-policy', head, () => ({ selector: { matchLabels: podLabels }, action: 'ALLOW', rules: walls.rules() }));
    networkPolicy(scope, 'network-policy', head, () => {
      const spec = networkPolicySpec({ podLabels, incoming: [], outgoing: this.outgoing, usesKubernetesApi: false }, graph.settings);
      return { ...spec, ingress: [...walls.ingress(), ...spec.ingress ?? []] };
    });
    graph.follow(() => this.holdByNames());
  }

  /** To be run when it calls something more: there may be a name to be held by. */
  public holdByNames(): void {
    const { scope, graph, head, podLabels } = this;
    if (!scope.node.tryFindChild('cilium-network-policy') && this.outgoing.some(call => isHeldByName(call, graph.settings))) {
      graph.late.add(ciliumNetworkPolicy(scope, 'cilium-network-policy', head, () => fqdnPolicySpec(podLabels, this.outgoing, graph.settings)));
    }
  }

  private get outgoing(): Call[] {
    const { graph: { proxyCalls, copied }, client } = this;
    return [...this.walls?.calls() ?? [], ...proxyCalls.of(client), ...proxyCalls.aroundEnvoy(client), ...copied.by(client)];
  }

  private serve(props: GatewayWorkloadProps, selector: { [key: string]: string }): void {
    const { namespace, ports, serviceType: type, serviceAnnotations: annotations, externalTrafficPolicy } = props;
    if (![kplus.ServiceType.LOAD_BALANCER, kplus.ServiceType.NODE_PORT, kplus.ServiceType.CLUSTER_IP].includes(type)) {
      Site.of(this.scope, 'serviceType').fail('InvalidServer', 'must be one that has the gateway\'s pods behind it', type, 'Use kplus.ServiceType.LOAD_BALANCER, NODE_PORT or CLUSTER_IP.');
    }
    service(this.scope, 'service', { ...this.head, annotations }, () => ({ type, selector, ports: ports(), externalTrafficPolicy }));
    if (type !== kplus.ServiceType.CLUSTER_IP) {
      this.graph.entrances.push({ namespace, type: type as 'LoadBalancer' | 'NodePort', ports: ports().length });
    }
  }

  private scale({ name, namespace, autoscaling, ...props }: GatewayWorkloadProps): void {
    const { scope, graph } = this;
    const { path } = scope.node;
    graph.claim(Site.of(scope, 'autoscaling'), autoscaling?._kinds ?? [], namespace, name, path);
    const own = autoscaling?._write(scope, {
      name, namespace, container: 'istio-proxy', labels: objectLabels(name), controlledBy: () => ({ apiVersion: 'apps/v1', kind: 'Deployment' }),
    }, () => graph.settings);
    graph.addController({ path, namespace, kind: 'Deployment', name, own, leftTo: own ? undefined : autoscaling?._bounds });
    graph.addWorkload({
      namespace,
      path,
      isProxy: true,
      described: () => {
        const { replicas = replicasOf({ ...props, autoscaling }).max, template } = this.deployment.toJson().spec;
        return { pods: WorkloadKind.deployment()._podsAtOnce(replicas), template };
      },
    });
  }
}

function checkSize(at: (property: string) => Site, { replicas, autoscaling, resources }: GatewayScale): void {
  checkResources(at('resources'), resources, PROXY_RESOURCES);
  if (autoscaling) {
    if (replicas !== undefined) {
      at('replicas').fail('InvalidReplicas', 'must not be given beside autoscaling', replicas, 'Leave it out: the autoscaler says how many pods run.');
    }
    autoscaling._check(at('autoscaling'), resources);
    autoscaling._checkProgram(at('autoscaling'), { callable: true, http: false }, resources);
  } else {
    checkInteger(at('replicas'), replicas ?? 3, 1, 1000, 'InvalidReplicas', 'Leave it out for three.');
  }
}
