import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

/** Envoy's own configuration of an extension: its type, and fields that Istio hands on as they are. */
export interface TypedConfigManifest {
  '@type': string;
  [field: string]: unknown;
}

/**
 * @see https://istio.io/latest/docs/reference/config/networking/envoy-filter/#EnvoyFilter-EnvoyConfigObjectPatch
 */
export interface EnvoyFilterPatchManifest {
  applyTo: 'HTTP_FILTER';
  match: {
    context: 'SIDECAR_INBOUND';
    listener: { portNumber: number; filterChain: { filter: { name: string; subFilter: { name: string } } } };
  };
  patch: { operation: 'INSERT_BEFORE'; value: { name: string; typed_config: TypedConfigManifest } };
}

/** @see https://istio.io/latest/docs/reference/config/networking/envoy-filter/ */
export interface EnvoyFilterSpec {
  workloadSelector: { labels: { [key: string]: string } };
  priority: number;
  configPatches: EnvoyFilterPatchManifest[];
}

export function envoyFilter(scope: Construct, id: string, head: Head, spec: EnvoyFilterSpec | (() => EnvoyFilterSpec)): ApiObject {
  return emit(scope, id, 'networking.istio.io/v1alpha3', 'EnvoyFilter', head, spec);
}
