import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Membership } from './membership';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call } from '../graph/call';
import { CallOptions } from '../graph/call-options';
import { MeshDestination } from '../graph/mesh-destination';

/**
 * Pods or machines of the mesh with an identity of their own, whatever runs them: a `MeshService`, a `MeshJob`, a `MeshCronJob`, an
 * `ExistingService` or a `VirtualMachineService`. Not for subclassing.
 */
@checked
export abstract class MeshWorkload extends MeshDestination {
  /**
   * The name of the workload and of what it becomes.
   */
  public abstract readonly name: string;

  /**
   * The namespace of the pods: the chart's.
   */
  public abstract readonly namespace: string;

  /**
   * The identity of the pods.
   */
  public abstract readonly serviceAccount: kplus.IServiceAccount;

  /** @internal */
  public abstract readonly _member: Membership;

  /**
   * Declares that this workload calls a service, or something outside. Only what is declared is allowed: by the
   * network, by this workload's proxy and by the server's identity check.
   *
   * Throws `CallToSelf`, `OtherApp`, `NotCallable`, `NotOurs`, `UnknownPort`, `AmbiguousPort`, `NotHttp`, `EmptyList`, `InvalidMethod`, `InvalidPath`,
   * `DuplicateCall`, `DuplicateCondition`, `AmbiguousIssuer`, `UnboundDemand`, at synth `UnboundDemand`, `SwallowedToken` and `ObjectTooLarge`, and the errors of the values it is given.
   *
   * @param server what is called.
   * @param options what may be asked of it and how.
   */
  public calls(server: MeshDestination, options: CallOptions = {}): void {
    const site = Site.of(this, `calls(${server.node.id})`);
    if ((server as MeshDestination) === this) {
      site.fail('CallToSelf', 'must name another service', server.node.path,
        'Pods of one service talk to each other by peers: the ports on which they do. Requests to its own Service are those of two services: declare them as two.');
    }
    if (options.addressVariable !== undefined && !this._ownsPods) {
      site.in('addressVariable').fail('NotOurs', 'cannot be set in a program that something else deploys', options.addressVariable, 'Leave it out, and tell the program its server\'s address where it is deployed.');
    }
    const { needsDnsCapture, ports } = server._destination;
    if (!this._ownsPods && needsDnsCapture) {
      site.fail('NotOurs', 'needs the proxy to answer DNS, and something else sets it up', server.node.path, 'Give the external service addresses: the proxy finds it by them.');
    }
    const files = this._ownsPods ? [] : ports.flatMap(({ _tls }) => _tls?._files ?? []);
    if (files.length > 0) {
      site.fail('NotOurs', 'needs certificates in the proxy, and something else sets it up', files[0].name, 'Let the program speak TLS itself, or describe the service as a MeshService.');
    }
    this._member.declare(site, server, options);
  }

  /**
   * Lets the workload talk to the Kubernetes API: mounts its account's token, and opens its proxy and the network to the
   * API server. What it may do there is for its roles to say.
   *
   * @example
   * orders.usesKubernetesApi();
   */
  public usesKubernetesApi(): void {
    if (this._member.useKubernetesApi()) {
      this._mountToken();
    }
  }

  /** @internal */
  public _accept(call: Call, client: Construct): void {
    this._member.accept(call, client);
  }

  /**
   * Whether this app writes the pods too.
   *
   * @internal
   */
  public get _ownsPods(): boolean {
    return true;
  }

  /** @internal */
  public abstract _mountToken(): void;
}

/** The name of an identity: also that of its ServiceAccount. */
export function workloadName(site: Site, name: string, max = 63): string {
  checkDnsLabel(site, name, { letterFirst: true, max });
  if (name === 'default') {
    site.fail('InvalidName', 'must not be default', name, 'Pods without an account of their own run as the ServiceAccount default, and would be taken for this service: choose another name.');
  }
  return name;
}
