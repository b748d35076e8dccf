import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

export const ROLLOUTS_API_VERSION = 'argoproj.io/v1alpha1';

/** One thing each. @see https://argo-rollouts.readthedocs.io/en/stable/features/specification/ */
export interface CanaryStepManifest {
  setWeight?: number;
  /** Without a duration until somebody promotes it. */
  pause?: { duration?: string };
  analysis?: { templates: { templateName: string }[] };
  setCanaryScale?: { weight?: number; matchTrafficWeight?: boolean };
}

export interface RoutedVirtualServiceManifest {
  name: string;
  routes?: string[];
  tlsRoutes?: { port?: number; sniHosts?: string[] }[];
  tcpRoutes?: { port: number }[];
}

export interface CanaryStrategyManifest {
  stableService: string;
  canaryService: string;
  maxSurge: number;
  maxUnavailable: number;
  abortScaleDownDelaySeconds?: number;
  canaryMetadata?: { labels: { [key: string]: string } };
  trafficRouting?: { istio: { virtualServices: RoutedVirtualServiceManifest[] } };
  analysis?: { templates: { templateName: string }[]; args?: { name: string; valueFrom: { podTemplateHashValue: string } }[]; startingStep: number };
  steps?: CanaryStepManifest[];
}

export interface AnalysisMetricManifest {
  name: string;
  interval: string;
  initialDelay?: string;
  count?: number;
  failureLimit: number;
  consecutiveErrorLimit: number;
  consecutiveSuccessLimit?: number;
  successCondition?: string;
  provider: { prometheus: { address: string; query: string } } | { web: WebMetricManifest };
}

export interface WebMetricManifest {
  url: string;
  method: 'POST';
  timeoutSeconds: number;
  jsonBody: { [key: string]: unknown };
}

/** @see https://argo-rollouts.readthedocs.io/en/stable/features/analysis/ */
export function analysisTemplate(
  scope: Construct, id: string, head: Head, spec: () => { args?: { name: string }[]; metrics: AnalysisMetricManifest[] },
): ApiObject {
  return emit(scope, id, ROLLOUTS_API_VERSION, 'AnalysisTemplate', head, spec);
}
