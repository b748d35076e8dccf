/** What an autoscaler scales: a controller and the pods that it makes. */
export interface ScaleTarget {
  /** Known at synth: the engine of a release may run the pods in its own way. */
  readonly controlledBy: () => { apiVersion: string; kind: string };
  /** Known at synth: whether the greatest number of pods is to run, whatever is asked of them. */
  readonly greatest?: () => boolean;
  readonly name: string;
  readonly namespace: string;
  /** The program's own container. */
  readonly container: string;
  readonly labels: { [key: string]: string };
}

/** What it has to know of the mesh. */
export interface ScalingContext {
  readonly prometheusUrl: string;
  readonly scrapeIntervalSeconds: number;
}

/** What is asked of the program, as far as it matters here. */
export interface ScaledProgram {
  /** Whether it has ports at all. */
  readonly callable: boolean;
  /** Whether its proxy sees single requests. */
  readonly http: boolean;
}
