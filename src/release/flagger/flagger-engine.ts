import { ApiObject } from 'cdk8s';
import { fittingPort, unfitting } from './fitting-service';
import { FlaggerOptions } from './flagger-options';
import { ReservedNames } from './reserved-names';
import { strategyOf } from './strategy';
import { flaggerTrafficPolicy } from './traffic-policy';
import { checkDnsLabel } from '../../diagnostics/checks';
import { unkeptShares } from '../../graph/unkept-shares';
import { horizontalPodAutoscaler } from '../../manifests/autoscaling';
import { canary } from '../../manifests/flagger';
import { replicasOf } from '../../workload/check-workload';
import { completed } from '../../workload/escape-hatch';
import { canonicalName, objectLabels } from '../../workload/labels';
import { CheckedRelease, Released } from '../checked-release';

/** Without an analysis nothing is judged: a version has to get ready, and that is all. */
const UNJUDGED = { interval: '1m', threshold: 1 };

/** A Canary for the service's own Deployment, and routes that lead to the VirtualService that Flagger writes for it. */
export function releaseByFlagger(release: CheckedRelease, options: FlaggerOptions): Released {
  const { scope, at, graph, service, reach, image } = release;
  const { name, namespace, version } = service;
  const { prepareOnly = false, progressDeadline } = options;
  const port = fittingPort(release, options);
  const strategy = strategyOf(release, options);
  const trafficPolicy = flaggerTrafficPolicy(at('service'), reach.trafficPolicy);
  const names = new ReservedNames(service);
  const { primary, canary: next } = names.hosts;
  graph.check(() => unkeptShares(at('service'), service._member.incoming));
  graph.check(() => [...unfitting(release), ...names.taken(at('service'))]);
  reach.addHost(scope, primary, true);
  reach.addHost(scope, next, true);
  reach.addRelease(at('service'), {
    path: scope.node.path,
    splitOf: () => undefined,
    // By one route: which version gets a request is for the delegate to say, what a client may wait for is said here
    routes: prepareOnly ? [] : [{ name: 'canary', split: [], delegate: { name: names.apex, namespace }, byLabels: strategy.match !== undefined }],
  });
  checkDnsLabel(at('service'), primary);
  names.claim(at('service'), graph, scope.node.path);
  graph.claim(at('service'), ['Canary'], namespace, name, scope.node.path);
  const head = { name, labels: objectLabels(name) };
  const autoscaled = service._workload.autoscaling !== undefined;
  if (!autoscaled) {
    graph.claim(at('service'), ['HorizontalPodAutoscaler'], namespace, name, scope.node.path);
  }
  service._pods.convert(scope, {
    autoscaler: autoscaled ? undefined : fixedNumber(release),
    toManifest: controller => withImage(controller, name, image, autoscaled || prepareOnly),
  });
  // Flagger's own pods bear another `app`, and are behind the service's address too
  completed(service.service, (json) => {
    json.spec.selector = canonicalName(name);
  });
  canary(scope, 'canary', head, () => ({
    provider: 'istio',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name },
    progressDeadlineSeconds: progressDeadline?.toSeconds(),
    // The service's own pods are there again before those of Flagger go
    revertOnDeletion: true,
    service: {
      name: names.apex,
      port: port.port,
      portName: port.name,
      targetPort: port.targetPort,
      appProtocol: port._appProtocol,
      delegation: true,
      trafficPolicy,
    },
    analysis: { ...UNJUDGED, ...strategy },
  }));
  return { version, deployment: ApiObject.of(service.deployment) };
}

/**
 * Keeps the pods of the service, and Flagger's copy of it those of its own, at the number that was declared, and lets a number of 0 be: Flagger writes
 * `replicas` of the Deployment, which a commit must not undo. It asks for no metrics as long as the number is another.
 *
 * Upstream: kubernetes/kubernetes pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler; fluxcd/flagger pkg/canary/hpa_reconciler.go.
 */
function fixedNumber({ scope, service }: CheckedRelease): ApiObject {
  const { name } = service;
  const { max } = replicasOf(service._workload);
  return horizontalPodAutoscaler(scope, 'replicas', { name, labels: objectLabels(name) }, () => ({
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas: max, maxReplicas: max,
  }));
}

/** The service with what is released, and without a number that Flagger writes. */
function withImage(controller: any, name: string, image: string, numbered: boolean): any {
  const json = structuredClone(controller);
  const { containers } = json.spec.template.spec;
  (containers.find((container: any) => container.name === name) ?? containers[0]).image = image;
  if (!numbered) {
    delete json.spec.replicas;
  }
  return json;
}
