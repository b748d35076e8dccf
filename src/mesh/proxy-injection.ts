import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkSet } from '../diagnostics/checks';
import { MeshError } from '../diagnostics/mesh-error';
import { Site } from '../diagnostics/site';
import { checkImage } from '../workload/check-image';
import { configProblems } from '../workload/written-proxy-checks';
import { WrittenProxy } from '../workload/written-proxy-context';

/**
 * Options for `ProxyInjection.written`.
 */
export interface WrittenProxyOptions {
  /**
   * The image of the proxy, with a tag or a digest: that of istiod's own version, which is 1.31. It also checks that the CNI plugin has captured the pod.
   */
  readonly image: string;

  /**
   * The name of the cluster within the mesh.
   *
   * Istio: `global.multiCluster.clusterName`, in the proxy's `ISTIO_META_CLUSTER_ID`.
   *
   * @default - Kubernetes, as in an installation for one cluster
   */
  readonly clusterName?: string;

  /**
   * The network that the pods are in, in a mesh of several.
   *
   * Istio: `global.network`, in the proxy's `ISTIO_META_NETWORK` and the pod's label `topology.istio.io/network`.
   *
   * @default - none
   */
  readonly network?: string;

  /**
   * The installation's `meshConfig.defaultConfig`, as it stands there: nobody else tells it to a written proxy. `proxy` of a service counts
   * above it. `interceptionMode`, `statusPort`, `image` and `discoveryAddress` are refused, and of `proxyMetadata` `ISTIO_META_ENABLE_HBONE`,
   * `IPTABLES_TRACE_LOGGING` and what a proxy's container has in any case.
   *
   * Istio: `ProxyConfig`, in the proxy's `PROXY_CONFIG`.
   *
   * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig
   *
   * @default - Istio's defaults
   */
  readonly proxyConfig?: { [field: string]: any };
}

/**
 * Who gives the pods of the mesh their proxy.
 *
 * @see https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/
 */
@checked
export class ProxyInjection {
  /**
   * Istio's injector, a mutating webhook: an upgrade of istiod brings its proxies with the pods' next start.
   *
   * @example
   * new Mesh(app, 'mesh', { proxyInjection: ProxyInjection.webhook() });
   */
  public static webhook(): ProxyInjection {
    return new ProxyInjection();
  }

  /**
   * This library, for clusters that allow no mutating webhook: every pod of a `MeshService`, of every version, of a `MeshJob` and a `MeshCronJob`
   * is written with what the injector of Istio 1.31 adds, as it is installed by default: the containers `istio-proxy` and `istio-validation`, their
   * volumes, labels and annotations, and probes that are asked through the proxy's agent. A new proxy is a new image here, and a commit.
   *
   * Istio has to be installed with its CNI plugin: `istio-init`, which does without, needs NET_ADMIN, and Pod Security refuses it. The pods bear no
   * label `sidecar.istio.io/inject`: with `false` the CNI plugin would leave them alone, and they would not start. A `ZeroTrustNamespace` says
   * nothing of injection; in a namespace that asks for it, a webhook that is there after all puts its own proxy in the place of
   * this one. What is not written: OpenShift's users, a certificate authority other than istiod, `OTEL_RESOURCE_ATTRIBUTES`.
   *
   * Throws `MissingImage`, `InvalidImage`, `UnpinnedImage`, `InvalidName` and `InvalidProxy` when the Mesh is made, and at synth `InvalidProxy`
   * for an annotation of a pod that only the injector reads.
   *
   * Upstream: istio/istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml.
   *
   * @see https://istio.io/latest/docs/setup/additional-setup/cni/
   *
   * @param options the proxy's image, and what the injector knows of the installation.
   *
   * @example
   * new Mesh(app, 'mesh', { proxyInjection: ProxyInjection.written({ image: 'docker.io/istio/proxyv2:1.31.0' }) });
   */
  public static written(options: WrittenProxyOptions): ProxyInjection {
    return new ProxyInjection(options);
  }

  private constructor(private readonly options?: WrittenProxyOptions) {}

  /** @internal */
  public _toSettings(site: Site): WrittenProxy | undefined {
    if (!this.options) {
      return undefined;
    }
    const { image, clusterName = 'Kubernetes', network, proxyConfig = {} } = this.options;
    checkImage(site.in('image'), image);
    const [, minor] = /:1\.(\d+)([.-][^/]*)?$/.exec(image) ?? [];
    if (minor !== undefined && minor !== '31') {
      site.in('image').fail('InvalidProxy', 'must be of Istio 1.31, whose pod is written here', image, 'Take the proxy of 1.31 with an istiod of 1.31, or let the webhook inject its own.');
    }
    checkSet(site.in('clusterName'), clusterName);
    if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(clusterName)) {
      site.in('clusterName').fail('InvalidName', 'must be the name of a cluster', clusterName, 'Write it as istiod has it: cluster1, or leave it out for Kubernetes.');
    }
    if (network !== undefined) {
      checkDnsLabel(site.in('network'), network);
    }
    MeshError.throwIfAny(configProblems(site.in('proxyConfig'), proxyConfig));
    return { image, clusterName, network, proxyConfig };
  }
}
