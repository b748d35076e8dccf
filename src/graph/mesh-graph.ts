import { App } from 'cdk8s';
import { IConstruct } from 'constructs';
import { compare, Member } from './call';
import { CallChains } from './call-chains';
import { ContractService } from './contract';
import { foreignAutoscalers, ScaledController } from './foreign-autoscalers';
import { Injected, uninjected } from './injection-checks';
import { LateObjects } from './late-objects';
import { DEFAULT_SETTINGS, MeshSettings } from './mesh-settings';
import { putNamespacesFirst } from './namespace-order';
import { duplicateObjects, fileCollisions } from './output-files';
import { PodSelectors } from './pod-selectors';
import { ProgramScopes, ProgramSettings } from './program-scopes';
import { ProxyCall, ProxyCalls } from './proxy-calls';
import { CopiedCalls } from './route-copies';
import { SniNames } from './sni-names';
import { MeshError } from '../diagnostics/mesh-error';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { renderAnew, renderingOnce } from '../workload/rendering-once';

/** What a namespace has to admit and to hold. */
export interface Workload {
  readonly namespace: string;
  readonly path: string;
  /** One pod as it is written, metadata and spec, and how many there may be at once, those that are on their way out included. */
  readonly described: () => { pods: number; template: any };
  /** Whether the pod is a proxy, and gets none beside it. */
  readonly isProxy?: boolean;
}

/** A Service that is reached from outside of the cluster. */
export interface Entrance {
  readonly namespace: string;
  readonly type: 'LoadBalancer' | 'NodePort';
  readonly ports: number;
}

const GRAPHS = new WeakMap<IConstruct, MeshGraph>();

/**
 * What one app's constructs know of each other: the mesh's settings, the names that are taken, and the checks that
 * need the whole.
 */
export class MeshGraph {
  public static of(construct: IConstruct): MeshGraph {
    const { root } = construct.node;
    let graph = GRAPHS.get(root);
    if (!graph) {
      graph = new MeshGraph(root);
      GRAPHS.set(root, graph);
    }
    return graph;
  }

  public readonly workloads: Workload[] = [];
  public readonly selectors = new PodSelectors();
  public readonly programs = new ProgramScopes();
  public readonly chains = new CallChains();
  public readonly copied = new CopiedCalls();
  public readonly sniNames = new SniNames();
  public readonly late = new LateObjects();
  /** Those that telemetry is sent to: they tell nothing of themselves, or it would never end. */
  public readonly collectors = new Set<Member>();
  public readonly entrances: Entrance[] = [];
  public readonly members: Member[] = [];
  /** What their proxies call by themselves. */
  public readonly proxyCalls = new ProxyCalls(this.members);
  private readonly controllers: ScaledController[] = [];
  private readonly injected: Injected[] = [];
  /** Those that admit no privileged pod and let nothing out that was not declared. */
  public readonly zeroTrustNamespaces = new Set<string>();
  private hostReadBy?: string;
  private configured?: { settings: MeshSettings; path: string };
  /** Those that no construct can have: the API server's own Service among them. */
  private readonly taken = new Map([['default/kubernetes', new Map([['Service', 'Kubernetes itself']])]]);
  private readonly checks: (() => MeshProblem[])[] = [];
  private readonly offers: (() => ContractService[])[] = [];
  private readonly finally: (() => void)[] = [];
  private readonly followers: (() => void)[] = [];
  private revision = 0;
  private checkedRevision = -1;

  private constructor(private readonly root: IConstruct) {
    root.node.addValidation({ validate: () => this.validate() });
    if (root instanceof App) {
      const { synth } = root;
      root.synth = () => renderingOnce(() => synth.call(root));
    }
  }

  public get settings(): MeshSettings {
    return this.configured?.settings ?? DEFAULT_SETTINGS;
  }

  public configure(at: (property: string) => Site, path: string, settings: MeshSettings): void {
    if (this.configured) {
      at('id').fail('DuplicateMesh', `must be the app's only Mesh: ${this.configured.path} is one`, path, 'Keep one Mesh for an app and give it all the settings.');
    }
    if (this.hostReadBy !== undefined && settings.clusterDomain !== DEFAULT_SETTINGS.clusterDomain) {
      at('clusterDomain').fail('MeshTooLate', `must be known before ${this.hostReadBy} tells its host`, settings.clusterDomain, 'Move the Mesh up, before the first use of host.');
    }
    this.configured = { settings, path };
    this.changed();
    this.followers.forEach(run => run());
  }

  public addProxyCall(call: ProxyCall): void {
    this.proxyCalls.add(call);
    this.changed();
    this.followers.forEach(run => run());
  }

