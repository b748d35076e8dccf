import { PROXY_MOUNTS, PROXY_VOLUMES } from './injection';
import { PROXY_ANNOTATIONS } from './proxy';
import { PROXY_RESOURCES } from './resources';
import { excludedInbound, ProxyContext } from './written-proxy-context';

export const PROXY = 'istio-proxy';
export const VALIDATION = 'istio-validation';

type Variable = { name: string; value: string } | { name: string; valueFrom: any };

/** Checks that the CNI plugin has set up the capture, and ends the pod's start if not: no program ever runs beside its proxy unseen. */
export function validationContainer({ writtenProxy: { image }, annotations, config }: ProxyContext): any {
  const traffic = (name: string) => annotations[`traffic.sidecar.istio.io/${name}`];
  const given = (flag: string, name: string) => traffic(name) === undefined ? [] : [flag, traffic(name)];
  return {
    name: VALIDATION,
    image,
    args: [
      'istio-iptables', '-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT',
      '-i', traffic('includeOutboundIPRanges') ?? '*', '-x', traffic('excludeOutboundIPRanges') ?? '',
      '-b', traffic('includeInboundPorts') ?? '*', '-d', `15090,15021,${excludedInbound(annotations)}`,
      ...given('-q', 'includeOutboundPorts'), ...given('-o', 'excludeOutboundPorts'),
      agentLogLevel(annotations), '--run-validation', '--skip-rule-apply',
    ],
    ...(config.proxyMetadata ? { env: metadataVariables(config) } : {}),
    resources: resourcesOf(annotations),
    securityContext: SECURITY_CONTEXT,
  };
}

/**
 * @param more variables that come of the pod as a whole.
 */
export function proxyContainer(context: ProxyContext, more: Variable[]): any {
  const { annotations, config, native, clusterDomain, writtenProxy: { image } } = context;
  return {
    name: PROXY,
    image,
    ...(native ? { restartPolicy: 'Always' } : {}),
    ports: [{ containerPort: 15090, protocol: 'TCP', name: 'http-envoy-prom' }],
    args: [
      'proxy', 'sidecar', '--domain', `$(POD_NAMESPACE).svc.${clusterDomain}`,
      `--proxyLogLevel=${annotations['sidecar.istio.io/logLevel'] ?? 'warning'}`,
      `--proxyComponentLogLevel=${annotations['sidecar.istio.io/componentLogLevel'] ?? 'misc:error'}`,
      agentLogLevel(annotations),
    ],
    ...lifecycleOf(native, config.holdApplicationUntilProxyStarts === true),
    env: [...variablesOf(context), ...more],
    startupProbe: { ...READY, initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 600 },
    readinessProbe: { ...READY, initialDelaySeconds: 0, periodSeconds: 15, timeoutSeconds: 3, failureThreshold: 4 },
    securityContext: SECURITY_CONTEXT,
    resources: resourcesOf(annotations),
    volumeMounts: [
      ...MOUNTS,
      ...Object.entries(parsed(annotations[PROXY_MOUNTS])).map(([name, mount]) => ({ name, ...mount })),
    ],
  };
}

export function proxyVolumes({ annotations }: ProxyContext): any[] {
  return [
    ...VOLUMES.map(({ name, source }) => ({ name, ...source })),
    ...Object.entries(parsed(annotations[PROXY_VOLUMES])).map(([name, source]) => ({ name, ...source })),
  ];
}

const SECURITY_CONTEXT = {
  allowPrivilegeEscalation: false,
  privileged: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 1337,
  runAsGroup: 1337,
};

const READY = { httpGet: { path: '/healthz/ready', port: 15021 } };

const VOLUMES: { name: string; source: any }[] = [
  { name: 'workload-socket', source: { emptyDir: {} } },
  { name: 'credential-socket', source: { emptyDir: {} } },
  { name: 'workload-certs', source: { emptyDir: {} } },
  { name: 'istio-envoy', source: { emptyDir: { medium: 'Memory' } } },
  { name: 'istio-data', source: { emptyDir: {} } },
  {
    name: 'istio-podinfo',
    source: { downwardAPI: { items: ['labels', 'annotations'].map(path => ({ path, fieldRef: { fieldPath: `metadata.${path}` } })) } },
  },
  {
    name: 'istio-token',
    source: { projected: { sources: [{ serviceAccountToken: { path: 'istio-token', expirationSeconds: 43200, audience: 'istio-ca' } }] } },
  },
  { name: 'istiod-ca-cert', source: { configMap: { name: 'istio-ca-root-cert' } } },
  { name: 'istio-ca-crl', source: { configMap: { name: 'istio-ca-crl', optional: true } } },
];

