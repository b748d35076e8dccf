import { proxyMetadata } from './proxy';
import { ProxyOptions } from './proxy-options';

/** What the pods of the mesh have in common. */
export interface Injection {
  /** The revision whose proxy they get; without it the default one. */
  readonly revision?: string;
  /** Whether the cluster runs init containers that stay: Kubernetes 1.29 and later. */
  readonly nativeSidecars: boolean;
}

/**
 * What makes the injector give a pod its proxy wherever it lands: in a namespace that says nothing, or the same. And how the two start and end together.
 *
 * Upstream: istio/istio manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml (the labels), and
 * files/injection-template.yaml: a native sidecar starts before the program and ends after it, whatever istiod's
 * own setting (`sidecar.istio.io/nativeSidecar` takes precedence, pkg/kube/inject/inject.go). Any other gets SIGTERM with
 * the program and leaves after `terminationDrainDuration`, 5 seconds by default: then it has to stay as long as the
 * program may (pkg/envoy/agent.go, terminate).
 */
export function injectionOf({ revision, nativeSidecars }: Injection, gracePeriodSeconds: number, proxy?: ProxyOptions): PodMetadata {
  const { annotations, config } = proxyMetadata(proxy);
  const configured = { ...config, ...(nativeSidecars ? {} : { holdApplicationUntilProxyStarts: true, terminationDrainDuration: `${gracePeriodSeconds}s` }) };
  return {
    labels: { 'sidecar.istio.io/inject': 'true', ...(revision === undefined ? {} : { 'istio.io/rev': revision }) },
    annotations: {
      'sidecar.istio.io/nativeSidecar': String(nativeSidecars),
      ...(Object.keys(configured).length === 0 ? {} : { 'proxy.istio.io/config': JSON.stringify(configured) }),
      ...annotations,
    },
  };
}

export interface PodMetadata {
  readonly labels: { [key: string]: string };
  readonly annotations: { [key: string]: string };
}
