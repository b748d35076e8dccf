import { proxyMetadata } from './proxy';
import { ProxyOptions } from './proxy-options';

/** What the pods of the mesh have in common. */
export interface Injection {
  /** The revision whose proxy they get; without it the default one. */
  readonly revision?: string;
  /** Whether the cluster runs init containers that stay: Kubernetes 1.29 and later. */
  readonly nativeSidecars: boolean;
  /** Present where there is no injector: then it must not be asked. */
  readonly writtenProxy?: object;
}

/** What a pod's proxy has to do or to have because of what the pod calls, and of how it is called. */
export interface ProxyNeeds {
  /** Whether it answers the program's questions for names. */
  readonly dnsCapture: boolean;
  /** How long it keeps a quiet connection that is not HTTP; without it an hour. */
  readonly idleTimeout?: string;
  /** Sources of a projected volume, for the proxy alone. */
  readonly files: { readonly mountPath: string; readonly sources: object[] };
}

export const PROXY_CONFIG = 'proxy.istio.io/config';
const DNS_CAPTURE = 'ISTIO_META_DNS_CAPTURE';
const IDLE_TIMEOUT = 'ISTIO_META_IDLE_TIMEOUT';
export const PROXY_VOLUME = 'cdk8s-mesh';
export const PROXY_VOLUMES = 'sidecar.istio.io/userVolume';
export const PROXY_MOUNTS = 'sidecar.istio.io/userVolumeMount';

/**
 * What makes the injector give a pod its proxy wherever it lands: in a namespace that says nothing, or the same. And how the two start and end together.
 *
 * Upstream: istio/istio manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml (the labels), and
 * files/injection-template.yaml: a native sidecar starts before the program and ends after it, whatever istiod's
 * own setting (`sidecar.istio.io/nativeSidecar` takes precedence, pkg/kube/inject/inject.go). Any other gets SIGTERM with
 * the program and leaves after `terminationDrainDuration`, 5 seconds by default: then it has to stay as long as the
 * program may (pkg/envoy/agent.go, terminate). What `proxyMetadata` says is added to the mesh's own (pkg/config/mesh/mesh.go,
 * MergeProxyConfig), and read from the proxy's environment by what sets up the capture (cni/pkg/plugin/sidecar_redirect.go;
 * tools/istio-iptables/pkg/cmd/root.go without the CNI).
 */
export function injectionOf(
  { revision, nativeSidecars, writtenProxy }: Injection, gracePeriodSeconds: number, needs: ProxyNeeds, proxy?: ProxyOptions,
): PodMetadata {
  const { annotations, config } = proxyMetadata(proxy);
  const { files } = needs;
  const variables = proxyVariables(needs);
  const configured = {
    ...config,
    ...(nativeSidecars ? {} : { holdApplicationUntilProxyStarts: true, terminationDrainDuration: `${gracePeriodSeconds}s` }),
    ...(Object.keys(variables).length > 0 ? { proxyMetadata: variables } : {}),
  };
  return {
    labels: writtenProxy ? {} : { 'sidecar.istio.io/inject': 'true', ...(revision === undefined ? {} : { 'istio.io/rev': revision }) },
    annotations: {
      'sidecar.istio.io/nativeSidecar': String(nativeSidecars),
      ...(Object.keys(configured).length > 0 ? { [PROXY_CONFIG]: JSON.stringify(configured) } : {}),
      ...(files.sources.length > 0 ? {
        [PROXY_VOLUMES]: JSON.stringify({ [PROXY_VOLUME]: { projected: { sources: files.sources } } }),
        [PROXY_MOUNTS]: JSON.stringify({ [PROXY_VOLUME]: { mountPath: files.mountPath, readOnly: true } }),
      } : {}),
      ...annotations,
    },
  };
}

/** By which a proxy is told what to do. */
export function proxyVariables({ dnsCapture, idleTimeout }: ProxyNeeds): { [name: string]: string } {
  return { ...(dnsCapture ? { [DNS_CAPTURE]: 'true' } : {}), ...(idleTimeout === undefined ? {} : { [IDLE_TIMEOUT]: idleTimeout }) };
}

export interface PodMetadata {
  readonly labels: { [key: string]: string };
  readonly annotations: { [key: string]: string };
}
