import { MeshGraph } from '../graph/mesh-graph';
import { CANONICAL_NAME } from '../workload/labels';
import { templateOf } from '../workload/pod-completion';
import { ToldTelemetry } from '../workload/program-variables';

/** What the program in a controller's pods is told of telemetry: of a version that is somebody of its own, as that one. */
export function toldTelemetry(graph: MeshGraph, namespace: string, controller: any): ToldTelemetry | undefined {
  const settings = graph.programSettings(namespace, templateOf(controller).metadata.labels[CANONICAL_NAME]);
  if (!settings) {
    return undefined;
  }
  const { to, ...rest } = settings;
  // No TLS of the program's: the proxies do it
  return { ...rest, ...(to && { endpoint: `http://${to.server.host(graph.settings)}:${to.port.port}`, protocol: to.protocol }) };
}