const MOUNTS = [
  { name: 'workload-socket', mountPath: '/var/run/secrets/workload-spiffe-uds' },
  { name: 'credential-socket', mountPath: '/var/run/secrets/credential-uds' },
  { name: 'workload-certs', mountPath: '/var/run/secrets/workload-spiffe-credentials' },
  { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' },
  { name: 'istio-ca-crl', mountPath: '/var/run/secrets/istio/crl' },
  { name: 'istio-data', mountPath: '/var/lib/istio/data' },
  { name: 'istio-envoy', mountPath: '/etc/istio/proxy' },
  { name: 'istio-token', mountPath: '/var/run/secrets/tokens' },
  { name: 'istio-podinfo', mountPath: '/etc/istio/pod' },
];

/** Those that a volume of the user's must not bear. */
export const PROXY_VOLUME_NAMES = VOLUMES.map(({ name }) => name);

/** A native sidecar begins to drain with the program's own end, and gets SIGTERM after it; any other keeps the program until it is ready. */
function lifecycleOf(native: boolean, holds: boolean): any {
  if (native) {
    return { lifecycle: { preStop: { exec: { command: ['pilot-agent', 'request', '--debug-port=15020', 'POST', 'drain'] } } } };
  }
  return holds ? { lifecycle: { postStart: { exec: { command: ['pilot-agent', 'wait'] } } } } : {};
}

function variablesOf({ writtenProxy, controlPlane, config, containers, owner, trustDomain }: ProxyContext): Variable[] {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const limit = (name: string, resource: string) => ({ name, valueFrom: { resourceFieldRef: { resource, divisor: '1' } } });
  const ports = containers.flatMap(({ ports: own = [] }) => own.map((port: any) => ({ protocol: 'TCP', ...port })));
  return [
    { name: 'PILOT_CERT_PROVIDER', value: 'istiod' },
    { name: 'CA_ADDR', value: controlPlane },
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('INSTANCE_IP', 'status.podIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    field('HOST_IP', 'status.hostIP'),
    limit('ISTIO_CPU_LIMIT', 'limits.cpu'),
    { name: 'PROXY_CONFIG', value: JSON.stringify(config) },
    { name: 'ISTIO_META_POD_PORTS', value: JSON.stringify(ports) },
    { name: 'ISTIO_META_APP_CONTAINERS', value: containers.map(({ name }) => name).join(',') },
    limit('GOMEMLIMIT', 'limits.memory'),
    limit('GOMAXPROCS', 'limits.cpu'),
    { name: 'ISTIO_META_CLUSTER_ID', value: writtenProxy.clusterName },
    field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    { name: 'ISTIO_META_INTERCEPTION_MODE', value: 'REDIRECT' },
    ...(writtenProxy.network === undefined ? [] : [{ name: 'ISTIO_META_NETWORK', value: writtenProxy.network }]),
    { name: 'ISTIO_META_WORKLOAD_NAME', value: owner.name },
    { name: 'ISTIO_META_OWNER', value: `kubernetes://apis/${owner.apiVersion}/namespaces/${owner.namespace}/${owner.kind.toLowerCase()}s/${owner.name}` },
    { name: 'ISTIO_META_MESH_ID', value: config.meshId ?? trustDomain },
    { name: 'TRUST_DOMAIN', value: trustDomain },
    ...metadataVariables(config),
  ];
}

function metadataVariables({ proxyMetadata = {} }: any): Variable[] {
  return Object.entries(proxyMetadata).sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => ({ name, value: String(value) }));
}

function agentLogLevel(annotations: { readonly [key: string]: string }): string {
  return `--log_output_level=${annotations['sidecar.istio.io/agentLogLevel'] ?? 'default:info'}`;
}

/** All or none, as the injector: with one of the annotations the installation's own are gone. */
function resourcesOf(annotations: { readonly [key: string]: string }): any {
  const { cpu, memory } = PROXY_RESOURCES;
  const given = (names: { cpu: string; memory: string }) => Object.fromEntries(
    (['cpu', 'memory'] as const).filter(resource => names[resource] in annotations).map(resource => [resource, annotations[names[resource]]]));
  const requests = given(PROXY_ANNOTATIONS.requests);
  const limits = given(PROXY_ANNOTATIONS.limits);
  if (Object.keys(requests).length + Object.keys(limits).length > 0) {
    return { requests, limits };
  }
  return {
    requests: { cpu: cpu.request.amount, memory: memory.request.asString() },
    limits: { cpu: cpu.limit.amount, memory: memory.limit.asString() },
  };
}

function parsed(json: string | undefined): { [name: string]: any } {
  try {
    return JSON.parse(json ?? '{}');
  } catch {
    return {}; // Refused
  }
}
