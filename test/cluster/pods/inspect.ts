import { RunningPod } from './pod';
import { Manifest } from '../api/client';
import { jsonLines, readLog } from '../machine/process';
import { EchoRequest, EchoResult, localPage, requestLogOf, sendRequests } from '../programs/echo';

/** Sends requests from within a pod, as its application would. */
export function sendFrom(pod: RunningPod, requests: EchoRequest[], options: { parallel?: number } = {}): Promise<EchoResult[]> {
  return sendRequests(pod.container, requests, options);
}

/** A page of Envoy's admin interface, which listens on the pod's loopback device only. */
export function envoyAdmin(pod: RunningPod, page: string): Promise<string> {
  return localPage(pod.container, `http://127.0.0.1:15000${page}`);
}

/** The proxy's access log: the JSON lines of its output that are no log lines of the agent. */
export function accessLogOf(pod: RunningPod): Manifest[] {
  return jsonLines(readLog(pod.container.logFile('istio-proxy'))).filter((line) => 'response_code' in line || 'response_flags' in line);
}

/** The requests that reached the application. */
export function requestsOf(pod: RunningPod): Manifest[] {
  return jsonLines(readLog(requestLogOf(pod.container)));
}

/** The output of a container. */
export function logOf(pod: RunningPod, container: string): string {
  return readLog(pod.container.logFile(container));
}
