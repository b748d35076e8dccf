import { Cron } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ReplicaBounds } from './replica-bounds';
import { ScaledProgram, ScaleTarget, ScalingContext } from './scale-target';
import { checkUtilization } from './utilization';
import { checked } from '../diagnostics/checked';
import { checkDnsName, checkInteger, checkSet } from '../diagnostics/checks';
import { checkSchedule, checkTimeZone } from '../diagnostics/schedule-checks';
import { Site } from '../diagnostics/site';
import { TriggerManifest } from '../manifests/keda';

/**
 * Options for `KedaTrigger.prometheus`.
 */
export interface PrometheusTriggerOptions {
  /**
   * A query with one number as its answer, for all pods together.
   */
  readonly query: string;

  /**
   * How much of it one pod takes, more than 0: there are as many pods as the answer has of these.
   */
  readonly threshold: number;

  /**
   * Above which answer the first pod is started, where `min` is 0.
   *
   * @default - 0
   */
  readonly activationThreshold?: number;
}

/**
 * Options for `KedaTrigger.cron`.
 */
export interface CronTriggerOptions {
  /**
   * When the time begins.
   */
  readonly start: Cron;

  /**
   * When it ends.
   */
  readonly end: Cron;

  /**
   * The time zone of both: `Europe/Berlin`.
   */
  readonly timeZone: string;

  /**
   * How many pods run at least in between, from 1 to the autoscaler's `max`.
   */
  readonly replicas: number;
}

/**
 * Options for `KedaTrigger.of`.
 */
export interface TriggerOptions {
  /**
   * The TriggerAuthentication of the namespace that says how the source is asked.
   *
   * KEDA: `triggers.authenticationRef.name`.
   *
   * @default - it is asked without
   */
  readonly authentication?: string;
}

/**
 * By what `Autoscaling.keda` counts the pods that are needed. Of several triggers the one that wants most pods counts.
 *
 * KEDA: `ScaledObject.spec.triggers`.
 *
 * @see https://keda.sh/docs/latest/scalers/
 */
@checked
export class KedaTrigger {
  /**
   * The answer of the Prometheus that `Mesh.prometheusUrl` names.
   *
   * Throws `InvalidScaling` and `UnsetValue`, when a construct is given it.
   *
   * @see https://keda.sh/docs/latest/scalers/prometheus/
   *
   * @example
   * KedaTrigger.prometheus({ query: 'sum(orders_waiting)', threshold: 50 });
   */
  public static prometheus(options: PrometheusTriggerOptions): KedaTrigger {
    return new KedaTrigger('prometheus', (site) => {
      checkQuery(site.in('query'), options.query);
      checkPositive(site.in('threshold'), options.threshold);
      if (options.activationThreshold !== undefined) {
        checkPositive(site.in('activationThreshold'), options.activationThreshold);
      }
    }, (_, { prometheusUrl }) => asked(prometheusUrl, options.query, options.threshold, options.activationThreshold));
  }

  /**
   * The requests per second that one pod takes, as the proxies of the pods count them: over four of the Mesh's
   * `scrapeInterval`. Each version of a service is scaled by its own requests.
   *
   * Throws `InvalidScaling` and, for a service without a port of HTTP, `NotHttp`, when a construct is given it.
   *
   * Istio: `istio_requests_total` of reporter destination.
   *
   * @param perPod more than 0.
   *
   * @example
   * KedaTrigger.requestsPerSecond(100);
   */
  public static requestsPerSecond(perPod: number): KedaTrigger {
    return new KedaTrigger('prometheus', (site, { http }) => {
      checkPositive(site, perPod);
      if (!http) {
        site.fail('NotHttp', 'counts requests, which no port of the service has', perPod, 'Use KedaTrigger.cpu(), or KedaTrigger.prometheus() with a query of your own.');
      }
    }, ({ name, namespace }, { prometheusUrl, scrapeIntervalSeconds }) => {
      // By the controller's name, which the pods' own proxies know whatever the request's host was
      const own = `reporter="destination",destination_workload_namespace="${namespace}",destination_workload="${name}"`;
      return asked(prometheusUrl, `sum(rate(istio_requests_total{${own}}[${4 * scrapeIntervalSeconds}s]))`, perPod);
    });
  }

  /**
   * What the program's container uses of the CPU that it requests, in percent, without its proxy: see `ScalingMetric`.
   *
   * Throws `InvalidScaling`, when a construct is given it.
   *
   * @see https://keda.sh/docs/latest/scalers/cpu/
   *
   * @param percent whole percents, 1 to 1000, less than the limit is of the request.
   *
   * @example
   * KedaTrigger.cpu(70);
   */
  public static cpu(percent: number): KedaTrigger {
    return KedaTrigger.used('cpu', percent);
  }

