import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/** A port and what is spoken on it, where that is known. */
export interface DeclaredPort {
  readonly name: string;
  readonly number: number;
  readonly speaks: 'http' | 'grpc' | 'tcp' | 'tls' | 'udp';
}

/** How the kubelet may ask a port, by what is spoken there. */
const SPOKEN: { [speaks in DeclaredPort['speaks']]: { name: string; ways: string[]; fix: string } } = {
  http: { name: 'HTTP', ways: ['httpGet', 'tcpSocket'], fix: 'Use readinessPath, or kplus.Probe.fromHttpGet().' },
  grpc: { name: 'gRPC', ways: ['grpc', 'tcpSocket'], fix: 'Use GrpcProbe.of().' },
  tcp: { name: 'plain TCP', ways: ['tcpSocket'], fix: 'Use kplus.Probe.fromTcpSocket(), or another port.' },
  tls: { name: 'TLS', ways: ['tcpSocket'], fix: 'Use kplus.Probe.fromTcpSocket(), another port, or for HTTPS kplus.Probe.fromHttpGet() with its scheme.' },
  udp: { name: 'UDP', ways: [], fix: 'Ask another port, or use kplus.Probe.fromCommand().' },
};

const KINDS = ['startupProbe', 'readinessProbe', 'livenessProbe'];
const COUNTS: [string, number][] = [['initialDelaySeconds', 0], ['periodSeconds', 1], ['timeoutSeconds', 1], ['failureThreshold', 1], ['successThreshold', 1]];

/**
 * Probes that the API server refuses, and those that a healthy program can never pass.
 *
 * Upstream: kubernetes/kubernetes pkg/apis/core/validation/validation.go, validateProbe.
 */
export function containerProbeProblems(container: any, at: Site, declared: DeclaredPort[]): MeshProblem[] {
  return KINDS.filter(kind => container[kind]).flatMap((kind) => {
    const probe = container[kind];
    const site = at.in(kind);
    const wrongCounts = COUNTS.filter(([field, least]) => probe[field] !== undefined && !(Number.isInteger(probe[field]) && probe[field] >= least));
    const [field, least] = wrongCounts[0] ?? [];
    if (field !== undefined) {
      return [site.in(field).problem('InvalidProbe', `must be a whole number from ${least}`, probe[field], 'Give a number, or leave it out for its default.')];
    }
    if (kind !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1) {
      return [site.in('successThreshold').problem('InvalidProbe', 'must be 1 but for readiness', probe.successThreshold, 'Leave it out.')];
    }
    return [...questionProblems(probe, site), ...portProblems(probe, container, site, declared)];
  });
}

function questionProblems({ exec, httpGet }: any, site: Site): MeshProblem[] {
  if (exec && !(exec.command?.length > 0)) {
    return [site.in('exec.command').problem('InvalidProbe', 'must name a program', exec.command, 'Write kplus.Probe.fromCommand([\'redis-cli\', \'ping\']).')];
  }
  if (httpGet && !String(httpGet.path ?? '').startsWith('/')) {
    return [site.in('httpGet.path').problem('InvalidProbe', 'must start with \'/\'', httpGet.path, 'Write the path as it stands in the request: /readyz.')];
  }
  // The kubelet would ask that host for the proxy's port, and Pod Security refuses it from 1.34 on
  return httpGet?.host !== undefined ? [site.in('httpGet.host').problem('InvalidProbe', 'must not be given', httpGet.host, 'Leave it out: the pod itself is asked.')] : [];
}

function portProblems(probe: any, { ports = [] }: any, site: Site, declared: DeclaredPort[]): MeshProblem[] {
  const way = ['httpGet', 'tcpSocket', 'grpc'].find(each => probe[each]);
  if (!way) {
    return [];
  }
  const { port } = probe[way];
  const at = site.in(way).in('port');
  const number = typeof port === 'string' ? ports.find(({ name }: any) => name === port)?.containerPort : port;
  if (!(Number.isInteger(number) && number >= 1 && number <= 65535)) {
    return [at.problem('InvalidProbe', 'must be a port, or the name of one of the container', port, `Use its number${ports.length > 0 ? `: ${ports.map(({ containerPort }: any) => containerPort).join(', ')}` : ''}.`)];
  }
  const there = declared.filter(other => other.number === number).map(({ speaks }) => speaks);
  const speaks = there.find(each => each !== 'udp') ?? there[0];
  const { name, ways, fix } = SPOKEN[speaks ?? 'tcp'];
  const secure = speaks === 'tls' && probe.httpGet?.scheme === 'HTTPS';
  return speaks === undefined || secure || ways.includes(way) ? [] : [at.problem('InvalidProbe', `must be asked in what is spoken there, which is ${name}`, number, fix)];
}
