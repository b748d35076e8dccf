import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ChangedPods, changedPods, checkShape } from './changed-pods';
import { writeConfiguration } from './configuration-maps';
import { crowdedClaims, crowdOf } from './crowded-claims';
import { Membership } from './membership';
import { addPeers } from './peers';
import { toldTelemetry } from './told-telemetry';
import { Site } from '../diagnostics/site';
import { cutTimeouts } from '../graph/cut-timeouts';
import { ScaledController } from '../graph/foreign-autoscalers';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { variablesOf } from '../graph/server-addresses';
import { IpFamilies } from '../traffic/ip-families';
import { Autoscaling } from '../workload/autoscaling';
import { replicasOf } from '../workload/check-workload';
import { DEFAULT_GRACE_PERIOD } from '../workload/defaults';
import { plain, unfinished } from '../workload/escape-hatch';
import { HardenedPods, HardenedPodsProps } from '../workload/hardened-pods';
import { injectionOf, PodMetadata, ProxyNeeds } from '../workload/injection';
import { canonicalName, objectLabels, PodIdentity, VERSION } from '../workload/labels';
import { claimProblems, podProblems } from '../workload/pod-checks';
import { templateOf } from '../workload/pod-completion';
import { toldTwice, withTelemetry } from '../workload/program-variables';
import { checkCaptured, uncapturedCalls } from '../workload/proxy';
import { ScalingMetric } from '../workload/scaling-metric';
import { versionDeployment } from '../workload/version-deployment';
import { WorkloadChanges } from '../workload/workload-changes';
import { WorkloadKind } from '../workload/workload-kind';
import { WorkloadProps } from '../workload/workload-props';
import { withProxy } from '../workload/written-proxy';

export interface ServicePodsProps {
  readonly service: string;
  readonly namespace: string;
  readonly version: string;
  readonly identity: PodIdentity;
  readonly ports: MeshPort[];
  readonly peers: MeshPort[];
  readonly serviceAccount: kplus.IServiceAccount;
  readonly workload: WorkloadProps & { readonly ipFamilies?: IpFamilies };
  readonly kind: WorkloadKind;
  readonly member: Membership;
  /** How long their proxies keep a quiet connection that is not HTTP, where they have to be told. */
  readonly idleTimeout: () => string | undefined;
}

/** A version beside the service's own. */
export interface AddedVersion {
  readonly name: string;
  readonly version: string;
  readonly changed: ChangedPods;
  /** @default - as many as of the service's own */
  readonly replicas?: number;
  /** Of one that is somebody of its own. */
  readonly member?: { readonly of: Membership; readonly mountsToken: () => boolean };
}

/** What an engine makes of the controller of a service's pods. */
export interface Conversion {
  /** What an autoscaler scales; without it the controller stays what it is. */
  readonly kind?: { readonly apiVersion: string; readonly kind: string };
  /** Whether the autoscaler keeps the greatest number, so that there are enough before others go. */
  readonly greatest?: boolean;
  /** The controller as it is written, with its pods as they are. */
  readonly toManifest: (controller: any) => any;
}

/** The pods of a service: its own, and those of other versions, which follow them in all that is not theirs. */
export class ServicePods {
  public readonly own: HardenedPods;
  public readonly kind: WorkloadKind;
  private readonly changes: ((controller: any) => any)[] = [];
  /** The names of the ConfigMaps of all versions. */
  private readonly written = new Set<string>();
  private readonly scaled: ScaledController;
  /** What is made of the controller, when all is said of it, by a release whose engine runs the pods in its own way. */
  private converted?: Conversion;

  constructor(scope: Construct, private readonly graph: MeshGraph, private readonly props: ServicePodsProps) {
    const { workload, ports, peers, kind, member } = props;
    const at = (property: string) => Site.of(scope, property);
    this.kind = kind;
    const replicas = replicasOf(workload);
    kind._check(at, { replicas: replicas.max, replicasGiven: workload.replicas !== undefined, autoscaled: workload.autoscaling !== undefined });
    workload.autoscaling?._checkProgram(at('autoscaling'), { callable: ports.length > 0, http: ports.some(port => port._isHttp) }, workload.resources);
    checkShape(at, workload, ports, kind);
    checkCaptured(at('proxy'), workload.proxy, [...ports, ...peers].filter(port => !port._isUdp).map(({ targetPort }) => targetPort));
    const stable = kind._name === 'StatefulSet';
    if (stable && ports.length + peers.length === 0) {
      at('ports').fail('MissingPorts', 'must list at least one port, here or in peers', ports, 'The pods of a StatefulSet bear names of a headless Service, which has a port.');
    }
    const variables = () => this.variablesOf(member);
    writeConfiguration(scope, graph, { name: props.service, namespace: props.namespace, ports, program: workload, variables }, this.written);
    this.own = kind._build(scope, {
      pods: this.podsOf(workload, member, (controller) => {
        const told = toldTelemetry(graph, props.namespace, controller);
        const isOwn = controller.metadata.name === props.identity.controller;
        const changed = isOwn ? this.withChanges(controller) : controller;
        const finished = withProxy(withTelemetry(changed, props.namespace, props.service, told), graph.settings);
        return isOwn ? this.converted?.toManifest(finished) ?? finished : finished;
      }),
      replicas: workload.autoscaling ? undefined : replicas.max,
      headless: stable || peers.length > 0 ? addPeers(scope, graph, { ...props, ipFamilies: workload.ipFamilies }) : undefined,
    });
    graph.check(() => [...uncapturedCalls(at('proxy'), workload.proxy, member.outgoing.byProxy), ...cutTimeouts(scope, workload.proxy, member.outgoing.all)]);
    const crowd = crowdOf(kind, replicas.max, workload.autoscaling !== undefined);
    graph.check(() => crowdedClaims(scope, props.namespace, this.own.template.spec, crowd));
    this.register(scope.node.path, props.version, member, () => this.withChanges(this.own.unfinished));
    this.scaled = this.scale(scope, at('name'), props.identity.controller, workload.autoscaling, () => this.converted);
  }

