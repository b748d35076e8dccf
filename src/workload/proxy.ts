import { ProxyOptions, ProxyStatistics } from './proxy-options';
import { checkProxyTimeouts, connectionSettingsOf } from './proxy-timeouts';
import { checkResources, PROXY_RESOURCES, withDefaultResources } from './resources';
import { checkInteger, checkRegex, checkUnique } from '../diagnostics/checks';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

const PORT_LISTS = ['excludedInboundPorts', 'includedInboundPorts', 'excludedOutboundPorts'] as const;
const STATISTICS = ['prefixes', 'suffixes', 'regexps'] as const;

/** Those on which it listens, or its agent (istio/istio pilot/cmd/pilot-agent/status/server.go, istioReservedPorts). */
export const PROXY_PORTS = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090];

export const PROXY_ANNOTATIONS = {
  requests: { cpu: 'sidecar.istio.io/proxyCPU', memory: 'sidecar.istio.io/proxyMemory' },
  limits: { cpu: 'sidecar.istio.io/proxyCPULimit', memory: 'sidecar.istio.io/proxyMemoryLimit' },
};

export function checkProxy(site: Site, proxy: ProxyOptions = {}): void {
  checkResources(site.in('resources'), proxy.resources, PROXY_RESOURCES);
  if (proxy.concurrency !== undefined) {
    checkInteger(site.in('concurrency'), proxy.concurrency, 1, 128, 'InvalidProxy', 'Leave it out for a thread for each CPU of its limit.');
  }
  if (proxy.statistics) {
    checkStatistics(site.in('statistics'), proxy.statistics);
  }
  if (proxy.timeouts) {
    checkProxyTimeouts(site.in('timeouts'), proxy.timeouts);
  }
  for (const list of PORT_LISTS) {
    const ports = proxy[list];
    const at = site.in(list);
    if (ports?.length === 0) {
      at.fail('EmptyList', 'must name at least one port', ports, 'Leave it out: all connections go through the proxy then.');
    }
    ports?.forEach((port, index) => checkInteger(at.at(index), port, 1, 65535, 'InvalidPort', 'Write the number of the port.'));
    checkUnique(at, ports?.map(String) ?? [], 'DuplicatePort', 'Name each port once.');
  }
  if (proxy.excludedInboundPorts && proxy.includedInboundPorts) {
    // Upstream: istio/istio tools/istio-iptables/pkg/capture/run.go: the excluded ones are only looked at when all are included
    site.in('excludedInboundPorts').fail('InvalidProxy', 'has no effect beside includedInboundPorts', proxy.excludedInboundPorts, 'Keep the one that is shorter.');
  }
}

function checkStatistics(site: Site, statistics: ProxyStatistics): void {
  const all = STATISTICS.flatMap(list => statistics[list] ?? []);
  if (all.length === 0) {
    site.fail('EmptyList', 'must name at least one statistic', statistics, 'Write the end of its name, such as suffixes: [\'upstream_rq_timeout\'], or leave it out.');
  }
  for (const list of STATISTICS) {
    statistics[list]?.forEach((text, index) => {
      const at = site.in(list).at(index);
      if (list === 'regexps') {
        checkRegex(at, text);
      } else if (!/^[A-Za-z0-9_.:|{}-]+$/.test(text)) {
        at.fail('InvalidProxy', 'must be a part of a statistic\'s name', text, 'Use letters, digits, _ and dots: cluster.outbound.');
      }
    });
  }
}

/**
 * What the service itself declares has to go through the proxy.
 *
 * @param declared the ports on which the pods listen for others.
 */
export function checkCaptured(site: Site, { excludedInboundPorts = [], includedInboundPorts }: ProxyOptions = {}, declared: number[]): void {
  excludedInboundPorts.forEach((port, index) => {
    if (declared.includes(port)) {
      site.in('excludedInboundPorts').at(index).fail('BypassedProxy', 'must not be a port that the service declares', port, 'Leave it out: nothing would check who connects there.');
    }
  });
  const missing = declared.find(port => includedInboundPorts?.includes(port) === false);
  if (missing !== undefined) {
    site.in('includedInboundPorts').fail('BypassedProxy', `must have ${missing}, which the service declares`, includedInboundPorts, 'Add it: nothing would check who connects there.');
  }
}

/** Calls that the program cannot make without its proxy. */
export function uncapturedCalls(
  site: Site, { excludedOutboundPorts = [] }: ProxyOptions = {}, called: { server: string; port: number }[],
): MeshProblem[] {
  return excludedOutboundPorts.flatMap((port, index) => called.filter(call => call.port === port).slice(0, 1).map(({ server }) => site.in('excludedOutboundPorts').at(index).problem(
    'BypassedProxy', `must not be the port of ${server}, which it calls`, port, 'Leave it out, or let the server be reached on another port: the proxy speaks TLS with it, or alone knows its address or the way there.')));
}

/** What the injector reads of it: annotations, and the part of the proxy's configuration that stands in one of them. */
export function proxyMetadata(proxy: ProxyOptions = {}): { annotations: { [key: string]: string }; config: { [field: string]: any } } {
  const { resources, logLevel, concurrency, statistics, timeouts, excludedInboundPorts, includedInboundPorts, excludedOutboundPorts } = proxy;
  const { cpu, memory } = withDefaultResources(resources, PROXY_RESOURCES);
  const annotations: { [key: string]: string | undefined } = {
    // All or none: with one of them the installation's own are gone (injection-template.yaml, "resources")
    ...(resources && {
      [PROXY_ANNOTATIONS.requests.cpu]: cpu.request.amount,
      [PROXY_ANNOTATIONS.limits.cpu]: cpu.limit.amount,
      [PROXY_ANNOTATIONS.requests.memory]: memory.request.asString(),
      [PROXY_ANNOTATIONS.limits.memory]: memory.limit.asString(),
    }),
    'sidecar.istio.io/logLevel': logLevel,
    'traffic.sidecar.istio.io/excludeInboundPorts': portList(excludedInboundPorts),
    'traffic.sidecar.istio.io/includeInboundPorts': portList(includedInboundPorts),
    'traffic.sidecar.istio.io/excludeOutboundPorts': portList(excludedOutboundPorts),
  };
  return {
    annotations: Object.fromEntries(Object.entries(annotations).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    config: {
      ...(concurrency !== undefined && { concurrency }),
      ...(timeouts && { connectionSettings: connectionSettingsOf(timeouts) }),
      ...(statistics && {
        proxyStatsMatcher: Object.fromEntries(STATISTICS.filter(list => statistics[list]?.length)
          .map(list => [`inclusion${list[0].toUpperCase()}${list.slice(1)}`, statistics[list]])),
      }),
    },
  };
}

function portList(ports?: number[]): string | undefined {
  return ports && [...ports].sort((a, b) => a - b).join(',');
}
