import * as kplus from 'cdk8s-plus-28';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * Options for `Spread.over`.
 */
export interface SpreadOptions {
  /**
   * By how many pods one place may have more than another, 1 to 1000.
   *
   * Kubernetes: `maxSkew`.
   *
   * @default - 1
   */
  readonly maxSkew?: number;

  /**
   * Whether a pod that would make it uneven waits, for ever if it must. It gives up that a service runs while a zone is away.
   *
   * Kubernetes: `whenUnsatisfiable`.
   *
   * @default - false: it runs anyway
   */
  readonly required?: boolean;
}

/**
 * That the pods of a version are spread evenly.
 *
 * Kubernetes: `topologySpreadConstraints`.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
@checked
export class Spread {
  /**
   * @param topology what tells the places apart: nodes, zones, or a label of nodes of your own.
   *
   * @example
   * new MeshService(chart, 'orders', {
   *   image: 'ghcr.io/acme/orders:1.4.2',
   *   ports: [MeshPort.grpc(50051)],
   *   scheduling: { spread: [Spread.over(kplus.Topology.ZONE, { required: true }), Spread.over(kplus.Topology.HOSTNAME)] },
   * });
   */
  public static over(topology: kplus.Topology, options: SpreadOptions = {}): Spread {
    return new Spread(topology.key, options);
  }

  private constructor(
    /** @internal */
    public readonly _key: string,
    private readonly options: SpreadOptions,
  ) {}

  /** @internal */
  public _check(site: Site): void {
    checkInteger(site.in('maxSkew'), this.options.maxSkew ?? 1, 1, 1000, 'InvalidScheduling', 'Leave it out for 1.');
  }

  /**
   * @param labels those of the pods that are spread among themselves.
   *
   * @internal
   */
  public _toManifest(labels: { [key: string]: string }): any {
    return {
      maxSkew: this.options.maxSkew ?? 1,
      topologyKey: this._key,
      whenUnsatisfiable: this.options.required ? 'DoNotSchedule' : 'ScheduleAnyway',
      labelSelector: { matchLabels: { ...labels } },
      // An update's new pods are spread among themselves
      matchLabelKeys: ['pod-template-hash'],
    };
  }
}

/** Of pods that stay and say nothing else. */
export const DEFAULT_SPREAD = [Spread.over(kplus.Topology.HOSTNAME), Spread.over(kplus.Topology.ZONE)];
