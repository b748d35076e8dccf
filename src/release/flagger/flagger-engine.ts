import { createHash } from 'node:crypto';
import { ApiObject } from 'cdk8s';
import { flaggerHooks } from './flagger-hooks';
import { FlaggerOptions } from './flagger-options';
import { refuseForFlagger, unsupportedByFlagger } from './flagger-refusals';
import { FLAGGER, FlaggerStrategy, flaggerStrategy } from './flagger-strategy';
import { ReservedNames } from './reserved-names';
import { checkDnsLabel } from '../../diagnostics/checks';
import { MeshProblem } from '../../diagnostics/mesh-problem';
import { Call } from '../../graph/call';
import { hostOf } from '../../graph/mesh-settings';
import { canary, CanaryMetricManifest, metricTemplate } from '../../manifests/flagger';
import { ChangedPods } from '../../mesh/changed-pods';
import { completed } from '../../workload/escape-hatch';
import { ABORTED, APP, canonicalName, objectLabels } from '../../workload/labels';
import { podsOf, windowOf } from '../analysis/measurement';
import { CheckedRelease, refuse, Released, unsupported } from '../checked-release';
import { Handover } from '../handover';

/** It asks these of Prometheus in its own words, whatever the template says (pkg/controller/scheduler_metrics.go, runBuiltinMetricChecks). */
const BUILT_IN = ['request-success-rate', 'request-duration'];

/**
 * Flagger watches the service's own Deployment. It writes the whole VirtualService of the name that it is given, so that is a name of its own, to which each of
 * our routes delegates: they keep their clients, timeouts and retries.
 *
 * Upstream: fluxcd/flagger pkg/router/istio.go, pkg/router/kubernetes_default.go, pkg/canary/deployment_controller.go; istio/istio
 * pilot/pkg/model/virtualservice.go, mergeHTTPRoute.
 */
export function releaseByFlagger(release: CheckedRelease, options: FlaggerOptions): Released {
  const { scope, at, graph, service, reach, changed, analysis } = release;
  const { handover } = options;
  refuseForFlagger(release, options);
  const strategy = flaggerStrategy(release, options);
  const { namespace } = service;
  const { controller } = service._pods;
  analysis.metrics.filter(({ name }) => BUILT_IN.includes(name)).forEach(({ name, site }) => refuse(
    FLAGGER, site.in('name'), 'it measures something of its own by this name', name, 'Choose another name.'));
  const names = new ReservedNames(service, changed.workload.configuration ?? []);
  const { apex, hosts: { primary, canary: next } } = names;
  checkDnsLabel(at('service'), primary);
  const claim = (kinds: string[], name: string) => graph.claim(at('service'), kinds, namespace, name, scope.node.path);
  // Without routes while it is handed over, and the only release all the same
  reach.addRelease(at('service'), {
    path: scope.node.path,
    splitOf: () => undefined,
    unknownVersion: () => [], // No route leads to any: unsupportedByFlagger() tells
    ...(handover ? {} : { standing: () => hostOf(graph.settings, namespace, primary) }),
    routes: handover ? [] : [{ name: 'canary', split: [], delegate: { name: apex, namespace }, byLabels: known(strategy).length > 0 }],
  });
  names.claim(at('service'), graph, scope.node.path);
  claim(['Canary'], service.name);
  graph.check(() => names.taken(at('service')));

  // Flagger renames the label app on the pods that serve, and has none run of those that it watches
  completed(service.service, (json) => {
    json.spec.selector = canonicalName(service.name);
  });
  const released = {
    version: service.version,
    deployment: ApiObject.of(service.workload),
    // Flagger renames it on the pods that serve (pkg/canary/deployment_controller.go)
    ...(handover ? {} : { tried: { key: APP, value: service.name } }),
  };
  if (release.aborted) {
    // Not as they were: what Flagger has promoted last it takes for no change, and goes on (pkg/canary/spec.go, hasSpecChanged). Another revision gives everything back
    service._pods.change(own => annotated(own, changed));
  } else {
    service._pods.become(changed);
  }
  service._pods.convert(scope, { toManifest: json => json });
  // Two for one host are merged, and Flagger's says nothing (istio/istio pilot/pkg/model/destination_rule.go, mergeDestinationRule):
  // its kind drops connectionPool.tcp and more, and takes no balancing by zones alone
  reach.addHost(scope, primary, `${service.name}-primary`);
  reach.addHost(scope, next, `${service.name}-canary`);
  [`${service.name}-primary`, `${service.name}-canary`].forEach(name => claim(['DestinationRule'], name));
  const ends = handover === Handover.END;
  if (service._workload.autoscaling === undefined && !ends) {
    // A number in Git would fight with Flagger, which has none of the pods run between releases (fluxcd/flagger#1504)
    service._pods.keepNumber(scope, at('service'), handover === Handover.BEGIN);
  }
  graph.check(() => unsupportedByFlagger(release));
  graph.check(() => lostMatches(release, known(strategy), service._member.incoming));

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
        clusters: `outbound[|][0-9]+[|][|]${next}[.]${namespace}[.].*`,
        windowSeconds: windowOf(analysis, graph.settings),
        pods: podsOf(controller),
      }),
    }));
  });
  const hooks = flaggerHooks(release, options);
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
    // Its own end waits for no pods that are slow (pkg/controller/finalizer.go, finalize): they come first, and then it goes
    ...(ends ? { suspend: true } : {}),
    revertOnDeletion: !ends,
    service: { name: apex, port: port.port, targetPort: port.targetPort, portName: port.name, appProtocol: port._appProtocol, delegation: true },
    analysis: { interval, threshold: analysis.failureLimit + 1, ...strategy, ...(measured.length > 0 ? { metrics: measured } : {}), ...hooks() },
  }));
  return released;
}

