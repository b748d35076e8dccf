import { ApiObject } from 'cdk8s';
import { argoMetrics } from './argo-analysis';
import { refuseForArgo, unsupportedByArgo } from './argo-refusals';
import { toRollout, weighedRoutes } from './argo-rollout';
import { ArgoRolloutsOptions } from './argo-rollouts-options';
import { argoSteps } from './argo-steps';
import { checkDnsLabel } from '../../diagnostics/checks';
import { hostOf } from '../../graph/mesh-settings';
import { analysisTemplate, CanaryStrategyManifest, ROLLOUT } from '../../manifests/argo-rollouts';
import { rolloutService } from '../../mesh/kubernetes-service';
import { rendered } from '../../workload/escape-hatch';
import { objectLabels } from '../../workload/labels';
import { CheckedRelease, imageChanged, Released } from '../checked-release';

/** Marks pods while they are the new version: Argo Rollouts puts it on, and takes it off, without a restart. */
const COPIED = { 'cdk8s-mesh/copied': 'true' };

/**
 * The service's Deployment becomes a Rollout. Argo Rollouts changes nothing but the weights of our routes, and the pods behind two Services of ours: the one of the stable
 * pods, and the one of the new pods, which outside of a release are the stable ones. So testers always lead somewhere.
 *
 * Upstream: argoproj/argo-rollouts rollout/service.go, ensureSVCTargets; rollout/trafficrouting.go, reconcileTrafficRouting; rollout/ephemeralmetadata.go.
 */
export function releaseByArgo(release: CheckedRelease, options: ArgoRolloutsOptions): Released {
  const { scope, at, graph, service, reach, image, match, mirror, analysis } = release;
  const { prepareOnly = false, waitAt = [], rollbackWindow } = options;
  refuseForArgo(release, options);
  const { namespace, _pods: pods } = service;
  const [stable, next, copies] = ['stable', 'canary', 'copies'].map(part => `${service.name}-${part}`);
  const host = (name: string) => hostOf(graph.settings, namespace, name);
  const claim = (kinds: string[], name: string) => graph.claim(at('service'), kinds, namespace, name, scope.node.path);
  const addService = (name: string, more: { [key: string]: string } = {}) => {
    checkDnsLabel(at('service').in('name'), name);
    claim(['Service', 'DestinationRule'], name);
    // The pods of the service's own version, also before Argo Rollouts has added its label
    rolloutService(scope, { name, labels: objectLabels(service.name) }, { ...pods.own.selector, ...more }, service._workload.ports!, service._workload);
    reach.addHost(scope, name);
  };
  [stable, next].forEach(name => addService(name));
  claim(['Rollout'], pods.controller);
  if (image !== undefined) {
    pods.change(imageChanged(service.name, image));
  }
  graph.check(() => unsupportedByArgo(release));
  const deployment = ApiObject.of(service.workload);
  const services = { stableService: stable, canaryService: next };
  if (prepareOnly) {
    pods.convert(scope, { toManifest: json => json });
    const beside = new ApiObject(scope, 'rollout', { ...ROLLOUT, metadata: { name: pods.controller } });
    rendered(beside, () => toRollout(structuredClone(deployment.toJson()), services));
    return { version: service.version, deployment };
  }

  if (mirror !== undefined) {
    addService(copies, COPIED);
  }
  const split = () => [{ host: host(stable), weight: 100 }, { host: host(next), weight: 0 }];
  const only = (name: string) => [{ host: host(name), weight: 100 }];
  reach.addRelease(at('service'), {
    path: scope.node.path,
    splitOf: version => version === service.version ? only(stable) : undefined,
    // At synth: a Mesh with another domain may come later
    get routes() {
      return [
        ...(match ? [{ name: 'canary-match', match, split: only(next) }] : []),
        { name: 'canary', split: split(), mirror: mirror === undefined ? undefined : { host: host(copies), percent: mirror } },
      ];
    },
  });
  const { steps, measuredFrom } = argoSteps(release, waitAt);
  const measures = analysis.metrics.length > 0;
  const strategy = (): CanaryStrategyManifest => ({
    ...services,
    ...mirror === undefined ? {} : { canaryMetadata: { labels: COPIED } },
    trafficRouting: { istio: { virtualServices: weighedRoutes(reach.routedBy, [stable, next].map(host)) } },
    ...measures ? { analysis: { templates: [{ templateName: service.name }], startingStep: measuredFrom } } : {},
    steps,
  });
  pods.convert(scope, { kind: ROLLOUT, toManifest: json => toRollout(json, strategy(), rollbackWindow) });
  if (measures) {
    claim(['AnalysisTemplate'], service.name);
    analysisTemplate(scope, 'analysis', { name: service.name, labels: objectLabels(service.name) }, () => ({
      metrics: argoMetrics(analysis, graph.settings, {
        labels: { reporter: 'source', destination_service: host(next) },
        clusters: `outbound.[0-9]+...${next}[.]${namespace}[.].*`,
      }),
    }));
  }
  return { version: service.version, deployment };
}
