import { plain } from './escape-hatch';
import { templateOf } from './pod-completion';
import { mergedMetrics } from './written-metrics';
import { probers, rewriteProbes } from './written-probes';
import { PROXY, proxyContainer, proxyVolumes, VALIDATION, validationContainer } from './written-proxy-containers';
import { contextOf, excludedInbound, ProxyContext, ProxySurroundings, revisionOf } from './written-proxy-context';

/**
 * Writes into a controller's pods what Istio's injector would add to them with the Istio CNI installed: it reads the same annotations, so whatever
 * has an effect on an injected pod has it here. As there, it is the last that is done to the pod: what the user has added or patched is known.
 *
 * Upstream: istio/istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml, and what
 * pkg/kube/inject/webhook.go does to its result (postProcessPod).
 *
 * @returns another object: the given one is as it was.
 */
export function withProxy(controller: any, surroundings: ProxySurroundings): any {
  const { writtenProxy } = surroundings;
  if (!writtenProxy) {
    return controller;
  }
  const result = plain(controller);
  const template = templateOf(result);
  const { spec } = template;
  const context = contextOf(result, template, surroundings, writtenProxy);
  const metrics = mergedMetrics(context.annotations);
  const proxy = proxyContainer(context, [...metrics.variables, ...probers(spec)]);
  rewriteProbes(spec);
  addContainers(spec, context, proxy);
  const volumes = proxyVolumes(context);
  spec.volumes = [...volumes, ...spec.volumes ?? []];
  template.metadata.labels = {
    'security.istio.io/tlsMode': 'istio',
    ...template.metadata.labels,
    ...(writtenProxy.network === undefined ? {} : { 'topology.istio.io/network': writtenProxy.network }),
  };
  const [{ name: first }] = context.containers;
  template.metadata.annotations = {
    'kubectl.kubernetes.io/default-container': first,
    'kubectl.kubernetes.io/default-logs-container': first,
    ...captureAnnotations(metrics.annotations),
    'istio.io/rev': revisionOf(surroundings),
    // The CNI plugin leaves a pod without it alone; an injector that comes after all takes out what it names, and writes its own
    'sidecar.istio.io/status': JSON.stringify({
      initContainers: context.native ? [VALIDATION, PROXY] : [VALIDATION],
      containers: context.native ? null : [PROXY],
      volumes: volumes.map(({ name }) => name),
      imagePullSecrets: null,
      revision: revisionOf(surroundings),
    }),
  };
  return plain(result);
}

/** What the CNI plugin reads (istio/istio cni/pkg/plugin/sidecar_redirect.go). */
function captureAnnotations(annotations: { readonly [key: string]: string }): { [key: string]: string } {
  return {
    'sidecar.istio.io/interceptionMode': 'REDIRECT',
    'traffic.sidecar.istio.io/includeOutboundIPRanges': '*',
    'traffic.sidecar.istio.io/includeInboundPorts': '*',
    ...annotations,
    'traffic.sidecar.istio.io/excludeInboundPorts': excludedInbound(annotations),
  };
}

/**
 * A proxy that stays is the first that starts, so that what comes after it has a network. Any other one holds the program back, and what comes
 * before that has none.
 */
function addContainers(spec: any, context: ProxyContext, proxy: any): void {
  const validation = validationContainer(context);
  const before = spec.initContainers ?? [];
  spec.initContainers = context.native ? [validation, proxy, ...before] : [validation, ...before];
  if (!context.native) {
    spec.containers = context.config.holdApplicationUntilProxyStarts ? [proxy, ...context.containers] : [...context.containers, proxy];
  }
}
