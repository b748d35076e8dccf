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
    context: 'SIDECAR_INBOUND' | 'GATEWAY';
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

/**
 * The analyzer has a warning for every EnvoyFilter, whatever is in it: IST0133, that it may be another one with the next version.
 *
 * Upstream: istio/istio pkg/config/validation/envoyfilter/envoyfilter.go.
 */
const WARNED_OF = { 'galley.istio.io/analyze-suppress': 'IST0133' };

export function envoyFilter(scope: Construct, id: string, head: Head, spec: () => EnvoyFilterSpec): ApiObject {
  return emit(scope, id, 'networking.istio.io/v1alpha3', 'EnvoyFilter', { ...head, annotations: { ...WARNED_OF, ...head.annotations } }, spec);
}

/** @see https://istio.io/latest/docs/reference/config/proxy_extensions/traffic_extension/#TrafficSelector */
export interface TrafficSelectorManifest {
  mode: 'CLIENT' | 'SERVER';
  ports?: { number: number }[];
}

/** @see https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/ */
export interface WasmManifest {
  url: string;
  sha256?: string;
  imagePullSecret?: string;
  pluginName?: string;
  pluginConfig?: { [field: string]: unknown };
  failStrategy: 'FAIL_CLOSE' | 'FAIL_OPEN' | 'FAIL_RELOAD';
  vmConfig?: { env: { name: string; value: string }[] };
}

/** @see https://istio.io/latest/docs/reference/config/proxy_extensions/traffic_extension/ */
export interface TrafficExtensionSpec {
  selector: { matchLabels: { [key: string]: string } };
  phase?: string;
  priority?: number;
  match?: TrafficSelectorManifest[];
  wasm?: WasmManifest;
  lua?: { inlineCode: string };
}

export function trafficExtension(scope: Construct, id: string, head: Head, spec: () => TrafficExtensionSpec): ApiObject {
  return emit(scope, id, 'extensions.istio.io/v1alpha1', 'TrafficExtension', head, spec);
}
