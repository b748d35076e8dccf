import * as fs from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { ControlPlane } from './control-plane';
import { applyAll, expectApplied } from '../api/apply';
import { Manifest } from '../api/client';
import { Daemon, run, until } from '../machine/process';
import { registerStaticPod } from '../network/node';
import { ADDRESSES } from '../network/pod-network';
import { localPage } from '../programs/echo';
import { Programs } from '../programs/programs';

/** Where proxies send what they see: what `ExtensionProviders` writes for the app of telemetry.conformance.ts. */
export const TELEMETRY_PROVIDERS = [
  { name: 'access-log-json', envoyFileAccessLog: { path: '/dev/stdout', logFormat: { labels: {} } } },
  { name: 'access-log-text', envoyFileAccessLog: { path: '/dev/stdout' } },
  { name: 'otlp-collector', opentelemetry: { service: 'observability/otel-collector.observability.svc.cluster.local', port: 4317 } },
  {
    name: 'otlp-http-collector',
    opentelemetry: { service: 'observability/otel-collector.observability.svc.cluster.local', port: 4318, http: { path: '/v1/traces', timeout: '3s' } },
  },
  { name: 'otlp-logs-collector', envoyOtelAls: { service: 'observability/otel-collector.observability.svc.cluster.local', port: 4317 } },
  { name: 'otlp-otel', opentelemetry: { service: 'stage/otel.stage.svc.cluster.local', port: 4317 } },
  {
    name: 'zipkin-collector',
    zipkin: {
      service: 'observability/otel-collector.observability.svc.cluster.local',
      port: 9411,
      path: '/api/v2/spans',
      traceContextOption: 'USE_B3_WITH_W3C_PROPAGATION',
    },
  },
];

/** What examples/shop/installation/providers.yaml asks for. */
const SHOP_COLLECTOR = { name: 'shop-otlp', opentelemetry: { service: 'shop-watch/otel.shop-watch.svc.cluster.local', port: 4317 } };

/**
 * A stock `minimal` installation with the Istio CNI: without it istio-init wants NET_ADMIN, and Pod Security
 * `restricted` refuses the pod. `values.pilot.cni.enabled` alone is overridden.
 */
const INSTALLATION = {
  apiVersion: 'install.istio.io/v1alpha1',
  kind: 'IstioOperator',
  spec: {
    profile: 'minimal',
    components: { cni: { enabled: true } },
    meshConfig: {
      accessLogFile: '/dev/stdout',
      accessLogEncoding: 'JSON',
      // Stock Envoy has no `istio.stats` filter and would reject the listener; an empty object does not switch it off.
      defaultProviders: { metrics: [] },
      // What the proxies of a server ask whether a request may pass, where a policy says so: with a proxy of its own, and without.
      extensionProviders: [...TELEMETRY_PROVIDERS, SHOP_COLLECTOR, ...['auth', 'stage'].map(namespace => ({
        name: `authorizer-${namespace}`, envoyExtAuthzHttp: { service: `authorizer.${namespace}.svc.cluster.local`, port: 8080 },
      }))],
      defaultConfig: {
        // How long a line of the access log may stay in Envoy's memory: a second by default.
        fileFlushInterval: '0.1s',
        // How long connections live on with the policies that were there when they were made: 45 seconds by default,
        // and settle.ts waits for their end.
        drainDuration: '1s',
      },
    },
  },
};

/** What stock Envoy does not have (`istio.stats`, the ALPN and metadata filters), and what one replica does not need. */
const ISTIOD_ENVIRONMENT = {
  POD_NAMESPACE: 'istio-system',
  POD_NAME: 'istiod-0',
  CLUSTER_ID: 'Kubernetes',
  REVISION: 'default',
  ENABLE_LEADER_ELECTION: 'false',
  PILOT_CERT_PROVIDER: 'istiod',
  PILOT_ENABLE_ALPN_FILTER: 'false',
  PILOT_ENABLE_METADATA_EXCHANGE: 'false',
  PILOT_DISABLE_MX_ALPN: 'true',
  PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: 'false',
};

