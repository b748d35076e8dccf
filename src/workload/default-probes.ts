import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';

/** What a container's port speaks, as far as probes are concerned. */
export type ProbeProtocol = 'http' | 'grpc' | 'tcp';

/** `undefined` for gRPC, which cdk8s-plus has no probe for: see `grpcProbe`. */
export const DEFAULT_READINESS: { [protocol in ProbeProtocol]: (port: number) => kplus.Probe | undefined } = {
  http: port => kplus.Probe.fromHttpGet('/readyz', { port, periodSeconds: Duration.seconds(5) }),
  grpc: () => undefined,
  tcp: port => kplus.Probe.fromTcpSocket({ port, periodSeconds: Duration.seconds(5) }),
};

/** Liveness never asks more than a connection: a default that a program does not answer would restart it for ever. */
export function defaultLiveness(port: number): kplus.Probe {
  return kplus.Probe.fromTcpSocket({ port, periodSeconds: Duration.seconds(10), failureThreshold: 3 });
}

/** @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-grpc-liveness-probe */
export function grpcProbe(port: number): object {
  return { grpc: { port }, periodSeconds: 5, failureThreshold: 3 };
}