  /**
   * What the program's container uses of the memory that it requests, in percent.
   *
   * Throws `InvalidScaling`, when a construct is given it.
   *
   * @see https://keda.sh/docs/latest/scalers/memory/
   *
   * @param percent whole percents, 1 to 1000, less than the limit is of the request.
   *
   * @example
   * KedaTrigger.memory(80);
   */
  public static memory(percent: number): KedaTrigger {
    return KedaTrigger.used('memory', percent);
  }

  /**
   * So many pods at least from one time to another, again and again.
   *
   * Throws `InvalidSchedule` and `InvalidScaling`, when a construct is given it.
   *
   * @see https://keda.sh/docs/latest/scalers/cron/
   *
   * @example
   * KedaTrigger.cron({
   *   start: Cron.schedule({ minute: '0', hour: '8', weekDay: '1-5' }),
   *   end: Cron.schedule({ minute: '0', hour: '18', weekDay: '1-5' }),
   *   timeZone: 'Europe/Berlin',
   *   replicas: 10,
   * });
   */
  public static cron(options: CronTriggerOptions): KedaTrigger {
    const { timeZone, replicas } = options;
    const [start, end] = [options.start.expressionString, options.end.expressionString];
    return new KedaTrigger('cron', (site, _, { max }) => {
      checkSchedule(site.in('start'), start);
      checkSchedule(site.in('end'), end);
      if (start === end) {
        site.in('end').fail('InvalidSchedule', 'must be another time than start', end, 'KEDA takes no trigger that ends as it begins.');
      }
      checkTimeZone(site.in('timeZone'), timeZone);
      checkInteger(site.in('replicas'), replicas, 1, max, 'InvalidScaling', 'It is a number of pods up to the max of the autoscaler.');
    }, () => ({ type: 'cron', metadata: { timezone: timeZone, start, end, desiredReplicas: String(replicas) } }));
  }

  /**
   * Any other of KEDA's scalers, by its type and metadata: a queue, a stream, a database. KEDA alone knows what each of them takes.
   *
   * Throws `InvalidScaling` and `InvalidName`, when a construct is given it.
   *
   * @param type the scaler's: `kafka`, `rabbitmq`, `aws-sqs-queue`.
   * @param metadata its values, as texts.
   *
   * @example
   * KedaTrigger.of('rabbitmq', { queueName: 'mails', mode: 'QueueLength', value: '20' }, { authentication: 'rabbitmq' });
   */
  public static of(type: string, metadata: { [key: string]: string }, options: TriggerOptions = {}): KedaTrigger {
    return new KedaTrigger(type, (site) => {
      if (!/^[a-z0-9][a-z0-9-]*$/.test(type)) {
        site.in('type').fail('InvalidScaling', 'must be the type of a scaler', type, 'Write it as KEDA does: aws-sqs-queue.');
      }
      if (options.authentication !== undefined) {
        checkDnsName(site.in('authentication'), options.authentication);
      }
    }, () => ({ type, metadata, authenticationRef: options.authentication === undefined ? undefined : { name: options.authentication } }));
  }

  private static used(resource: 'cpu' | 'memory', percent: number): KedaTrigger {
    return new KedaTrigger(resource, (site, _program, _bounds, resources) => checkUtilization(site, resource, percent, resources),
      ({ container }) => ({ type: resource, metricType: 'Utilization', metadata: { value: String(percent), containerName: container } }));
  }

  private constructor(
    private readonly type: string,
    private readonly check: (site: Site, program: ScaledProgram, bounds: ReplicaBounds, resources?: kplus.ContainerResources) => void,
    private readonly manifest: (target: ScaleTarget, context: ScalingContext) => TriggerManifest,
  ) {}

  /**
   * Whether it can tell that the first pod is needed: what a pod uses is only known of one that runs.
   *
   * @internal
   */
  public get _wakes(): boolean {
    return !['cpu', 'memory'].includes(this.type);
  }

  /** @internal */
  public _check(site: Site, program: ScaledProgram, bounds: ReplicaBounds, resources?: kplus.ContainerResources): void {
    this.check(site, program, bounds, resources);
  }

  /** @internal */
  public _toManifest(target: ScaleTarget, context: ScalingContext): TriggerManifest {
    return this.manifest(target, context);
  }
}

function asked(serverAddress: string, query: string, threshold: number, activationThreshold?: number): TriggerManifest {
  const metadata: { [key: string]: string } = { serverAddress, query, threshold: String(threshold) };
  if (activationThreshold !== undefined) {
    metadata.activationThreshold = String(activationThreshold);
  }
  return { type: 'prometheus', metricType: 'AverageValue', metadata };
}

function checkQuery(site: Site, query: string): void {
  if (query.trim() === '') {
    site.fail('InvalidScaling', 'must ask for something', query, 'Write a query of PromQL: sum(orders_waiting).');
  }
  checkSet(site, query);
}

function checkPositive(site: Site, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    site.fail('InvalidScaling', 'must be more than 0', value, 'Write how much one pod takes.');
  }
}
