import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

const API_VERSION = 'litmuschaos.io/v1alpha1';

export interface EnvManifest {
  name: string;
  value: string;
}

export interface PolicyRuleManifest {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** The values of a promProbe are texts: the CRD takes no numbers. */
export interface PrometheusProbeManifest {
  'name': string;
  'type': 'promProbe';
  'mode': string;
  'promProbe/inputs': { endpoint: string; query: string; comparator: { criteria: string; value: string } };
  'runProperties': { probeTimeout: string; interval: string; attempt: number; initialDelay?: string; probePollingInterval?: string; stopOnFailure: boolean };
}

/** @see https://litmuschaos.github.io/litmus/experiments/concepts/chaos-resources/chaos-engine/contents/ */
export interface ChaosEngineSpec {
  engineState: string;
  appinfo: { appns: string; applabel: string; appkind: string };
  chaosServiceAccount: string;
  defaultHealthCheck: boolean;
  jobCleanUpPolicy: string;
  terminationGracePeriodSeconds: number;
  components: { runner: { runnerLabels: { [key: string]: string } } };
  experiments: {
    name: string;
    spec: {
      components: { env: EnvManifest[]; experimentAnnotations: { [key: string]: string }; statusCheckTimeouts: { delay: number; timeout: number } };
      probe?: PrometheusProbeManifest[];
    };
  }[];
}

export function chaosEngine(scope: Construct, id: string, head: Head, spec: () => ChaosEngineSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'ChaosEngine', head, spec);
}

/** @see https://litmuschaos.github.io/litmus/experiments/concepts/chaos-resources/chaos-experiment/contents/ */
export interface ChaosExperimentSpec {
  definition: {
    scope: string;
    permissions: PolicyRuleManifest[];
    image: string;
    imagePullPolicy: string;
    command: string[];
    args: string[];
    env: EnvManifest[];
    labels: { [key: string]: string };
  };
}

export function chaosExperiment(scope: Construct, id: string, head: Head, spec: () => ChaosExperimentSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'ChaosExperiment', head, spec);
}