/** The installation's manifests; they need no API server, so they are made while it starts. */
export async function renderInstallation(programs: Programs): Promise<Manifest[]> {
  const yaml = await run([programs.istioctl, 'manifest', 'generate', '-f', '-'], { input: JSON.stringify(INSTALLATION) });
  return parseAllDocuments(yaml).map((document) => document.toJS()).filter(Boolean);
}

/** Installs Istio, without the workloads of its own charts, and starts istiod beside the API server. */
export async function startIstio(control: ControlPlane, manifests: Manifest[]): Promise<Daemon> {
  const kept = manifests.filter((object) => !['Deployment', 'DaemonSet', 'HorizontalPodAutoscaler', 'PodDisruptionBudget'].includes(object.kind));
  kept.filter((object) => object.kind.endsWith('WebhookConfiguration')).forEach(adaptWebhooks);
  expectApplied(await applyAll(control.api, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } },
    ...kept,
  ]));

  const find = (kind: string, name: string) => manifests.find((object) => object.kind === kind && object.metadata.name === name)!;
  const injector = find('ConfigMap', 'istio-sidecar-injector');
  const home = `${control.container.folder}/istiod`;
  fs.mkdirSync(`${home}/var/lib/istio/inject`, { recursive: true });
  fs.writeFileSync(`${home}/var/lib/istio/inject/config`, injector.data.config);
  fs.writeFileSync(`${home}/var/lib/istio/inject/values`, injector.data.values);
  fs.writeFileSync(`${home}/mesh.yaml`, find('ConfigMap', 'istio').data.mesh);

  const istiod = control.container.start('istiod', [
    'pilot-discovery', 'discovery', '--kubeconfig', control.kubeconfig, '--meshConfig', `${home}/mesh.yaml`, '--domain', 'cluster.local',
    // The tests make and remove namespaces by the hundred, and each gets its root certificate through this client
    '--kubernetesApiQPS', '500', '--kubernetesApiBurst', '1000',
  ], { cwd: home, env: ISTIOD_ENVIRONMENT });
  await registerStaticPod(control.api, {
    namespace: 'istio-system',
    name: 'istiod-0',
    labels: { 'app': 'istiod', 'istio': 'pilot', 'istio.io/rev': 'default', 'sidecar.istio.io/inject': 'false' },
    address: ADDRESSES.controlPlane,
    ports: [{ name: 'grpc-xds', number: 15010 }, { name: 'https-dns', number: 15012 }, { name: 'https-webhooks', number: 15017 }, { name: 'http-monitoring', number: 15014 }],
  });
  await until('istiod', 180_000, async () => {
    istiod.check();
    return localPage(control.container, 'http://127.0.0.1:8080/ready').then(() => true);
  });
  // Injection and validation are there when istiod has written its certificate authority into both configurations.
  await until('the certificates of the webhooks', 180_000, async () => {
    const [injection, validation] = await Promise.all([
      control.api.find('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector'),
      control.api.find('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istio-validator-istio-system'),
    ]);
    return [injection, validation].every((configuration) => configuration!.webhooks.every((webhook: Manifest) => webhook.clientConfig.caBundle))
      && validation!.webhooks[0].failurePolicy === 'Fail';
  });
  return istiod;
}

/** A page of istiod's debug interface, which asks nobody on its own loopback device for a password. */
export function istiodPage(control: ControlPlane, page: string): Promise<string> {
  return localPage(control.container, `http://127.0.0.1:8080${page}`);
}

/** Istiod's own metrics, as Prometheus reads them. */
export function istiodMetrics(control: ControlPlane): Promise<string> {
  return localPage(control.container, 'http://127.0.0.1:15014/metrics');
}

function adaptWebhooks(configuration: Manifest): void {
  for (const webhook of configuration.webhooks) {
    // The API server is no pod: it reaches istiod by name, not through the Service.
    webhook.clientConfig = { url: `https://istiod.istio-system.svc:15017${webhook.clientConfig.service.path}` };
    // As generated, the validation only sees objects with an `istio.io/rev` label: everything else would pass unseen.
    if (configuration.kind === 'ValidatingWebhookConfiguration') delete webhook.objectSelector;
  }
}
