import { ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Head } from './emit';

/**
 * A dashboard of Grafana's, in the format that its sidecar reads from ConfigMaps.
 *
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
export interface DashboardManifest {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  schemaVersion: number;
  editable: boolean;
  graphTooltip: number;
  refresh: string;
  time: { from: string; to: string };
  templating: { list: VariableManifest[] };
  annotations: { list: never[] };
  links: LinkManifest[];
  panels: PanelManifest[];
}

export interface VariableManifest {
  type: string;
  name: string;
  label: string;
  query: string;
  current?: { selected: boolean; text: string; value: string };
}

export interface LinkManifest {
  type: string;
  title: string;
  icon: string;
  tooltip: string;
  tags: string[];
  asDropdown: boolean;
  targetBlank: boolean;
  includeVars: boolean;
  keepTime: boolean;
}

export interface DataSourceManifest {
  type: string;
  uid: string;
}

export interface TargetManifest {
  refId: string;
  expr: string;
  legendFormat: string;
  /** The query's least step. */
  interval: string;
  range: boolean;
  datasource: DataSourceManifest;
}

export interface PanelManifest {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  description?: string;
  datasource?: DataSourceManifest;
  targets?: TargetManifest[];
  collapsed?: boolean;
  panels?: never[];
  fieldConfig?: { defaults: { unit: string; min: number; custom: { [option: string]: unknown } }; overrides: never[] };
  options?: { [option: string]: unknown };
}

/** Written in one line: a ConfigMap has little room. */
export function dashboardText(dashboard: DashboardManifest): string {
  return JSON.stringify(dashboard);
}

export function dashboardConfigMap(scope: Construct, id: string, head: Head, dashboard: () => DashboardManifest): ApiObject {
  return new ApiObject(scope, id, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: head,
    data: Lazy.any({ produce: () => ({ [`${head.name}.json`]: dashboardText(dashboard()) }) }),
  });
}
