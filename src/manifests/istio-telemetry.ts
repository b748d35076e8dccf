import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

export interface CustomTagManifest {
  literal?: { value: string };
  header?: { name: string; defaultValue?: string };
  environment?: { name: string; defaultValue?: string };
}

export interface TracingManifest {
  providers?: { name: string }[];
  randomSamplingPercentage?: number;
  disableSpanReporting?: boolean;
  customTags?: { [name: string]: CustomTagManifest };
}

export interface AccessLoggingManifest {
  providers: { name: string }[];
  disabled?: boolean;
  filter?: { expression: string };
}

export interface TagOverrideManifest {
  operation: 'UPSERT' | 'REMOVE';
  value?: string;
}

export interface MetricOverrideManifest {
  match: { metric: string; mode?: 'SERVER' };
  disabled?: boolean;
  tagOverrides?: { [name: string]: TagOverrideManifest };
}

export interface MetricsManifest {
  overrides: MetricOverrideManifest[];
}

/** @see https://istio.io/latest/docs/reference/config/telemetry/ */
export interface TelemetrySpec {
  selector?: { matchLabels: { [key: string]: string } };
  tracing?: TracingManifest[];
  accessLogging?: AccessLoggingManifest[];
  metrics?: MetricsManifest[];
}

export function telemetry(scope: Construct, id: string, head: Head, spec: TelemetrySpec | (() => TelemetrySpec)): ApiObject {
  return emit(scope, id, 'telemetry.istio.io/v1', 'Telemetry', head, spec);
}

/**
 * Where proxies send what they see: an entry of the installation, not an object.
 *
 * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider
 */
export interface ExtensionProviderManifest {
  name: string;
  opentelemetry?: { service: string; port: number; http?: { path: string; timeout: string } };
  zipkin?: { service: string; port: number; path?: string; traceContextOption?: string };
  envoyOtelAls?: { service: string; port: number };
  envoyFileAccessLog?: { path: string; logFormat?: { labels: {} } };
}
