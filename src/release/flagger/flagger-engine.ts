import { ApiObject } from 'cdk8s';
import { FlaggerOptions } from './flagger-options';
import { refuseForFlagger, unsupportedByFlagger } from './flagger-refusals';
import { FLAGGER, flaggerStrategy } from './flagger-strategy';
import { MeshProblem } from '../../diagnostics/mesh-problem';
import { hostOf } from '../../graph/mesh-settings';
import { canary, CanaryMetricManifest, metricTemplate } from '../../manifests/flagger';
import { HttpMatchManifest } from '../../manifests/istio-networking';
import { completed } from '../../workload/escape-hatch';
import { canonicalName, objectLabels } from '../../workload/labels';
import { windowOf } from '../analysis/measurement';
import { CheckedRelease, Released } from '../checked-release';
import { Handover } from '../handover';

/**
 * Flagger watches the service's own Deployment. It writes the whole VirtualService of the name that it is given, so that is a name of its own, to which each of
 * our routes delegates: they keep their clients, timeouts and retries.
 *
 * Upstream: fluxcd/flagger pkg/router/istio.go, pkg/router/kubernetes_default.go, pkg/canary/deployment_controller.go; istio/istio
 * pilot/pkg/model/virtualservice.go, mergeHTTPRoute.
 */
export function releaseByFlagger(release: CheckedRelease, { handover }: FlaggerOptions): Released {
  const { scope, at, graph, service, reach, changed, analysis } = release;
  refuseForFlagger(release);
  const strategy = flaggerStrategy(release);
  const { namespace } = service;
  const { controller } = service._pods;
  const apex = `${service.name}-release`;
  const [primary, next] = [`${apex}-primary`, `${apex}-canary`];
  const claim = (kinds: string[], name: string) => graph.claim(at('service'), kinds, namespace, name, scope.node.path);
  // What Flagger makes, and nobody else may
  claim(['Service', 'VirtualService'], apex);
  [primary, next].forEach(name => claim(['Service', 'DestinationRule'], name));
  claim(['Deployment', 'HorizontalPodAutoscaler'], `${controller}-primary`);
  claim(['Canary'], service.name);

  // Flagger renames the label app on the pods that serve, and has none run of those that it watches
  completed(service.service, (json) => {
    json.spec.selector = canonicalName(service.name);
  });
  const released = { version: service.version, deployment: ApiObject.of(service.workload) };
  if (changed.any) {
    service._pods.change(changed.edit);
  }
  service._pods.convert(scope, { toManifest: json => json });
  if (handover === Handover.END) {
    return released;
  }
  if (service._workload.autoscaling === undefined) {
    // A number in Git would fight with Flagger, which has none of the pods run between releases (fluxcd/flagger#1504)
    service._pods.keepNumber(scope, at('service'));
  }
  // Two for one host are merged, and Flagger's says nothing (istio/istio pilot/pkg/model/destination_rule.go, mergeDestinationRule):
  // its kind drops connectionPool.tcp and more, and takes no balancing by zones alone
  reach.addHost(scope, primary, `${service.name}-primary`);
  reach.addHost(scope, next, `${service.name}-canary`);
  [`${service.name}-primary`, `${service.name}-canary`].forEach(name => claim(['DestinationRule'], name));
  if (handover === undefined) {
    reach.addRelease(at('service'), {
      path: scope.node.path,
      splitOf: () => undefined,
      routes: [{ name: 'canary', split: [], delegate: { name: apex, namespace } }],
    });
  }
  graph.check(() => unsupportedByFlagger(release));
  graph.check(() => release.match ? lostMatches(release) : []);

  const head = { name: service.name, labels: objectLabels(service.name) };
  const metrics = analysis.metrics.map(metric => ({ metric, name: `${service.name}-${metric.name}` }));
  metrics.forEach(({ metric, name }) => {
    claim(['MetricTemplate'], name);
    metricTemplate(scope, `metric-${metric.name}`, { ...head, name }, () => ({
      provider: { type: 'prometheus', address: graph.settings.prometheusUrl },
      query: metric.query({
        labels: release.mirror === undefined ? { reporter: 'source', destination_service: hostOf(graph.settings, namespace, next) }
          // A client's proxy does not count copies
          : { reporter: 'destination', destination_workload_namespace: namespace, destination_workload: controller },
        clusters: `outbound.[0-9]+...${next}[.]${namespace}[.].*`,
        windowSeconds: windowOf(analysis, graph.settings),
      }),
    }));
  });
  const interval = `${analysis.seconds}s`;
  const [port] = service._workload.ports!;
  const measured = metrics.map(({ metric: { name, atLeast, atMost }, name: template }): CanaryMetricManifest => ({
    // Written, since what is left out is taken for 0 or for nothing (pkg/controller/scheduler_metrics.go)
    name, interval, thresholdRange: { min: atLeast, max: atMost }, templateRef: { name: template, namespace },
  }));
  canary(scope, 'canary', head, () => ({
    provider: 'istio',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: controller },
    autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: controller },
    progressDeadlineSeconds: changed.edit(service._pods.own.unfinished).spec.progressDeadlineSeconds,
    revertOnDeletion: true,
    service: { name: apex, port: port.port, targetPort: port.targetPort, portName: port.name, appProtocol: port._appProtocol, delegation: true },
    analysis: { interval, threshold: analysis.failureLimit + 1, ...strategy, ...(measured.length > 0 ? { metrics: measured } : {}) },
  }));
  return released;
}

/** Where a tester's match and a route ask for one header, Istio leaves the testers' route out (pilot/pkg/model/virtualservice.go, hasConflict). */
function lostMatches({ at, match, reach }: CheckedRelease): MeshProblem[] {
  const ofRoutes = reach.routedBy.flatMap(({ spec }) => spec().http ?? []).flatMap(route => route.match ?? []);
  const headersOf = ({ headers = {} }: HttpMatchManifest) => Object.keys(headers);
  const asked = new Set(ofRoutes.flatMap(headersOf));
  return match!.flatMap((each, index) => headersOf(each).filter(header => asked.has(header)).map(header => at('match').at(index).problem(
    'UnsupportedByEngine', `cannot be done by ${FLAGGER}: a route of the service matches the same header`, header, 'Let testers be known by another header.')));
}
