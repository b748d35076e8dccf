import * as kplus from 'cdk8s-plus-28';
import { CollectorExporter } from './collector-exporter';
import { CollectorMode } from './collector-mode';
import { CollectorReceiver } from './collector-receiver';
import { TailSampling } from './tail-sampling';
import { Configuration } from '../workload/configuration';
import { SchedulingOptions } from '../workload/scheduling-options';

/**
 * Properties of `OpenTelemetryCollector`.
 */
export interface OpenTelemetryCollectorProps {
  /**
   * The collector's image, 0.144 or later: `otel/opentelemetry-collector-contrib:0.161.0`. Tail sampling, Zipkin, Prometheus and the health check are in the
   * contrib distribution, and in one of your own that has them.
   */
  readonly image: string;

  /**
   * Where telemetry goes: at least one.
   *
   * OpenTelemetry: `exporters`, `service.pipelines.*.exporters`.
   */
  readonly exporters: CollectorExporter[];

  /**
   * How telemetry comes.
   *
   * OpenTelemetry: `receivers`, `service.pipelines.*.receivers`.
   *
   * @default - [CollectorReceiver.otlp()]
   */
  readonly receivers?: CollectorReceiver[];

  /**
   * Which traces are kept, once all of their spans are there: it waits for them for ten seconds. Each trace has to come to one pod as a whole: so
   * it needs a gateway of one, `CollectorMode.gateway({ replicas: 1 })`.
   *
   * OpenTelemetry: the processor `tail_sampling`.
   *
   * @default - all that come
   */
  readonly tailSampling?: TailSampling[];

  /**
   * Where its pods run.
   *
   * @default - CollectorMode.gateway()
   */
  readonly mode?: CollectorMode;

  /**
   * What the container asks for and may use at most. From 80 percent of the memory's limit on the collector refuses what comes, and its clients send it again
   * later.
   *
   * @default - requests of 100m CPU and 256Mi memory, limits of 1 CPU and 512Mi
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * Variables and files of its own, such as a Secret's for the headers of an exporter.
   *
   * @default - none
   */
  readonly configuration?: Configuration[];

  /**
   * On which nodes the pods run.
   *
   * @default - on any, spread over nodes and zones
   */
  readonly scheduling?: SchedulingOptions;

  /**
   * The PriorityClass: before whose pods these get a node, and whose have to go for them.
   *
   * Kubernetes: `priorityClassName`.
   *
   * @default - the cluster's default class
   */
  readonly priorityClassName?: string;

  /**
   * The names of the Secrets by which the image is pulled.
   *
   * Kubernetes: `imagePullSecrets`.
   *
   * @default - those of the node
   */
  readonly imagePullSecrets?: string[];

  /**
   * The name of everything that it becomes.
   *
   * @default - the construct's id
   */
  readonly name?: string;
}
