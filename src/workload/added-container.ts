import * as kplus from 'cdk8s-plus-28';
import { AddedContainerOptions, LastingContainerOptions } from './added-container-options';
import { checkImage } from './check-image';
import { checkPaths } from './check-paths';
import { checkUser } from './check-user';
import { DEFAULT_USER } from './defaults';
import { checkEnvFrom } from './env-from';
import { applyExceptions, checkExceptions, lowestPort } from './pod-exception';
import { connects } from './probes';
import { ADDED_RESOURCES, checkResources, ephemeralStorage, withDefaultResources } from './resources';
import { mountWritable, writablePathsOf } from './writable-volumes';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

type Kind = 'init' | 'sidecar' | 'beside';

/**
 * A container beside the program's own, in the pods of every version, hardened as that one is.
 *
 * In a mesh with native sidecars, which is the default, the order is: the mesh's proxy, then containers of `init()` and `sidecar()` in the
 * order of the list, then the program with those of `beside()`. So all of them are members of the mesh: they call as the service does, and reach
 * what it `calls()` and nothing else.
 *
 * Without native sidecars (`nativeSidecars: false` of the `Mesh`) the proxy starts after those of `init()`, and they have no network: what
 * they send is led to a proxy that is not there. `sidecar()` is refused then.
 *
 * Upstream: istio/istio pkg/kube/inject/webhook.go, reorderPod.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
 */
@checked
export class AddedContainer {
  /**
   * Runs to its end before the program starts, once for every pod, and again when the pod's node is restarted: it has to bear being
   * repeated. If it fails, the pod starts again from it. A migration that must run once is a `MeshJob`.
   *
   * What it calls needs the proxy, which is there with native sidecars alone, and a call of the service: `orders.calls(database)`.
   *
   * Kubernetes: `initContainers`.
   *
   * @param name of the container: a DNS label, unique in the pod.
   *
   * @example
   * new MeshService(chart, 'orders', {
   *   image: 'ghcr.io/acme/orders:1.4.2',
   *   ports: [MeshPort.grpc(50051)],
   *   writablePaths: ['/tmp', '/var/cache/orders'],
   *   addedContainers: [AddedContainer.init('warm-up', { image: 'ghcr.io/acme/warm-up:1.0.0', sharedPaths: ['/var/cache/orders'] })],
   * });
   */
  public static init(name: string, options: AddedContainerOptions): AddedContainer {
    return new AddedContainer('init', name, options);
  }

  /**
   * Starts before the program and stops after it; a job is over although it still runs. Refused, with `NeedsNativeSidecars`, where the mesh
   * has none.
   *
   * Kubernetes: `initContainers` with `restartPolicy: Always`.
   *
   * @param name of the container: a DNS label, unique in the pod.
   *
   * @example
   * new MeshService(chart, 'orders', {
   *   image: 'ghcr.io/acme/orders:1.4.2',
   *   ports: [MeshPort.grpc(50051)],
   *   writablePaths: ['/tmp', '/var/log/orders'],
   *   addedContainers: [AddedContainer.sidecar('log-shipper', { image: 'ghcr.io/acme/shipper:3.1.0', sharedPaths: ['/var/log/orders'] })],
   * });
   */
  public static sidecar(name: string, options: LastingContainerOptions): AddedContainer {
    return new AddedContainer('sidecar', name, options);
  }

  /**
   * Starts and stops with the program, in no order. It waits for `drain` as the program does. Refused, with `InvalidContainer`, for a job, which
   * would never end.
   *
   * Kubernetes: `containers`.
   *
   * @param name of the container: a DNS label, unique in the pod.
   *
   * @example
   * new MeshService(chart, 'orders', {
   *   image: 'ghcr.io/acme/orders:1.4.2',
   *   ports: [MeshPort.grpc(50051)],
   *   addedContainers: [AddedContainer.beside('agent', { image: 'ghcr.io/acme/agent:2.2.0', ports: [{ number: 8125, name: 'statsd' }] })],
   * });
   */
  public static beside(name: string, options: LastingContainerOptions): AddedContainer {
    return new AddedContainer('beside', name, options);
  }

  private constructor(
    /** @internal */
    public readonly _kind: Kind,
    /** @internal */
    public readonly _name: string,
    /** @internal */
    public readonly _options: LastingContainerOptions,
  ) {}