  /** The name of the service's own controller. */
  public get controller(): string {
    return this.props.identity.controller;
  }

  /** What runs the pods, as it is written. */
  public get controllerKind(): string {
    return this.converted?.kind?.kind ?? this.kind._name;
  }

  /** The labels that the pods of every version carry. */
  public get served(): { [key: string]: string } {
    return this.props.identity.served;
  }

  /**
   * Checks what a release changes. Another version is added with it (`addVersion`), or the service's own pods become it (`become`).
   *
   * @param scope the construct that brings it.
   */
  public changed(scope: Construct, changes: WorkloadChanges, replicas?: number): ChangedPods {
    const { service: name, namespace, ports, workload, kind, member } = this.props;
    return changedPods(scope, this.graph, {
      name,
      namespace,
      ports,
      workload,
      kind,
      changes,
      replicas,
      written: this.written,
      variables: () => this.variablesOf(member),
      build: (scratch, program, of = member) => kind._build(scratch, {
        pods: { ...this.podsOf(program, of, json => json), variables: () => ({}) }, replicas: 1,
      }),
    });
  }

  /** Gives the service's own pods the changes of a release whose engine watches them. */
  public become(changed: ChangedPods): void {
    changed.write();
    if (changed.any) {
      this.change(changed.edit);
    }
  }

  /**
   * Changes the service's own pods, after all that was said of them: what a release whose engine watches them is about.
   *
   * @param change gives another controller, and leaves the one that it is given as it is.
   */
  public change(change: (controller: any) => any): void {
    this.changes.push(change);
    this.graph.changed();
  }

  /**
   * Writes an autoscaler for a service that has a number of pods and none: that number is kept.
   *
   * @param said whether the controller goes on saying it: applied without it, one that runs would have one pod until the autoscaler has looked.
   */
  public keepNumber(scope: Construct, site: Site, said: boolean): void {
    const { namespace, identity: { controller: name }, workload } = this.props;
    const { max } = replicasOf(workload);
    this.graph.claim(site, ['HorizontalPodAutoscaler'], namespace, name, scope.node.path);
    // Bounds are kept whatever the metrics say (kubernetes/kubernetes pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler)
    const keeping = Autoscaling.horizontal({ min: max, max, metrics: [ScalingMetric.cpu(80)] });
    this.scaled.own = this.writeScaler(scope, name, keeping, () => this.converted);
    if (!said) {
      this.change(json => ({ ...json, spec: { ...json.spec, replicas: undefined } }));
    }
  }

  /**
   * Lets the engine of a release run the pods in its own way: what is made of the service's own controller, and that there may be as many pods again.
   *
   * @param scope the construct that brings it.
   */
  public convert(scope: Construct, conversion: Conversion): void {
    this.converted = conversion;
    const { namespace, workload } = this.props;
    this.graph.addWorkload({
      namespace,
      path: scope.node.path,
      described: () => ({ pods: this.kind._podsAtOnce(replicasOf(workload).max), template: this.own.template }),
    });
  }

  /** @returns the Deployment of another version, in the scope of the construct that brings it. */
  public addVersion(scope: Construct, { name, version, changed, replicas, member }: AddedVersion): ApiObject {
    const { service, workload, member: own } = this.props;
    const number = replicas ?? replicasOf(workload).max;
    const autoscaling = replicas === undefined && workload.autoscaling?._follows ? workload.autoscaling : undefined;
    if (autoscaling && this.props.identity.selector[VERSION] === undefined) {
      // Upstream: kubernetes/kubernetes pkg/controller/podautoscaler/horizontal.go, AmbiguousSelector
      Site.of(scope, 'replicas').fail('NotReleasable', 'must be given: the selector that the service has kept finds the pods of both versions, and two autoscalers would count them', undefined,
        'Say how many pods the new version runs: replicas: 3.');
    }
    changed.write();
    const object = versionDeployment(scope, 'deployment', this.own, {
      name,
      service,
      version,
      edit: controller => changed.edit(controller, member?.of),
      replicas: autoscaling ? undefined : number,
      identity: member && {
        serviceAccount: member.of.client.serviceAccount,
        labels: member.of.client.podLabels,
        mountsToken: member.mountsToken,
        injection: { service: () => this.injectionOf(own), version: () => this.injectionOf(member.of) },
        variables: { service: () => this.variablesOf(own), version: () => this.variablesOf(member.of) },
      },
    });
    const { env } = changed.changes;
    if (member) {
      this.graph.check(() => cutTimeouts(scope, workload.proxy, member.of.outgoing.all));
      this.graph.check(() => Object.keys(this.variablesOf(member.of)).filter(variable => env && Object.hasOwn(env, variable)).map(variable => Site.of(scope, 'env').in(variable).problem(
        'InvalidVariable', 'must not be that of a server\'s address', env![variable].value, 'Leave it out here, or give the call another addressVariable.')));
    }
    this.register(scope.node.path, version, member?.of ?? own, () => unfinished(object), changed.workload);
    this.scale(scope, Site.of(scope, 'version'), name, autoscaling);
    return object;
  }

