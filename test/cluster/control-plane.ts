import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Api } from './api';
import { Container } from './container';
import { ADDRESSES, PodNetwork } from './pod-network';
import { Daemon, until } from './process';

/** The controllers whose work shows in a mesh; the node's are ours (pod-runner.ts). */
const CONTROLLERS = [
  'deployment-controller', 'replicaset-controller', 'statefulset-controller', 'daemonset-controller', 'job-controller',
  'endpointslice-controller', 'serviceaccount-controller', 'namespace-controller', 'garbage-collector-controller',
  'disruption-controller', 'persistentvolumeclaim-protection-controller', 'root-ca-certificate-publisher-controller',
];

export interface ControlPlane {
  readonly api: Api;
  readonly container: Container;
  /** Where the programs find the API server, as a file within the container. */
  readonly kubeconfig: string;
  readonly daemons: Daemon[];
}

export const NODE_NAME = 'node';

/** etcd, kube-apiserver and kube-controller-manager, in a network namespace that is no pod's. */
export async function startControlPlane(work: string, network: PodNetwork): Promise<ControlPlane> {
  const folder = path.join(work, 'control-plane');
  await network.add('control-plane', ADDRESSES.controlPlane);
  const container = new Container('control-plane', folder);
  // The API server calls the webhooks by this name.
  container.write('etc/hosts', `127.0.0.1 localhost\n${ADDRESSES.controlPlane} istiod.istio-system.svc\n`);

  const etcd = container.start('etcd', ['etcd', '--unsafe-no-fsync', '--data-dir', `${folder}/etcd`, '--log-level', 'warn',
    '--listen-peer-urls', 'http://127.0.0.1:2380']);

  const token = crypto.randomBytes(16).toString('hex');
  const keys = crypto.generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  container.write('tokens.csv', `${token},admin,admin,system:masters\n`);
  container.write('service-account.key', keys.privateKey);
  container.write('service-account.pub', keys.publicKey);

  const apiserver = container.start('kube-apiserver', ['kube-apiserver',
    '--etcd-servers=http://127.0.0.1:2379',
    `--advertise-address=${ADDRESSES.controlPlane}`,
    `--cert-dir=${folder}/certificates`,
    `--token-auth-file=${folder}/tokens.csv`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${folder}/service-account.pub`,
    `--service-account-signing-key-file=${folder}/service-account.key`,
    `--service-cluster-ip-range=${ADDRESSES.serviceRange}`,
    '--allow-privileged',
    // The shared request limits would throttle hundreds of applications applied one after the other.
    '--enable-priority-and-fairness=false',
    '--v=1']);
  const kubeconfig = `${folder}/kubeconfig`;
  fs.writeFileSync(kubeconfig, JSON.stringify({
    'apiVersion': 'v1',
    'kind': 'Config',
    'current-context': 'cluster',
    'clusters': [{ name: 'cluster', cluster: { 'server': `https://${ADDRESSES.controlPlane}:6443`, 'insecure-skip-tls-verify': true } }],
    'users': [{ name: 'admin', user: { token } }],
    'contexts': [{ name: 'cluster', context: { cluster: 'cluster', user: 'admin' } }],
  }));

  const api = new Api(`https://${ADDRESSES.controlPlane}:6443`, token);
  await until('the API server', 60_000, async () => {
    etcd.check();
    apiserver.check();
    return (await api.get('/readyz')).status === 200;
  });
  const controllerManager = container.start('kube-controller-manager', ['kube-controller-manager',
    `--kubeconfig=${kubeconfig}`,
    `--cert-dir=${folder}/certificates-cm`,
    `--controllers=${CONTROLLERS.join(',')}`,
    `--service-account-private-key-file=${folder}/service-account.key`,
    `--root-ca-file=${folder}/certificates/apiserver.crt`,
    '--leader-elect=false',
    '--kube-api-qps=500', '--kube-api-burst=1000',
    '--concurrent-namespace-syncs=30']);
  await registerNode(api);
  return { api, container, kubeconfig, daemons: [etcd, apiserver, controllerManager] };
}

/** Without a Node object the EndpointSlice controller skips the pods, and the pod garbage collector deletes them. */
async function registerNode(api: Api): Promise<void> {
  await api.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE_NAME, labels: { 'kubernetes.io/hostname': NODE_NAME, 'topology.kubernetes.io/zone': 'zone-a', 'topology.kubernetes.io/region': 'region-a' } },
  });
  await api.mergePatch(`/api/v1/nodes/${NODE_NAME}/status`, {
    status: {
      addresses: [{ type: 'InternalIP', address: ADDRESSES.node }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'Cluster', lastHeartbeatTime: new Date().toISOString(), lastTransitionTime: new Date().toISOString() }],
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
  await api.apply({
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
  });
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

/** Marks the pods that the pod runner leaves alone. */
export const STATIC_POD = 'cdk8s-mesh/static-pod';
