import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';

/** What a program says of itself. */
export interface Probed {
  readonly startup?: kplus.Probe;
  readonly readiness?: kplus.Probe;
  readonly readinessPath?: string;
  readonly liveness?: kplus.Probe;
}

/**
 * The probes of a program that says nothing of itself: all of them only connect, because a default that asks for more
 * keeps out a healthy program, or restarts it for ever.
 */
export function probesOf(workload: Probed, port?: number): { startup?: kplus.Probe; readiness?: kplus.Probe; liveness?: kplus.Probe } {
  const { startup, readiness, readinessPath, liveness } = workload;
  if (port === undefined) {
    return { startup, readiness, liveness }; // Nothing can be asked of a worker that has not been said
  }
  return {
    startup: startup ?? connects(port),
    readiness: readiness ?? (readinessPath === undefined
      ? connects(port, { periodSeconds: Duration.seconds(5) })
      : kplus.Probe.fromHttpGet(readinessPath, { port, periodSeconds: Duration.seconds(5) })),
    // Beside a readiness that connects it would be the same question, and restart a program that is only busy
    liveness: liveness ?? ((readiness && !isConnection(readiness)) || readinessPath !== undefined
      ? connects(port, { periodSeconds: Duration.seconds(10), failureThreshold: 6 }) : undefined),
  };
}

/** By default, that it has begun to listen: for that it has five minutes. */
export function connects(port: number, options: kplus.ProbeOptions = { periodSeconds: Duration.seconds(2), failureThreshold: 150 }): kplus.Probe {
  return kplus.Probe.fromTcpSocket({ port, ...options });
}

/** What a probe asks is only told to a container. */
function isConnection(probe: kplus.Probe): boolean {
  const { tcpSocket, grpc } = (probe as any)._toKube({ portNumber: 1 });
  return tcpSocket !== undefined && grpc === undefined;
}