/** Whom Flagger's own routes know by a header. */
function known({ match = [], sessionAffinity }: FlaggerStrategy): { property: string; index?: number; header: string }[] {
  return [
    ...match.flatMap(({ headers = {} }, index) => Object.keys(headers).map(header => ({ property: 'match', index, header }))),
    ...(sessionAffinity ? [{ property: 'sessionAffinity', header: 'cookie' }] : []),
  ];
}

/** Where such a route and one of ours ask for one header, Istio leaves Flagger's out (pilot/pkg/model/virtualservice.go, hasConflict). */
function lostMatches({ at, reach }: CheckedRelease, all: ReturnType<typeof known>, incoming: Call[]): MeshProblem[] {
  const ofRoutes = reach.routedBy.flatMap(({ spec }) => spec().http ?? []).flatMap(route => route.match ?? []);
  const asked = new Set(ofRoutes.flatMap(({ headers = {} }) => Object.keys(headers)));
  const namesakes = homonyms(incoming);
  const properties = [...new Set(all.map(({ property }) => property))];
  return [
    ...all.filter(({ header }) => asked.has(header)).map(({ property, index, header }) => unsupported(
      FLAGGER, index === undefined ? at(property) : at(property).at(index), 'a route of the service matches the same header', header, index === undefined
        ? `Let the route match by another header, or leave ${property} out.` : 'Let testers be known by another header.')),
    ...ofRoutes.some(({ ignoreUriCase }) => ignoreUriCase) ? properties.map(property => unsupported(FLAGGER, at(property), 'a route of the service matches paths in any letter case', 'ignoreCase',
      `Let the route match by a regular expression with (?i), or leave ${property} out.`)) : [],
    // By labels alone, for beside a namespace the route would be dropped just so
    ...(namesakes.length > 0 ? properties.map(property => unsupported(
      FLAGGER, at(property), 'clients are told by their labels there, and not by their namespaces', namesakes, `Give the clients other names, or leave ${property} out.`)) : []),
  ];
}

/** Clients of one name in several namespaces. */
function homonyms(calls: Call[]): string[] {
  const clients = calls.map(({ client }) => client).filter(({ gateway }) => !gateway);
  const shared = clients.filter(({ name, namespace }) => clients.some(other => other.name === name && other.namespace !== namespace));
  return [...new Set(shared.map(({ name }) => name))].sort();
}

/** The pods as they were, and of another revision than ever. */
function annotated(controller: any, changed: ChangedPods): any {
  const { template } = controller.spec;
  const tried = createHash('sha256').update(JSON.stringify(changed.edit(controller).spec.template)).digest('hex').slice(0, 8);
  const metadata = { ...template.metadata, annotations: { ...template.metadata.annotations, [ABORTED]: tried } };
  return { ...controller, spec: { ...controller.spec, template: { ...template, metadata } } };
}
