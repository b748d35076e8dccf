import { thrownBy } from './support/thrown-by';
import { World } from './support/world';
import { wrongAlerts } from './wrong-inputs/alerts';
import { wrongAnyHosts } from './wrong-inputs/any-host';
import { wrongArgoRollouts } from './wrong-inputs/argo-rollouts';
import { wrongAutoscaling } from './wrong-inputs/autoscaling';
import { wrongBudgets } from './wrong-inputs/budgets';
import { wrongCallAnswers } from './wrong-inputs/call-answers';
import { wrongCalls } from './wrong-inputs/calls';
import { wrongCollectors } from './wrong-inputs/collectors';
import { wrongConfiguration } from './wrong-inputs/configuration';
import { wrongConnectionRoutes } from './wrong-inputs/connection-routes';
import { wrongConnections } from './wrong-inputs/connections';
import { wrongContracts } from './wrong-inputs/contracts';
import { wrongDashboards } from './wrong-inputs/dashboards';
import { wrongDestinations } from './wrong-inputs/destinations';
import { wrongDrills } from './wrong-inputs/drills';
import { duplicates } from './wrong-inputs/duplicates';
import { wrongEdgeRoutes } from './wrong-inputs/edge-routes';
import { wrongEgress } from './wrong-inputs/egress';
import { wrongExisting } from './wrong-inputs/existing';
import { wronglyExposed } from './wrong-inputs/exposed-services';
import { wrongExtensions } from './wrong-inputs/extensions';
import { wrongFaultInjections } from './wrong-inputs/fault-injection';
import { wrongFlagger } from './wrong-inputs/flagger';
import { wrongGatewayFilters } from './wrong-inputs/gateway-filters';
import { wrongGateways } from './wrong-inputs/gateways';
import { wrongKinds } from './wrong-inputs/kinds';
import { wrongMachines } from './wrong-inputs/machines';
import { wrongMatches } from './wrong-inputs/matches';
import { wrongMetrics } from './wrong-inputs/metrics';
import { wrongNames } from './wrong-inputs/names';
import { wrongNamespaces } from './wrong-inputs/namespaces';
import { wrongOutsides } from './wrong-inputs/outside';
import { wrongOutsideNames } from './wrong-inputs/outside-names';
import { wrongShapes } from './wrong-inputs/pod-shape';
import { wrongPods } from './wrong-inputs/pods';
import { wrongPolicies } from './wrong-inputs/policies';
import { wrongPorts } from './wrong-inputs/ports';
import { wrongPrograms } from './wrong-inputs/programs';
import { wrongRateLimits } from './wrong-inputs/rate-limits';
import { wrongAnalyses } from './wrong-inputs/release-analysis';
import { wrongReleaseChanges } from './wrong-inputs/release-changes';
import { wrongReleases } from './wrong-inputs/releases';
import { wrongProxyTimeouts, wrongRetries } from './wrong-inputs/retries';
import { wrongRouteActions } from './wrong-inputs/route-actions';
import { wrongRoutes } from './wrong-inputs/routes';
import { wrongServiceMirrors } from './wrong-inputs/service-mirrors';
import { wrongStaticReleases } from './wrong-inputs/static-releases';
import { wrongTelemetry } from './wrong-inputs/telemetry';
import { wrongTokens } from './wrong-inputs/tokens';
import { wrongTraffic } from './wrong-inputs/traffic';
import { untyped } from './wrong-inputs/untyped';
import { wrongVersions } from './wrong-inputs/versions';
import { wrongWorkloads } from './wrong-inputs/workloads';
import { wrongWrittenProxies } from './wrong-inputs/written-proxy';
import { ERROR_CODES } from '../src/diagnostics/error-codes';

const TABLES = {
  workloads: wrongWorkloads,
  kinds: wrongKinds,
  pods: wrongPods,
  shapes: wrongShapes,
  writtenProxies: wrongWrittenProxies,
  configuration: wrongConfiguration,
  autoscaling: wrongAutoscaling,
  ports: wrongPorts,
  anyHosts: wrongAnyHosts,
  outsideNames: wrongOutsideNames,
  names: wrongNames,
  duplicates,
  calls: wrongCalls,
  tokens: wrongTokens,
  traffic: wrongTraffic,
  policies: wrongPolicies,
  retries: wrongRetries,
  proxyTimeouts: wrongProxyTimeouts,
  budgets: wrongBudgets,
  rateLimits: wrongRateLimits,
  gatewayFilters: wrongGatewayFilters,
  extensions: wrongExtensions,
  telemetry: wrongTelemetry,
  programs: wrongPrograms,
  collectors: wrongCollectors,
  metrics: wrongMetrics,
  routes: wrongRoutes,
  routeActions: wrongRouteActions,
  serviceMirrors: wrongServiceMirrors,
  callAnswers: wrongCallAnswers,
  matches: wrongMatches,
  faultInjections: wrongFaultInjections,
  versions: wrongVersions,
  releases: wrongReleases,
  releaseChanges: wrongReleaseChanges,
  argoRollouts: wrongArgoRollouts,
  analyses: wrongAnalyses,
  staticReleases: wrongStaticReleases,
  flagger: wrongFlagger,
  namespaces: wrongNamespaces,
  drills: wrongDrills,
  outside: wrongOutsides,
  existing: wrongExisting,
  machines: wrongMachines,
  egress: wrongEgress,
  gateways: wrongGateways,
  edgeRoutes: wrongEdgeRoutes,
  exposed: wronglyExposed,
  connections: wrongConnections,
  connectionRoutes: wrongConnectionRoutes,
  contracts: wrongContracts,
  destinations: wrongDestinations,
  alerts: wrongAlerts,
  dashboards: wrongDashboards,
  untyped,
};

describe.each(Object.entries(TABLES))('%s', (_, table) => {
  test.each(table)('$mistake: $code', ({ make, ...expected }) => {
    const [problem, ...more] = thrownBy(() => make(new World()));

    expect(more).toEqual([]);
    const { code, path, property, received, fix, message } = problem;
    expect({ code, path, property, received }).toEqual({
      code: expected.code, path: expected.path, property: expected.property, received: expected.received,
    });
    expected.fix.forEach(word => expect(fix).toContain(word));
    [code, path, property, received, fix].forEach(part => expect(message).toContain(part));
  });
});

test('every code is exercised', () => {
  const exercised = new Set(Object.values(TABLES).flat().map(({ code }) => code));

  expect([...exercised].sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

test('each mistake is named once', () => {
  const mistakes = Object.values(TABLES).flat().map(({ mistake }) => mistake);

  expect(mistakes).toEqual([...new Set(mistakes)]);
});