  /**
   * @param programPaths where the program has its volumes.
   * @param lowest the lowest port that the pod's programs may open.
   *
   * @internal
   */
  public _check(site: Site, programPaths: string[], lowest: number): void {
    const { _options: options } = this;
    const at = (property: string) => site.in(property);
    checkDnsLabel(at('name'), this._name);
    checkImage(at('image'), options.image);
    if (options.user !== undefined) {
      checkUser(at('user'), options.user);
    }
    checkResources(at('resources'), options.resources, ADDED_RESOURCES);
    checkPaths(at, options);
    checkExceptions(at, options);
    checkEnvFrom(at('envFrom'), options.envFrom);
    const mounted = [...options.writablePaths ?? [], ...options.volumeMounts?.map(({ path }) => path) ?? []];
    options.sharedPaths?.forEach((path, index) => {
      if (!programPaths.includes(path)) {
        at('sharedPaths').at(index).fail('InvalidPath', 'must be a directory that the program has from a volume', path,
          `Add it to the program's writablePaths or volumeMounts; there are ${programPaths.join(', ') || 'none'}.`);
      }
      if (mounted.includes(path)) {
        at('sharedPaths').at(index).fail('InvalidPath', 'must not be mounted otherwise too', path, 'Leave it out here, or in writablePaths and volumeMounts.');
      }
    });
    checkUnique(at('sharedPaths'), options.sharedPaths ?? [], 'InvalidPath', 'Name each directory once.');
    options.ports?.forEach((port, index) => {
      checkInteger(at('ports').at(index).in('number'), port.number, Math.min(lowest, lowestPort(options)), 65535, 'InvalidPort',
        'A program that is not root opens no port below 1024, unless by exceptions: [PodException.lowPorts()].');
      if (port.name !== undefined) {
        const named = at('ports').at(index).in('name');
        checkDnsLabel(named, port.name, { max: 15 });
        if (!/[a-z]/.test(port.name) || port.name.includes('--')) { // a service name of IANA's
          named.fail('InvalidName', 'must have a letter, and single dashes', port.name, 'Write a word: metrics.');
        }
      }
    });
    checkUnique(at('ports'), options.ports?.map(({ number, protocol }) => `${number}/${protocol ?? 'TCP'}`) ?? [], 'DuplicatePort', 'Name each port once.');
    checkUnique(at('ports'), options.ports?.map(({ name, number }) => name ?? String(number)) ?? [], 'DuplicatePort', 'Give each port a name of its own.');
  }

  /**
   * Puts it into the pods of a controller.
   *
   * @param user the program's.
   * @param taken names of the pod's volumes.
   *
   * @internal
   */
  public _addTo(controller: kplus.Workload, user: number, taken: string[]): void {
    const { _options: options } = this;
    const { cpu, memory } = withDefaultResources(options.resources, ADDED_RESOURCES);
    const [first, ...others] = options.ports ?? [];
    const props: kplus.ContainerProps = {
      name: this._name,
      image: options.image,
      imagePullPolicy: options.imagePullPolicy,
      command: options.command,
      args: options.args,
      envVariables: options.env,
      envFrom: options.envFrom,
      // The port that a probe asks which names none
      portNumber: first?.number,
      ports: others,
      volumeMounts: options.volumeMounts && [...options.volumeMounts],
      resources: { cpu, memory },
      readiness: options.readiness,
      liveness: options.liveness,
      startup: options.startup ?? (first && connects(first.number)),
      restartPolicy: this._kind === 'sidecar' ? kplus.ContainerRestartPolicy.ALWAYS : undefined,
      securityContext: { user: options.user ?? user, group: options.user ?? user },
    };
    const container = this._kind === 'beside' ? controller.addContainer(props) : controller.addInitContainer(props);
    const elsewhere = [...options.sharedPaths ?? [], ...options.volumeMounts?.map(({ path }) => path) ?? []];
    const paths = writablePathsOf(options.writablePaths, elsewhere);
    mountWritable(controller, container, paths, taken, this._name);
  }
}

/** What a pod is described with, as far as other containers depend on it. */
export interface Surrounded {
  readonly addedContainers?: AddedContainer[];
  readonly exceptions?: AddedContainerOptions['exceptions'];
  readonly user?: number;
  readonly volumeMounts?: kplus.VolumeMount[];
  readonly writablePaths?: string[];
}

/**
 * @param claimed where the program has volumes that its kind brings.
 * @param ends whether the pods are to end.
 */
export function checkAddedContainers(at: (property: string) => Site, program: Surrounded, claimed: string[], ends: boolean): void {
  const { addedContainers = [] } = program;
  const site = at('addedContainers');
  const mounted = [...program.volumeMounts?.map(({ path }) => path) ?? [], ...claimed];
  const paths = [...writablePathsOf(program.writablePaths, mounted), ...mounted];
  addedContainers.forEach((container, index) => {
    container._check(site.at(index), paths, lowestPort(program));
    if (ends && container._kind === 'beside') {
      site.at(index).fail('InvalidContainer', 'must not run beside a program that ends', container._name, 'Use AddedContainer.sidecar(): the job would wait for the other container for ever.');
    }
  });
  checkUnique(site, addedContainers.map(({ _name }) => _name), 'InvalidContainer', 'Give each container a name of its own.');
}

/** Adds those of the user's list in its order, before any that a method adds later. */
export function addContainers(controller: kplus.Workload, { addedContainers = [], user = DEFAULT_USER }: Surrounded, taken: string[]): void {
  addedContainers.forEach(container => container._addTo(controller, user, taken));
}

/** What cdk8s-plus has no property for. */
export function completeContainers({ spec }: any, { addedContainers = [] }: Surrounded): void {
  const [program, ...beside] = spec.containers;
  for (const { _name, _options } of addedContainers) {
    const container = [...spec.initContainers ?? [], ...beside].find(({ name }) => name === _name);
    const storage = ephemeralStorage(withDefaultResources(_options.resources, ADDED_RESOURCES));
    Object.assign(container.resources.requests, storage.requests);
    Object.assign(container.resources.limits, storage.limits);
    const [first] = _options.ports ?? [];
    if (first) {
      Object.assign(container.ports[0], { name: first.name, protocol: first.protocol ?? 'TCP', hostPort: first.hostPort, hostIP: first.hostIp });
    }
    const shared = (program.volumeMounts ?? []).filter(({ mountPath }: any) => _options.sharedPaths?.includes(mountPath));
    if (shared.length > 0) {
      container.volumeMounts = [...container.volumeMounts ?? [], ...shared.map((mount: any) => ({ ...mount }))];
    }
    applyExceptions(container, spec, _options);
  }
}
