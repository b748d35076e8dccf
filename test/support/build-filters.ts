import { App } from 'cdk8s';
import { LimitDescription, RandomApp } from './app-description';
import { matchOf } from './build-matches';
import {
  ExistingWorkload, ExtensionFilter, ExtensionPhase, GlobalRateLimit, LimitKey, LocalRateLimit, MeshDestination, MeshPort, MeshWorkload, Rate,
  RateLimit, RateLimitDomain, RoutedService, TrafficExtension, TrafficMatch,
} from '../../src';

/** What counts for all pods together, of another team. */
export const LIMITER = { namespace: 'limits', service: 'limiter', podLabels: { app: 'limiter' }, ports: [MeshPort.grpc(8081)], inMesh: false };

const SCRIPT = ExtensionFilter.lua('function envoy_on_response(handle) handle:headers():remove("x-internal") end');
const MODULE = ExtensionFilter.wasm('file:///etc/waf.wasm', { configuration: { mode: 'block' } });

/** Limits, and what the proxies run: each in the chart of the workload that it is of. */
export function addFilters(app: App, { limits, extensions }: RandomApp, workloads: Map<string, MeshWorkload>): void {
  const limiter = limits.some(({ counted }) => counted) ? new ExistingWorkload(app, 'limiter', LIMITER) : undefined;
  const callerOf = (key: string) => (key === 'ingress' ? app.node.findChild(key) : workloads.get(key)) as MeshDestination;
  limits.forEach(({ service: key, port, counted, limits: said, dryRun, told }, index) => {
    const service = workloads.get(key) as RoutedService;
    const scope = service.node.scope!;
    const all = said.map(limit => limitOf(limit, callerOf));
    const common = { service, port, tellsWhatIsLeft: told };
    if (counted) {
      const domain = RateLimitDomain.of(`${service.name}-${index}`, Object.fromEntries(all.map((limit, which) => [`limit-${which}`, limit])));
      new GlobalRateLimit(scope, `counted-${index}`, { ...common, domain, rateLimitService: limiter!, failClosed: dryRun });
    } else {
      new LocalRateLimit(scope, `limit-${index}`, { ...common, limits: all, dryRun, answerHeaders: told && !dryRun ? { 'retry-after': '1' } : undefined });
    }
  });
  for (const { name, workload: key, module, port, phase, priority } of extensions) {
    const service = workloads.get(key)!;
    new TrafficExtension(service.node.scope!, name, {
      service,
      filter: module ? MODULE : SCRIPT,
      phase: phase && ExtensionPhase[phase],
      priority,
      match: [port === undefined ? TrafficMatch.outgoing() : TrafficMatch.incoming(port)],
    });
  }
}

function limitOf({ requests, burst, per, from, match }: LimitDescription, callerOf: (key: string) => MeshDestination): RateLimit {
  return RateLimit.of(Rate.perSecond(requests, { burst }), {
    per: per && (per === 'caller' ? LimitKey.caller() : LimitKey.header('x-customer')),
    from: from === undefined ? undefined : callerOf(from),
    match: match?.map(matchOf),
  });
}
