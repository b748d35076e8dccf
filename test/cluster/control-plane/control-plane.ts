import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Api } from '../api/client';
import { Container } from '../machine/container';
import { Daemon, until } from '../machine/process';
import { registerNode } from '../network/node';
import { ADDRESSES, PodNetwork } from '../network/pod-network';

/** The controllers whose work shows in a mesh; the node's are ours (pod-runner.ts), and so is the namespaces' (reset.ts). */
const CONTROLLERS = [
  'deployment-controller', 'replicaset-controller', 'statefulset-controller', 'daemonset-controller', 'job-controller',
  'endpointslice-controller', 'serviceaccount-controller', 'garbage-collector-controller',
  'disruption-controller', 'persistentvolumeclaim-protection-controller', 'root-ca-certificate-publisher-controller',
  'horizontal-pod-autoscaler-controller',
];

export interface ControlPlane {
  readonly api: Api;
  readonly container: Container;
  /** Where the programs find the API server, as a file within the container. */
  readonly kubeconfig: string;
  readonly daemons: Daemon[];
}

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
  await until('the API server', 180_000, async () => {
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
    '--kube-api-qps=500', '--kube-api-burst=1000']);
  await registerNode(api);
  return { api, container, kubeconfig, daemons: [etcd, apiserver, controllerManager] };
}
