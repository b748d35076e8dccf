import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { argoHooks, argoSubscriptions, errorLimit } from './argo-hooks';
import { lostPatches, namelessVersion, refuseForArgo, unmovableRoutes } from './argo-refusals';
import { toRollout } from './argo-rollout';
import { ArgoRolloutsOptions } from './argo-rollouts-options';
import { movedRoutes } from './argo-routes';
import { argoSteps, firstMeasurement } from './argo-steps';
import { checkDnsLabel } from '../../diagnostics/checks';
import { hostOf } from '../../graph/mesh-settings';
import { analysisTemplate, CanaryStrategyManifest, ROLLOUTS_API_VERSION } from '../../manifests/argo-rollouts';
import { kubernetesService } from '../../mesh/kubernetes-service';
import { rendered } from '../../workload/escape-hatch';
import { objectLabels, CANARY_OF } from '../../workload/labels';
import { windowOf } from '../analysis/measurement';
import { CheckedRelease, Released } from '../checked-release';
import { Handover } from '../handover';

/** By which an analysis knows the new pods: the controller says it when it begins. */
const HASH = 'canary-hash';

/**
 * The service's Deployment becomes a Rollout of the same name. Its controller gives two Services the stable and the new pods, and moves the weights of all routes
 * between them; no route is its own, so each keeps its client's timeout and retries. Outside of a release both Services have the same pods.
 *
 * Upstream: argoproj/argo-rollouts rollout/service.go, reconcileStableAndCanaryService; rollout/trafficrouting/istio/istio.go, reconcileVirtualService.
 */
export function releaseByArgo(release: CheckedRelease, options: ArgoRolloutsOptions): Released {
  const { scope, at, graph, service, reach, changed, match, mirror, analysed, analysis } = release;
  const { handover } = options;
  refuseForArgo(release, options);
  const { namespace, name } = service;
  const { controller } = service._pods;
  const [stable, canary, copies] = [`${name}-stable`, `${name}-canary`, `${name}-copies`];
  const claim = (kinds: string[], claimed: string) => graph.claim(at('service'), kinds, namespace, claimed, scope.node.path);
  const { ports = [] } = service._workload;
  const fqdn = (host: string) => hostOf(graph.settings, namespace, host);
  const entrance = (host: string, more: { [key: string]: string } = {}) => {
    claim(['Service', 'DestinationRule'], checkDnsLabel(at('service').in('name'), host));
    const head = { name: host, labels: objectLabels(name) };
    kubernetesService(new Construct(scope, host), head, { ...service._pods.served, ...more }, ports, service._workload);
    reach.addHost(scope, host);
  };
  claim(['Rollout'], controller);
  entrance(stable);
  entrance(canary);
  if (mirror !== undefined) {
    // Without a release no pod bears the label: there is nowhere to copy to (rollout/ephemeralmetadata.go)
    entrance(copies, { [CANARY_OF]: name });
  }
  service._pods.become(changed);
  graph.check(() => [...lostPatches(release), ...unmovableRoutes(release)]);

  const template = `${name}-release`;
  const hooks = argoHooks(release, options);
  const subscriptions = argoSubscriptions(release);
  const { steps, startingStep } = argoSteps(release, hooks);
  const namesPods = analysis.metrics.some(metric => metric.namesPods);
  const measures = analysis.metrics.length > 0 || hooks.loads().length > 0;
  if (measures) {
    claim(['AnalysisTemplate'], template);
    const interval = `${analysis.seconds}s`;
    analysisTemplate(scope, 'analysis', { name: template, labels: objectLabels(name) }, () => ({
      ...(namesPods ? { args: [{ name: HASH }] } : {}),
      metrics: [...analysis.metrics.map(metric => ({
        name: metric.name,
        interval,
        // Shortly before each stage ends: by then somebody has asked, and what fails does so before the next one begins
        initialDelay: `${firstMeasurement(analysis)}s`,
        failureLimit: analysis.failureLimit,
        consecutiveErrorLimit: errorLimit(analysis),
        successCondition: conditionOf(metric),
        provider: {
          prometheus: {
            address: graph.settings.prometheusUrl,
            query: metric.query({
              labels: { reporter: 'source', destination_service: fqdn(canary) },
              clusters: `outbound[|][0-9]+[|][|]${canary}[.]${namespace}[.].*`,
              windowSeconds: windowOf(analysis, graph.settings),
              pods: `${controller}-{{args.${HASH}}}-[0-9a-z]{5}`,
            }),
          },
        },
      })), ...hooks.loads()],
    }));
  }
  const strategy = (): CanaryStrategyManifest => ({
    stableService: stable,
    canaryService: canary,
    maxSurge: 1,
    maxUnavailable: 0,
    ...(handover === undefined ? {
      // Until these pods go, the canary Service changes between them and the stable ones (argoproj/argo-rollouts#3078), and testers with it
      abortScaleDownDelaySeconds: 10,
      canaryMetadata: { labels: { [CANARY_OF]: name } },
      trafficRouting: { istio: { virtualServices: movedRoutes(reach.routedBy, fqdn(stable), fqdn(canary)) } },
      ...(analysed && measures ? { analysis: { templates: [{ templateName: template }], ...(namesPods ? { args: [{ name: HASH, valueFrom: { podTemplateHashValue: 'Latest' } }] } : {}), startingStep } } : {}),
      steps,
    } : {}),
  });
  const rollout = (deployment: any) => toRollout({
    ...deployment,
    metadata: analysis.alerts.length === 0 ? deployment.metadata : {
      ...deployment.metadata, annotations: { ...deployment.metadata.annotations, ...subscriptions },
    },
  }, strategy());
  const kind = { apiVersion: ROLLOUTS_API_VERSION, kind: 'Rollout' };
  if (handover !== undefined) {
    // The autoscaler's is the one that is to bear the requests, and has to have pods enough for all before the other one goes
    service._pods.convert(scope, { kind: handover === Handover.BEGIN ? kind : undefined, greatest: true, toManifest: json => json });
    const own = ApiObject.of(service.workload);
    const beside = new ApiObject(scope, 'rollout', { ...kind, metadata: { name: controller } });
    return { version: service.version, deployment: rendered(beside, () => rollout(own.toJson())) };
  }
  service._pods.convert(scope, { kind, toManifest: rollout });
  const all = (host: string) => [{ host: fqdn(host), weight: 100 }];
  reach.addRelease(at('service'), {
    path: scope.node.path,
    splitOf: version => version === service.version ? all(stable) : undefined,
    unknownVersion: (site, version, known) => [namelessVersion(release, site, version, known)],
    // At synth: a Mesh with another domain may come later
    get routes() {
      return [
        ...(match ? [{ name: 'canary-match', match, split: all(canary) }] : []),
        { name: 'canary', split: [...all(stable), { host: fqdn(canary), weight: 0 }], mirror: mirror === undefined ? undefined : { host: fqdn(copies), percent: mirror } },
      ];
    },
  });
  return { version: service.version, deployment: ApiObject.of(service.workload), tried: { key: CANARY_OF, value: name } };
}

/** No series, several and 0/0 are no success. */
function conditionOf({ atLeast, atMost }: { atLeast?: number; atMost?: number }): string {
  const bounds = [...atLeast === undefined ? [] : [`result[0] >= ${atLeast}`], ...atMost === undefined ? [] : [`result[0] <= ${atMost}`]];
  return ['len(result) == 1', ...bounds].join(' && ');
}
