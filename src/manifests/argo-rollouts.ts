import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

export const ROLLOUT = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };

/** One of them: a step does one thing. */
export interface CanaryStepManifest {
  setWeight?: number;
  setCanaryScale?: { weight: number } | { matchTrafficWeight: true };
  /** Without a duration until somebody promotes. */
  pause?: { duration?: string };
}

export interface RoutedVirtualServiceManifest {
  name: string;
  routes?: string[];
  tlsRoutes?: { port: number; sniHosts: string[] }[];
  tcpRoutes?: { port: number }[];
}

/** @see https://argo-rollouts.readthedocs.io/en/stable/features/specification/ */
export interface CanaryStrategyManifest {
  stableService: string;
  canaryService: string;
  maxSurge?: number | string;
  maxUnavailable?: number | string;
  canaryMetadata?: { labels: { [key: string]: string } };
  trafficRouting?: { istio: { virtualServices: RoutedVirtualServiceManifest[] } };
  steps?: CanaryStepManifest[];
  analysis?: { templates: { templateName: string }[]; startingStep: number };
}

export interface AnalysisTemplateMetricManifest {
  name: string;
  interval: string;
  initialDelay: string;
  failureLimit: number;
  successCondition: string;
  provider: { prometheus: { address: string; query: string } };
}

/** @see https://argo-rollouts.readthedocs.io/en/stable/features/analysis/ */
export function analysisTemplate(scope: Construct, id: string, head: Head, spec: () => { metrics: AnalysisTemplateMetricManifest[] }): ApiObject {
  return emit(scope, id, ROLLOUT.apiVersion, 'AnalysisTemplate', head, spec);
}
