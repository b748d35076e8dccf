import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

const API_VERSION = 'monitoring.coreos.com/v1';

export interface RecordingRuleManifest {
  record: string;
  expr: string;
  labels: { [name: string]: string };
}

export interface AlertingRuleManifest {
  alert: string;
  expr: string;
  for?: string;
  labels: { [name: string]: string };
  annotations: { [name: string]: string };
}

export interface RuleGroupManifest {
  name: string;
  interval?: string;
  rules: (RecordingRuleManifest | AlertingRuleManifest)[];
}

/** @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule */
export interface PrometheusRuleSpec {
  groups: RuleGroupManifest[];
}

export function prometheusRule(scope: Construct, id: string, head: Head, spec: () => PrometheusRuleSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'PrometheusRule', head, spec);
}

/** @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor */
export interface PodMonitorSpec {
  namespaceSelector: { matchNames: string[] };
  selector: { matchExpressions: { key: string; operator: string }[] };
  podMetricsEndpoints: { port: string; path: string; interval: string }[];
}

export function podMonitor(scope: Construct, id: string, head: Head, spec: () => PodMonitorSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'PodMonitor', head, spec);
}
