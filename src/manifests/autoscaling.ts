import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

export interface ScaleTargetManifest {
  apiVersion: string;
  kind: string;
  name: string;
}

export interface ResourceMetricManifest {
  type: 'Resource' | 'ContainerResource';
  resource?: { name: string; target: { type: string; averageUtilization: number } };
  containerResource?: { name: string; container: string; target: { type: string; averageUtilization: number } };
}

export interface ScalingRulesManifest {
  stabilizationWindowSeconds?: number;
  policies?: { type: 'Pods' | 'Percent'; value: number; periodSeconds: number }[];
}

export interface ScalingBehaviorManifest {
  scaleUp?: ScalingRulesManifest;
  scaleDown?: ScalingRulesManifest;
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/ */
export interface HorizontalPodAutoscalerSpec {
  scaleTargetRef: ScaleTargetManifest;
  minReplicas: number;
  maxReplicas: number;
  metrics: ResourceMetricManifest[];
  behavior?: ScalingBehaviorManifest;
}

export function horizontalPodAutoscaler(scope: Construct, id: string, head: Head, spec: () => HorizontalPodAutoscalerSpec): ApiObject {
  return emit(scope, id, 'autoscaling/v2', 'HorizontalPodAutoscaler', head, spec);
}
