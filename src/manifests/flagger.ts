import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';
import { HttpMatchManifest } from './istio-networking';

/** As Flagger's definition has it, which knows less of it than Istio. */
export interface CanaryServiceManifest {
  name: string;
  port: number;
  portName: string;
  targetPort: number;
  appProtocol?: string;
  delegation: boolean;
  trafficPolicy: object;
}

/** Of the three ways of a release exactly one: `stepWeights`, `iterations`, or `iterations` with `match`. */
export interface CanaryAnalysisManifest {
  interval: string;
  threshold: number;
  stepWeights?: number[];
  iterations?: number;
  match?: { headers: HttpMatchManifest['headers'] }[];
  mirror?: boolean;
  mirrorWeight?: number;
  stepWeightPromotion?: number;
}

/** @see https://docs.flagger.app/usage/how-it-works#canary-resource */
export interface CanarySpec {
  provider: string;
  targetRef: { apiVersion: string; kind: string; name: string };
  autoscalerRef: { apiVersion: string; kind: string; name: string };
  progressDeadlineSeconds?: number;
  revertOnDeletion: boolean;
  service: CanaryServiceManifest;
  analysis: CanaryAnalysisManifest;
}

export function canary(scope: Construct, id: string, head: Head, spec: () => CanarySpec): ApiObject {
  return emit(scope, id, 'flagger.app/v1beta1', 'Canary', head, spec);
}
