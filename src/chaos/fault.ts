import { Duration } from 'cdk8s';
import { FaultName } from './fault-catalog';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { MeshService } from '../mesh/mesh-service';
import { Percent } from '../traffic/percent';

/**
 * What all faults have in common.
 */
export interface FaultOptions {
  /**
   * How long the fault lasts, in whole seconds, at least one.
   *
   * Litmus: `TOTAL_CHAOS_DURATION`.
   *
   * @default - 60 seconds
   */
  readonly duration?: Duration;

  /**
   * The share of the target's pods that are hit, in whole percents from 1 to 100: rounded down, but one pod at least.
   *
   * Litmus: `PODS_AFFECTED_PERC`.
   *
   * @default - one pod
   */
  readonly podsAffected?: Percent;
}

/**
 * Options for `Fault.podDelete`.
 */
export interface PodDeleteOptions extends FaultOptions {
  /**
   * The time from one deletion to the next, in whole seconds, at least one.
   *
   * Litmus: `CHAOS_INTERVAL`.
   *
   * @default - 10 seconds
   */
  readonly interval?: Duration;

  /**
   * Kills the pods without their grace period, as the loss of a node would.
   *
   * Litmus: `FORCE`.
   *
   * @default - false: they are deleted as in an update
   */
  readonly force?: boolean;
}

/**
 * Options for `Fault.podCpuHog`.
 */
export interface PodCpuHogOptions extends FaultOptions {
  /**
   * How many processors are kept busy, 1 to 256.
   *
   * Litmus: `CPU_CORES`.
   *
   * @default - 1
   */
  readonly cores?: number;

  /**
   * How busy each is kept, in whole percents from 1 to 100.
   *
   * Litmus: `CPU_LOAD`.
   *
   * @default - 100 percent
   */
  readonly load?: Percent;
}

/**
 * Options for `Fault.podNetworkLoss`.
 */
export interface PodNetworkLossOptions extends FaultOptions {
  /**
   * The share of the packets that are lost, in whole percents from 1 to 100.
   *
   * Litmus: `NETWORK_PACKET_LOSS_PERCENTAGE`.
   *
   * @default - 100 percent: the pods are cut off
   */
  readonly loss?: Percent;

  /**
   * Loses only packets to these services. Litmus looks their addresses up once, at the start.
   *
   * Litmus: `DESTINATION_HOSTS`.
   *
   * @default - packets to everywhere
   */
  readonly destinations?: MeshService[];
}

const DEFAULT_DURATION = Duration.seconds(60);

/**
 * What is done to the target of a drill.
 *
 * @see https://litmuschaos.github.io/litmus/experiments/categories/contents/
 */
@checked
export class Fault {
  /**
   * Deletes pods, again and again.
   *
   * Litmus: `pod-delete`.
   *
   * @example
   * Fault.podDelete({ podsAffected: Percent.of(50), duration: Duration.minutes(2) });
   */
  public static podDelete(options: PodDeleteOptions = {}): Fault {
    return new Fault('pod-delete', options, (site) => {
      const { duration, interval } = options;
      if (interval && interval.toMilliseconds() > (duration ?? DEFAULT_DURATION).toMilliseconds()) {
        site.in('interval').fail('InvalidFault', 'must not be longer than the drill', interval.toHumanString(), 'There would be one deletion alone: lengthen duration, or shorten the interval.');
      }
      return {
        CHAOS_INTERVAL: seconds(site.in('interval'), interval ?? Duration.seconds(10)),
        FORCE: String(options.force ?? false),
      };
    });
  }

  /**
   * Keeps processors busy within the pods.
   *
   * Litmus: `pod-cpu-hog`, from a helper that is privileged on the node.
   *
   * @example
   * Fault.podCpuHog({ cores: 2, load: Percent.of(80) });
   */
  public static podCpuHog(options: PodCpuHogOptions = {}): Fault {
    return new Fault('pod-cpu-hog', options, site => ({
      CPU_CORES: String(checkInteger(site.in('cores'), options.cores ?? 1, 1, 256, 'InvalidFault', 'Name the number of processors to keep busy.')),
      CPU_LOAD: wholePercent(site.in('load'), options.load ?? Percent.of(100)),
    }));
  }

  /**
   * Loses packets that the pods send.
   *
   * Litmus: `pod-network-loss`, from a helper that is privileged on the node.
   *
   * @example
   * Fault.podNetworkLoss({ loss: Percent.of(30), duration: Duration.minutes(2) });
   */
  public static podNetworkLoss(options: PodNetworkLossOptions = {}): Fault {
    return new Fault('pod-network-loss', options, site => ({
      NETWORK_PACKET_LOSS_PERCENTAGE: wholePercent(site.in('loss'), options.loss ?? Percent.of(100)),
    }), options.destinations && [...options.destinations]);
  }

  private constructor(
    /** @internal */
    public readonly _name: FaultName,
    private readonly options: FaultOptions,
    private readonly tunables: (site: Site) => { [name: string]: string },
    /** @internal */
    public readonly _destinations?: MeshService[],
  ) {}

  /**
   * What depends on no other construct: a drill's name is made of it, whatever Mesh comes later.
   *
   * @internal
   */
  public _toEnv(site: Site): { [name: string]: string } {
    const { podsAffected } = this.options;
    if (this._destinations?.length === 0) {
      site.in('destinations').fail('EmptyList', 'must not be empty', [], 'Leave it out to lose packets to everywhere.');
    }
    return {
      TOTAL_CHAOS_DURATION: seconds(site.in('duration'), this.options.duration ?? DEFAULT_DURATION),
      ...(podsAffected ? { PODS_AFFECTED_PERC: wholePercent(site.in('podsAffected'), podsAffected) } : {}),
      ...this.tunables(site),
    };
  }
}

function seconds(site: Site, duration: Duration): string {
  return String(checkInteger(site, duration.toSeconds({ integral: false }), 1, 86400, 'InvalidFault', 'Litmus counts in whole seconds, up to a day.'));
}

function wholePercent(site: Site, percent: Percent): string {
  return String(checkInteger(site, percent._toNumber(site), 1, 100, 'InvalidFault', 'Litmus counts in whole percents.'));
}
