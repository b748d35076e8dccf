import { PROXY_CONFIG, PROXY_MOUNTS, PROXY_VOLUMES } from './injection';
import { PROXY_ANNOTATIONS } from './proxy';

/** What the pods of the mesh are given in place of what an injector would add. */
export interface WrittenProxy {
  readonly image: string;
  readonly clusterName: string;
  readonly network?: string;
  /** The installation's `meshConfig.defaultConfig`. */
  readonly proxyConfig: { readonly [field: string]: any };
}

/** Where it belongs to. */
export interface ProxySurroundings {
  readonly trustDomain: string;
  readonly clusterDomain: string;
  readonly istioNamespace: string;
  readonly revision?: string;
  readonly writtenProxy?: WrittenProxy;
}

/** What one pod's proxy is written from. */
export interface ProxyContext extends ProxySurroundings {
  readonly writtenProxy: WrittenProxy;
  readonly annotations: { readonly [key: string]: string };
  /** `ProxyConfig` of the pod: the installation's, and what the pod's annotation says. */
  readonly config: any;
  readonly native: boolean;
  readonly controlPlane: string;
  readonly owner: { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly namespace: string };
  /** The program's containers, and those beside it. */
  readonly containers: any[];
}

/**
 * The annotations of a pod that are read here, or by the proxy itself from the pod. Any other one of Istio's would have to do something that is
 * not done here.
 */
export const READ_ANNOTATIONS = [
  PROXY_CONFIG, PROXY_VOLUMES, PROXY_MOUNTS, ...Object.values(PROXY_ANNOTATIONS.requests), ...Object.values(PROXY_ANNOTATIONS.limits),
  'sidecar.istio.io/nativeSidecar', 'sidecar.istio.io/logLevel', 'sidecar.istio.io/componentLogLevel', 'sidecar.istio.io/agentLogLevel',
  'sidecar.istio.io/statsHistogramBuckets', 'sidecar.istio.io/extraStatTags', 'sidecar.istio.io/statsInclusionPrefixes',
  'sidecar.istio.io/statsInclusionSuffixes', 'sidecar.istio.io/statsInclusionRegexps', 'prometheus.istio.io/merge-metrics',
  'traffic.sidecar.istio.io/includeInboundPorts', 'traffic.sidecar.istio.io/excludeInboundPorts', 'traffic.sidecar.istio.io/includeOutboundPorts',
  'traffic.sidecar.istio.io/excludeOutboundPorts', 'traffic.sidecar.istio.io/includeOutboundIPRanges', 'traffic.sidecar.istio.io/excludeOutboundIPRanges',
];

/** What one pod's proxy is written from. */
export function contextOf(controller: any, template: any, surroundings: ProxySurroundings, writtenProxy: WrittenProxy): ProxyContext {
  const { apiVersion, kind, metadata: { name, namespace } } = controller;
  const annotations = template.metadata.annotations ?? {};
  return {
    ...surroundings,
    writtenProxy,
    annotations,
    config: podConfig(surroundings, writtenProxy.proxyConfig, annotations),
    native: annotations['sidecar.istio.io/nativeSidecar'] !== 'false',
    controlPlane: controlPlaneOf(surroundings),
    owner: { apiVersion, kind, name, namespace },
    containers: template.spec.containers,
  };
}

/** What the injector makes of the port that probes and metrics are asked on. */
export function excludedInbound(annotations: { readonly [key: string]: string }): string {
  const given = (annotations['traffic.sidecar.istio.io/excludeInboundPorts'] ?? '').split(',').map(port => port.trim()).filter(port => port !== '');
  return [...given, ...(given.includes('15020') ? [] : ['15020'])].join(',');
}

/** What the annotation says, as the proxy reads it; nothing where it is no JSON, which is refused. */
export function annotatedConfig(annotations: { readonly [key: string]: string }): any {
  try {
    const config = JSON.parse(annotations[PROXY_CONFIG] ?? '{}');
    return typeof config === 'object' && config !== null && !Array.isArray(config) ? config : undefined;
  } catch {
    return undefined;
  }
}

/** Upstream: istio/istio pkg/config/mesh/mesh.go, MergeProxyConfig: the later one counts, but variables and headers are added. */
function podConfig(surroundings: ProxySurroundings, installation: any, annotations: { readonly [key: string]: string }): any {
  const own = annotatedConfig(annotations) ?? {};
  const both = (field: string) => own[field] && installation[field] ? { [field]: { ...installation[field], ...own[field] } } : {};
  const discoveryAddress = controlPlaneOf(surroundings);
  return {
    ...(discoveryAddress === 'istiod.istio-system.svc:15012' ? {} : { discoveryAddress }),
    ...installation,
    ...own,
    ...both('proxyMetadata'),
    ...both('proxyHeaders'),
  };
}

/** The Service of istiod (istio/istio manifests/charts/istio-control/istio-discovery/templates/service.yaml). */
function controlPlaneOf({ istioNamespace, revision = 'default' }: ProxySurroundings): string {
  return `istiod${revision === 'default' ? '' : `-${revision}`}.${istioNamespace}.svc:15012`;
}

/** As the injector names it. */
export function revisionOf({ revision = 'default' }: ProxySurroundings): string {
  return revision;
}
