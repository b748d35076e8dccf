import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { ScaleTargetManifest, ScalingBehaviorManifest } from './autoscaling';
import { emit, Head } from './emit';

/** The values of `metadata` are texts, numbers too. */
export interface TriggerManifest {
  type: string;
  metricType?: string;
  metadata: { [key: string]: string };
  authenticationRef?: { name: string };
}

/** @see https://keda.sh/docs/latest/reference/scaledobject-spec/ */
export interface ScaledObjectSpec {
  scaleTargetRef: ScaleTargetManifest;
  minReplicaCount: number;
  maxReplicaCount: number;
  advanced: { horizontalPodAutoscalerConfig: { name: string; behavior?: ScalingBehaviorManifest } };
  triggers: TriggerManifest[];
}

export function scaledObject(scope: Construct, id: string, head: Head, spec: () => ScaledObjectSpec): ApiObject {
  return emit(scope, id, 'keda.sh/v1alpha1', 'ScaledObject', head, spec);
}