  /** Writes the autoscaler of a controller, which bears its name, and lets no other one in. */
  private scale(
    scope: Construct, site: Site, name: string, autoscaling?: Autoscaling, converted: () => Conversion | undefined = () => undefined,
  ): ScaledController {
    const { graph, kind: { _name: kind }, props: { namespace } } = this;
    graph.claim(site, autoscaling?._kinds ?? [], namespace, name, scope.node.path);
    const own = autoscaling && this.writeScaler(scope, name, autoscaling, converted);
    const scaled = { path: scope.node.path, namespace, kind, name, own, leftTo: own ? undefined : autoscaling?._bounds };
    graph.addController(scaled);
    return scaled;
  }

  private writeScaler(scope: Construct, name: string, autoscaling: Autoscaling, converted: () => Conversion | undefined): ApiObject | undefined {
    const { graph, kind: { _name: kind }, props: { namespace, service } } = this;
    const controlledBy = () => converted()?.kind ?? { apiVersion: 'apps/v1', kind };
    const greatest = () => converted()?.greatest ?? false;
    const target = { name, namespace, container: service, labels: objectLabels(service), controlledBy, greatest };
    return autoscaling._write(scope, target, () => graph.settings);
  }

  private withChanges(controller: any): any {
    return this.changes.reduce((json, change) => plain(change(json)), controller);
  }

  private variablesOf(member: Membership): { [name: string]: string } {
    return variablesOf(member.outgoing.all, this.graph.settings);
  }

  private podsOf(workload: WorkloadProps, member: Membership, finish: HardenedPodsProps['finish']): HardenedPodsProps {
    const { service, identity, version, serviceAccount, ports, peers } = this.props;
    return {
      service,
      identity,
      version,
      serviceAccount,
      workload,
      ports: [...ports, ...peers].map(({ name, targetPort, _transport }) => ({ name, number: targetPort, transport: _transport })),
      injection: () => this.injectionOf(member, workload),
      variables: () => this.variablesOf(member),
      finish,
    };
  }

  private injectionOf(member: Membership, workload: WorkloadProps = this.props.workload): PodMetadata {
    const { terminationGracePeriod = DEFAULT_GRACE_PERIOD, proxy } = workload;
    return injectionOf(this.graph.settings, terminationGracePeriod.toSeconds(), this.needsOf(member), proxy);
  }

  private needsOf(member: Membership): ProxyNeeds {
    return Object.assign({ idleTimeout: this.props.idleTimeout() }, member.proxyNeeds);
  }

  /** Pods of a version are looked at as they are written, with all that was done to them. */
  private register(path: string, version: string, member: Membership, rendered: () => any, workload: WorkloadProps = this.props.workload): void {
    const { service, namespace, kind, ports, identity } = this.props;
    const declared = ports.map(port => ({ name: port.name, number: port.targetPort, speaks: port._isGrpc ? 'grpc' as const : port._layer }));
    const labels = Object.assign({}, identity.selector, { [VERSION]: version }, canonicalName(member.client.name));
    this.graph.check(() => {
      const manifest = rendered();
      const written = this.graph.settings.writtenProxy !== undefined;
      const withoutVariables = member === this.props.member ? [] : Object.keys(this.variablesOf(this.props.member));
      const { serviceAccount } = member.client;
      const proxyNeeds = this.needsOf(member);
      const expected = { path, name: service, labels, serviceAccount, withoutVariables, ports: declared, proxy: workload.proxy, proxyNeeds, written };
      const variables = (workload.configuration ?? []).flatMap(({ _variableNames }) => _variableNames);
      return [
        ...podProblems(templateOf(manifest), expected),
        ...claimProblems(manifest, path),
        ...toldTwice(manifest, Site.named(path, 'env'), { namespace, service, variables }, toldTelemetry(this.graph, namespace, manifest)),
      ];
    });
    this.graph.addWorkload({
      namespace,
      path,
      described: () => {
        const manifest = rendered();
        return { pods: kind._podsAtOnce(manifest.spec.replicas ?? replicasOf(workload).max), template: templateOf(manifest) };
      },
    });
  }
}
