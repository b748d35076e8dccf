import * as kplus from 'cdk8s-plus-28';
import { checkNotProxyUser } from './check-user';
import { checked } from '../diagnostics/checked';
import { checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** The lowest port that a user other than root opens. */
const LOWEST_PORT = 1024;

interface Effect {
  /** Two exceptions of one subject would contradict or repeat each other. */
  readonly subject: string;
  readonly on: (securityContext: any, pod: any) => void;
  readonly check?: (site: Site) => void;
  readonly lowPorts?: boolean;
  readonly sharedProcesses?: boolean;
}

/**
 * Something that the hardened container has given up, by name. Each says what that is.
 *
 * A namespace with Pod Security `restricted`, which a `ZeroTrustNamespace` has by default, refuses root and all capabilities but
 * NET_BIND_SERVICE: the error at synth names the field, and says what admits it.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
@checked
export class PodException {
  /**
   * Runs as another user and group than `user` takes: as root, or as one of the high numbers that OpenShift and others give out.
   *
   * With 0 it gives up that the program is not root: one that is taken over may do with its files what root may, and is one flaw
   * of the kernel away from its node. It is still without capabilities (`capability()` gives single ones), so it cannot open ports below
   * 1024, nor change the owner of a file. Of the other numbers nothing is given up. Only `PodSecurity.BASELINE` admits root.
   *
   * Throws `InvalidUser` for a number that is not 0 to 2147483647, and for 1337, which is the mesh proxy's.
   *
   * Kubernetes: `securityContext.runAsUser`, `runAsGroup`, `runAsNonRoot` of the container.
   *
   * @example
   * new MeshService(chart, 'legacy', { image: 'ghcr.io/acme/legacy:7.2.0', ports: [MeshPort.http(8080)], exceptions: [PodException.user(0)] });
   */
  public static user(uid: number): PodException {
    return new PodException({
      subject: 'user',
      check: (site) => {
        checkInteger(site, uid, 0, 2147483647, 'InvalidUser', 'Write the number of the user: 0 is root.');
        checkNotProxyUser(site, uid);
      },
      on: context => Object.assign(context, { runAsUser: uid, runAsGroup: uid, runAsNonRoot: uid !== 0 }),
    });
  }

  /**
   * Lets every program of the pod open ports below 1024, whatever its user: `MeshPort.http(80)` needs no `targetPort` then.
   *
   * It gives up that a low port is a sign of root, which nothing in a pod relies on. `restricted` admits it. It is the kernel's setting
   * for the pod's own network, and not the capability NET_BIND_SERVICE: that one reaches a program which is not root only if
   * its file in the image was marked with `setcap`, because Kubernetes sets no ambient capabilities. Docker and containerd 2 open low ports
   * to every program by themselves, CRI-O does not: with this it is the same everywhere.
   *
   * Kubernetes: `securityContext.sysctls` of the pod, `net.ipv4.ip_unprivileged_port_start`.
   *
   * @see https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls
   *
   * @example
   * new MeshService(chart, 'static', { image: 'ghcr.io/acme/static:1.27.0', ports: [MeshPort.http(80)], exceptions: [PodException.lowPorts()] });
   */
  public static lowPorts(): PodException {
    return new PodException({
      subject: 'lowPorts',
      lowPorts: true,
      on: (_, pod) => {
        const name = 'net.ipv4.ip_unprivileged_port_start';
        const others = (pod.securityContext.sysctls ?? []).filter((sysctl: any) => sysctl.name !== name);
        pod.securityContext.sysctls = [...others, { name, value: '0' }];
      },
    });
  }

  /**
   * Adds one capability to the container; all others stay dropped.
   *
   * It gives up that part of root's power: with NET_ADMIN a program takes away the redirection to its proxy, with SYS_ADMIN it can leave
   * its container. `PodSecurity.BASELINE` admits AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID,
   * SETPCAP, SETUID and SYS_CHROOT, `RESTRICTED` NET_BIND_SERVICE alone, and no `ZeroTrustNamespace` any other.
   *
   * A program that is not root has it only if its file in the image was marked with `setcap`.
   *
   * Throws `InvalidException` for ALL.
   *
   * Kubernetes: `securityContext.capabilities.add` of the container.
   *
   * @example
   * new MeshService(chart, 'database', {
   *   image: 'ghcr.io/acme/postgres:17.2',
   *   ports: [MeshPort.tcp(5432)],
   *   exceptions: [PodException.user(0), PodException.capability(kplus.Capability.SETUID), PodException.capability(kplus.Capability.SETGID)],
   * });
   */
  public static capability(capability: kplus.Capability): PodException {
    return new PodException({
      subject: `capability(${capability})`,
      check: (site) => {
        if (capability === kplus.Capability.ALL) {
          site.fail('InvalidException', 'must be one capability', capability, 'Name those that the program needs, each in an exception of its own.');
        }
      },
      on: context => Object.assign(context, {
        capabilities: { ...context.capabilities, add: [...context.capabilities?.add ?? [], capability] },
      }),
    });
  }

  /**
   * Lets the program write to the file system of its image. Try `writablePaths` first.
   *
   * It gives up that one that is taken over can leave nothing behind among its own programs; what it writes goes with the container.
   * `restricted` admits it.
   *
   * Kubernetes: `securityContext.readOnlyRootFilesystem` of the container.
   *
   * @example
   * new MeshService(chart, 'legacy', { image: 'ghcr.io/acme/legacy:7.2.0', ports: [MeshPort.http(8080)], exceptions: [PodException.writableRoot()] });
   */
  public static writableRoot(): PodException {
    return new PodException({ subject: 'writableRoot', on: context => Object.assign(context, { readOnlyRootFilesystem: false }) });
  }

  /**
   * Lets every container of the pod see the processes of all others, and send them signals: `Reload.signal()` needs it.
   *
   * It gives up that containers are apart. Those that run as one user, which added containers do unless they say `user`, read each other's
   * environment and files (`/proc/<pid>/environ`, `/proc/<pid>/root`) and may end each other; every container reads the arguments of all. The mesh's
   * proxy is another user: its key stays its own, unless a container has the capability SYS_PTRACE. The program is no longer process 1, which matters
   * to images that look for it. `restricted` admits it.
   *
   * Kubernetes: `shareProcessNamespace` of the pod.
   *
   * @see https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
   *
   * @example
   * new MeshService(chart, 'pages', { image: 'ghcr.io/acme/pages:1.27.0', ports: [MeshPort.http(8080)], exceptions: [PodException.sharedProcesses()] });
   */
  public static sharedProcesses(): PodException {
    return new PodException({
      subject: 'sharedProcesses',
      sharedProcesses: true,
      on: (_, pod) => {
        pod.shareProcessNamespace = true;
      },
    });
  }

  private constructor(
    /** @internal */
    public readonly _effect: Effect,
  ) {}
}

