import * as fs from 'node:fs';
import * as path from 'node:path';
import { addKinds, Receiver } from './definitions';
import { run } from '../machine/process';

/** The CRDs of operators, each a file of the operator's Go module at the version that is pinned here. */
const FILES: [module: string, file: string][] = [
  ['github.com/kedacore/keda/v2@v2.21.0', 'config/crd/bases/keda.sh_scaledobjects.yaml'],
  ['github.com/external-secrets/external-secrets@v1.3.2', 'config/crds/bases/external-secrets.io_externalsecrets.yaml'],
  ['github.com/cert-manager/cert-manager@v1.21.2', 'deploy/crds/cert-manager.io_certificates.yaml'],
  ['github.com/cilium/cilium@v1.20.2', 'pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml'],
  ['github.com/fluxcd/flagger@v1.36.1', 'artifacts/flagger/crd.yaml'],
  ...['rollout', 'analysis-template', 'cluster-analysis-template', 'analysis-run', 'experiment'].map((kind): [string, string] => [
    'github.com/argoproj/argo-rollouts@v1.10.1', `manifests/crds/${kind}-crd.yaml`,
  ]),
  ...['prometheusrules', 'podmonitors'].map((kind): [string, string] => [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0', `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`,
  ]),
];

export const OPERATORS = [...new Set(FILES.map(([module]) => module))];

/** Fetches the modules that Go's cache does not have: before the sandbox, which has no network. */
export async function provideModules(): Promise<void> {
  const cache = await moduleCache();
  const missing = OPERATORS.filter((module) => !fs.existsSync(path.join(cache, module)));
  if (missing.length > 0) await run(['go', 'mod', 'download', ...missing]);
}

/** Adds the kinds of KEDA, External Secrets, cert-manager, Cilium, Flagger, Argo Rollouts and the Prometheus operator to a cluster, or of one of them. */
export async function installOperatorKinds(cluster: Receiver, operator = ''): Promise<void> {
  const cache = await moduleCache();
  for (const [module, file] of FILES.filter(([name]) => name.includes(operator))) await addKinds(cluster, fs.readFileSync(path.join(cache, module, file), 'utf8'));
}

async function moduleCache(): Promise<string> {
  return (await run(['go', 'env', 'GOMODCACHE'])).trim();
}