  /** What the program is told of telemetry in whose pods these labels are. */
  public programSettings(namespace: string, name: string): ProgramSettings | undefined {
    if (this.programs.isEmpty) {
      return undefined; // Then the members are not looked through for each
    }
    const member = this.members.find(each => each.namespace === namespace && each.name === name);
    return member && !this.collectors.has(member) ? this.programs.scopeOf(member)?.settings : undefined;
  }

  /** Runs now, and again whenever what all members have in common has changed: the settings, and what their proxies call. */
  public follow(run: () => void): void {
    this.followers.push(run);
    run();
  }

  /** Reserves the names of the objects that a construct becomes. cdk8s would write the second one over the first. */
  public claim(site: Site, kinds: string[], namespace: string, name: string, path: string): void {
    const taken = this.takenBy(namespace, name);
    for (const kind of kinds) {
      const owner = taken.get(kind);
      if (owner !== undefined) {
        site.fail('DuplicateName', `must be unique: ${owner} becomes the ${kind} ${namespace}/${name}`, name, `Give one of them another name, or use the existing ${kind}.`);
      }
    }
    kinds.forEach(kind => taken.set(kind, path));
  }

  /** The path of the construct that becomes an object, if one does. */
  public ownerOf(kind: string, namespace: string, name: string): string | undefined {
    return this.taken.get(`${namespace}/${name}`)?.get(kind);
  }

  /** Fails for a construct of another app: it would be left out of every policy here. */
  public checkMember(site: Site, other: IConstruct, fix: string): void {
    if (other.node.root !== this.root) {
      site.fail('OtherApp', 'must belong to the same app', other.node.path, fix);
    }
  }

  /** Whether the caller is the first to want an object that several constructs share, and has to make it. */
  public claimShared(kind: string, namespace: string, name: string): boolean {
    const taken = this.takenBy(namespace, name);
    const first = !taken.has(kind);
    taken.set(kind, '');
    return first;
  }

  /** Who has a name, by the kinds of objects. */
  private takenBy(namespace: string, name: string): Map<string, string> {
    const place = `${namespace}/${name}`;
    let taken = this.taken.get(place);
    if (!taken) {
      taken = new Map();
      this.taken.set(place, taken);
    }
    return taken;
  }

  /** Adds a check that runs at synth, when every construct is there. */
  public check(run: () => MeshProblem[]): void {
    this.checks.push(run);
    this.changed();
  }

  /** Adds what somebody outside of the app may ask. */
  public offer(services: () => ContractService[]): void {
    this.offers.push(services);
  }

  /** What is offered to others, by namespace and name. */
  public offered(): ContractService[] {
    const key = ({ namespace, name }: ContractService) => `${namespace}/${name}`;
    return this.offers.flatMap(services => services()).sort((a, b) => compare(key(a), key(b)));
  }

  /** Adds what is done at synth when nothing is wrong. */
  public whenValid(run: () => void): void {
    this.finally.push(run);
    this.changed();
  }

  public addWorkload(workload: Workload): void {
    this.workloads.push(workload);
    this.changed();
  }

  public addInjected(construct: Injected): void {
    this.injected.push(construct);
    this.changed();
  }

  /** Lets the autoscalers of the app be compared with what a controller says of its pods' number. */
  public addController(controller: ScaledController): void {
    this.controllers.push(controller);
    this.changed();
  }

  /** What the user has made of a host does not follow a Mesh that comes later. */
  public hostRead(path: string): void {
    if (!this.configured) {
      this.hostReadBy ??= path;
    }
  }

  public changed(): void {
    this.revision++;
    renderAnew();
    this.copied.changed();
  }

  /** cdk8s validates the whole app once for each chart: the checks run again only when something has changed. */
  private validate(): string[] {
    if (this.checkedRevision !== this.revision) {
      this.late.sort();
      const ofTheOutput = [putNamespacesFirst, duplicateObjects, fileCollisions].map(check => () => check(this.root));
      const ofTheWhole = [
        () => this.selectors.problems(),
        () => this.chains.problems(this.settings.budgets),
        () => this.sniNames.problems(this.settings.clusterDomain, (namespace, name) => this.ownerOf('Service', namespace, name)),
        () => this.settings.writtenProxy ? [] : uninjected(this.root, this.injected),
        ...ofTheOutput,
        () => foreignAutoscalers(this.root, this.controllers),
      ];
      MeshError.throwIfAny(renderingOnce(() => [...this.checks, ...ofTheWhole].flatMap(run => MeshError.collect(run))));
      this.finally.forEach(run => run());
      this.checkedRevision = this.revision;
    }
    return [];
  }
}