/** What a container may be described with. */
export interface Excepted {
  readonly user?: number;
  readonly exceptions?: PodException[];
}

export function checkExceptions(at: (property: string) => Site, { user, exceptions = [] }: Excepted): void {
  exceptions.forEach(({ _effect }, index) => _effect.check?.(at('exceptions').at(index)));
  checkUnique(at('exceptions'), exceptions.map(({ _effect }) => _effect.subject), 'InvalidException', 'Name each exception once.');
  if (user !== undefined && exceptions.some(({ _effect }) => _effect.subject === 'user')) {
    at('user').fail('InvalidException', 'must not be given beside PodException.user()', user, 'Keep the one that you mean.');
  }
}

/** The lowest port on which a container may listen. */
export function lowestPort({ exceptions = [] }: Excepted): number {
  return exceptions.some(({ _effect }) => _effect.lowPorts) ? 1 : LOWEST_PORT;
}

/** Whether the program has said that the containers of its pod see each other's processes. */
export function sharesProcesses({ exceptions = [] }: Excepted): boolean {
  return exceptions.some(({ _effect }) => _effect.sharedProcesses);
}

export function applyExceptions(container: any, pod: any, { exceptions = [] }: Excepted): void {
  container.securityContext ??= {};
  exceptions.forEach(({ _effect }) => _effect.on(container.securityContext, pod));
}

/** On the program's own container; those that are added have exceptions of their own. */
export function programExceptions({ spec }: any, program: Excepted): void {
  applyExceptions(spec.containers[0], spec, program);
}
