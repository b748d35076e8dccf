import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { WorkloadProps } from './workload-props';

/**
 * The probes of a program that says nothing of itself: all of them only connect, because a default that asks for more
 * keeps out a healthy program, or restarts it for ever.
 */
export function probesOf(workload: WorkloadProps, port?: number): { startup?: kplus.Probe; readiness?: kplus.Probe; liveness?: kplus.Probe } {
  const { startup, readiness, readinessPath, liveness } = workload;
  if (port === undefined) {
    return { startup, readiness, liveness }; // Nothing can be asked of a worker that has not been said
  }
  return {
    startup: startup ?? connects(port, { periodSeconds: Duration.seconds(2), failureThreshold: 150 }),
    readiness: readiness ?? (readinessPath === undefined
      ? connects(port, { periodSeconds: Duration.seconds(5) })
      : kplus.Probe.fromHttpGet(readinessPath, { port, periodSeconds: Duration.seconds(5) })),
    // Beside a readiness that connects it would be the same question, and restart a program that is only busy
    liveness: liveness ?? ((readiness && !isConnection(readiness)) || readinessPath !== undefined
      ? connects(port, { periodSeconds: Duration.seconds(10), failureThreshold: 6 }) : undefined),
  };
}

function connects(port: number, options: kplus.ProbeOptions): kplus.Probe {
  return kplus.Probe.fromTcpSocket({ port, ...options });
}

/** What a probe asks is only told to a container. */
function isConnection(probe: kplus.Probe): boolean {
  const { tcpSocket, grpc } = (probe as any)._toKube({ portNumber: 1 });
  return tcpSocket !== undefined && grpc === undefined;
}
