import { PROXY_VOLUME, ProxyNeeds } from './injection';
import { PodIdentity } from './labels';
import { ephemeralStorage, FullResources } from './resources';
import { spreadOver } from './scheduling';

/** The template of Istio's that makes a gateway of a container: it must have this name, and this image. */
const PROXY = { name: 'istio-proxy', image: 'auto' };

/**
 * A pod that is told to go takes what still comes for 15 seconds, in which load balancers notice, and goes when nothing is under way any more: at the
 * latest when its grace period ends. By itself the agent ends the proxy after five seconds, whatever is under way.
 *
 * Upstream: istio/istio pkg/envoy/agent.go, terminate.
 */
const DRAIN = { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: '15s' };

export interface GatewayPods {
  readonly identity: PodIdentity;
  readonly labels: { [key: string]: string };
  readonly serviceAccount: string;
  readonly revision?: string;
  readonly ports: number[];
  readonly resources: FullResources;
  /** Of a projected volume, for what it has to know of those outside. */
  readonly files?: ProxyNeeds['files'];
  /** How many entries of X-Forwarded-For are believed. */
  readonly trustedProxies?: number;
  /** Without it, an autoscaler says how many. */
  readonly replicas?: number;
}

/**
 * A Deployment whose pods Istio's injector completes: proxies that nothing is captured for, hardened as the pods of services are. They listen on ports
 * above 1023, so that no kernel's setting is needed, whatever the injector's template sets.
 *
 * The agent needs a token of istiod's audience alone, which the template mounts: none of the Kubernetes API.
 *
 * Upstream: istio/istio manifests/charts/gateway/templates/deployment.yaml, and
 * manifests/charts/istio-control/istio-discovery/files/gateway-injection-template.yaml.
 */
export function gatewayDeploymentSpec(pods: GatewayPods): any {
  const { identity, labels, serviceAccount, revision, ports, resources, files, trustedProxies, replicas } = pods;
  const { cpu, memory } = resources;
  const mounted = files !== undefined && files.sources.length > 0;
  const storage = ephemeralStorage(resources);
  return {
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: identity.selector },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: {
        labels: { 'sidecar.istio.io/inject': 'true', ...(revision === undefined ? {} : { 'istio.io/rev': revision }), ...labels },
        annotations: {
          'inject.istio.io/templates': 'gateway',
          'proxy.istio.io/config': JSON.stringify({
            ...(trustedProxies !== undefined && { gatewayTopology: { numTrustedProxies: trustedProxies } }),
            proxyMetadata: DRAIN,
          }),
        },
      },
      spec: {
        serviceAccountName: serviceAccount,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 75,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        topologySpreadConstraints: spreadOver(identity.selector),
        ...(mounted ? { volumes: [{ name: PROXY_VOLUME, projected: { sources: files.sources } }] } : {}),
        containers: [{
          ...PROXY,
          ports: ports.map(containerPort => ({ containerPort, protocol: 'TCP' })),
          ...(mounted ? { volumeMounts: [{ name: PROXY_VOLUME, mountPath: files.mountPath, readOnly: true }] } : {}),
          resources: {
            requests: { cpu: cpu.request.amount, memory: memory.request.asString(), ...storage.requests },
            limits: { cpu: cpu.limit.amount, memory: memory.limit.asString(), ...storage.limits },
          },
          securityContext: {
            allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, privileged: false, readOnlyRootFilesystem: true, runAsNonRoot: true,
          },
        }],
      },
    },
  };
}
