import * as fs from 'node:fs';
import { capturedByPlugin } from './cni';
import { environmentOf, expand } from './environment';
import { provideVolumes } from './volumes';
import { Api, Manifest } from '../api/client';
import { Container } from '../machine/container';
import { Daemon } from '../machine/process';

export const PROXY_UID = 1337;

/** Where Envoy's bootstrap template is within the Istio module. */
const BOOTSTRAP_TEMPLATE = 'tools/packaging/common/envoy_bootstrap.json';

/**
 * Redirects the pod's traffic to its proxy. In an installation with the Istio CNI the injected container only checks
 * that the plugin has done so: do what the plugin does, which goes by the pod and runs the same program as root, and then let the container
 * check it. What the plugin leaves alone does not pass.
 */
export async function intercept(pod: Manifest, spec: Manifest, container: Container): Promise<void> {
  const env: Record<string, string> = Object.fromEntries((spec.env ?? []).map(({ name, value }: Manifest) => [name, value ?? '']));
  if (!spec.args.includes('--run-validation')) {
    await expectSuccess('interception', container.exec(['pilot-agent', ...spec.args], { env }));
    return;
  }
  const capture = capturedByPlugin(pod);
  if (capture) await expectSuccess('interception', container.exec(['pilot-agent', ...capture]));
  await expectSuccess('istio-validation', container.exec(['pilot-agent', ...spec.args], { uid: PROXY_UID, env }));
}

/** Starts the injected proxy: the agent, which fetches the certificate and starts Envoy. */
export async function startProxy(api: Api, pod: Manifest, spec: Manifest, container: Container, address: string, istio: string): Promise<Daemon> {
  fs.mkdirSync(`${container.folder}/lib/istio/envoy`, { recursive: true });
  fs.copyFileSync(`${istio}/${BOOTSTRAP_TEMPLATE}`, `${container.folder}/lib/istio/envoy/envoy_bootstrap_tmpl.json`);
  fs.chmodSync(`${container.folder}/lib/istio/envoy/envoy_bootstrap_tmpl.json`, 0o644); // module files are read-only
  const env = await environmentOf(api, pod, spec, address);
  const mounts = await provideVolumes(api, pod, spec, container, PROXY_UID);
  const args = (spec.args as string[]).map((arg) => expand(arg, env));
  return container.start('istio-proxy', ['pilot-agent', ...args], { uid: PROXY_UID, env, mounts });
}

async function expectSuccess(what: string, running: Promise<{ code: number; stdout: string; stderr: string }>): Promise<void> {
  const done = await running;
  if (done.code !== 0) throw new Error(`${what} failed: ${(done.stdout + done.stderr).trim().slice(-1500)}`);
}
