import { ADDRESSES } from './pod-network';
import { applyAll, expectApplied } from '../api/apply';
import { Api } from '../api/client';
import { KUBERNETES_VERSION } from '../programs/programs';

export const NODE_NAME = 'node';

/** Marks the pods that the pod runner leaves alone. */
export const STATIC_POD = 'cdk8s-mesh/static-pod';

/** Without a Node object the EndpointSlice controller skips the pods, and the pod garbage collector deletes them. */
export async function registerNode(api: Api): Promise<void> {
  await api.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE_NAME, labels: { 'kubernetes.io/hostname': NODE_NAME, 'topology.kubernetes.io/zone': 'zone-a', 'topology.kubernetes.io/region': 'region-a' } },
  });
  // Admission marks a new node as not ready, which keeps a DaemonSet's pods out until a node controller takes the mark away
  await api.mergePatch(`/api/v1/nodes/${NODE_NAME}`, { spec: { taints: [] } });
  await api.mergePatch(`/api/v1/nodes/${NODE_NAME}/status`, {
    status: {
      addresses: [{ type: 'InternalIP', address: ADDRESSES.node }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'Cluster', lastHeartbeatTime: new Date().toISOString(), lastTransitionTime: new Date().toISOString() }],
      // Of the kubelet's version the injector tells whether it knows native sidecars (istio: pkg/kube/inject/webhook.go)
      nodeInfo: {
        kubeletVersion: KUBERNETES_VERSION,
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: '',
        kernelVersion: '',
        containerRuntimeVersion: '',
        kubeProxyVersion: '',
        machineID: '',
        systemUUID: '',
        bootID: '',
      },
      capacity: { cpu: '64', memory: '256Gi', pods: '1000' },
      allocatable: { cpu: '64', memory: '256Gi', pods: '1000' },
    },
  });
}

/**
 * A Pod object for a program that runs outside the pod runner, as a kubelet's static pods have one: its Service gets its
 * endpoint from the real controller, and NetworkPolicies that name its labels mean it.
 */
export async function registerStaticPod(api: Api, pod: {
  namespace: string; name: string; labels: Record<string, string>; address: string; ports: { name: string; number: number; protocol?: string }[];
}): Promise<void> {
  const resource = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`;
  expectApplied(await applyAll(api, [{
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.name, namespace: pod.namespace, labels: pod.labels, annotations: { [STATIC_POD]: 'true' } },
    spec: {
      nodeName: NODE_NAME,
      automountServiceAccountToken: false,
      containers: [{
        name: pod.name,
        image: pod.name,
        ports: pod.ports.map((port) => ({ name: port.name, containerPort: port.number, protocol: port.protocol ?? 'TCP' })),
      }],
    },
  }]));
  await api.mergePatch(`${resource}/status`, {
    status: {
      phase: 'Running',
      hostIP: ADDRESSES.node,
      podIP: pod.address,
      podIPs: [{ ip: pod.address }],
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({ type, status: 'True' })),
    },
  });
}
