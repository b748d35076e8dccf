import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';
import { HttpMatchManifest } from './istio-networking';

const API_VERSION = 'flagger.app/v1beta1';

export interface CanaryMetricManifest {
  name: string;
  interval: string;
  thresholdRange: { min?: number; max?: number };
  templateRef: { name: string; namespace: string };
}

/** @see https://docs.flagger.app/usage/webhooks */
export interface CanaryWebhookManifest {
  name: string;
  type: string;
  url: string;
  timeout: string;
  metadata?: { [key: string]: string };
}

export interface CanaryAlertManifest {
  name: string;
  severity: string;
  providerRef: { name: string; namespace: string };
}

/** One of `iterations` and `stepWeights`: the CRD takes no other. */
export interface CanaryAnalysisManifest {
  interval: string;
  threshold: number;
  iterations?: number;
  match?: Pick<HttpMatchManifest, 'headers'>[];
  stepWeights?: number[];
  stepWeightPromotion?: number;
  mirror?: boolean;
  mirrorWeight?: number;
  sessionAffinity?: { cookieName: string; maxAge: number };
  metrics?: CanaryMetricManifest[];
  webhooks?: CanaryWebhookManifest[];
  alerts?: CanaryAlertManifest[];
}

/** @see https://docs.flagger.app/usage/how-it-works#canary-resource */
export interface CanarySpec {
  provider: 'istio';
  targetRef: { apiVersion: string; kind: string; name: string };
  autoscalerRef: { apiVersion: string; kind: string; name: string };
  progressDeadlineSeconds: number;
  suspend?: boolean;
  revertOnDeletion: boolean;
  service: { name: string; port: number; targetPort: number; portName: string; appProtocol?: string; delegation: boolean };
  analysis: CanaryAnalysisManifest;
}

export function canary(scope: Construct, id: string, head: Head, spec: () => CanarySpec): ApiObject {
  return emit(scope, id, API_VERSION, 'Canary', head, spec);
}

/** @see https://docs.flagger.app/usage/metrics#custom-metrics */
export function metricTemplate(scope: Construct, id: string, head: Head, spec: () => { provider: { type: 'prometheus'; address: string }; query: string }): ApiObject {
  return emit(scope, id, API_VERSION, 'MetricTemplate', head, spec);
}

/** @see https://docs.flagger.app/usage/alerting#canary-configuration */
export function alertProvider(
  scope: Construct, id: string, head: Head, spec: { type: string; channel?: string; secretRef: { name: string } },
): ApiObject {
  return emit(scope, id, API_VERSION, 'AlertProvider', head, spec);
}
