import { App, Chart, Cron, Duration } from 'cdk8s';
import {
  Autoscaling, CertificateIssuer, Configuration, ConfigurationUpdates, ExternalEgress, ExternalSecret, ExternalSecretType, ExternalService,
  GatewayServer, KedaTrigger, Mesh, MeshGateway, MeshPort, MeshServiceProps, Reload, RemoteSecret, ScalingMetric, SecretStore,
  ServerCertificate, WorkloadKind, ZeroTrustNamespace,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { complaints } from '../support/acceptance';
import { copy, pick, synthesizeApp } from '../support/objects';
import { service } from '../support/stage';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await cluster.runPods(false);
  await installOperatorKinds(cluster);
});

afterAll(() => cluster.disconnect());

const scaleDown = { stabilizationWindow: Duration.minutes(10), pods: 1, percent: 10, period: Duration.minutes(1) };
const OFFICE = KedaTrigger.cron({ start: Cron.schedule({ minute: '0', hour: '8' }), end: Cron.schedule({ minute: '0', hour: '18' }), timeZone: 'Europe/Berlin', replicas: 5 });

const SERVICES: [string, Partial<MeshServiceProps>][] = [
  ['scaled', { autoscaling: Autoscaling.horizontal({ min: 2, max: 9, metrics: [ScalingMetric.cpu(70), ScalingMetric.memory(80), ScalingMetric.podCpu(60)], scaleDown }) }],
  ['set', { kind: WorkloadKind.statefulSet(), autoscaling: Autoscaling.horizontal({ min: 1, max: 3, metrics: [ScalingMetric.cpu(50)] }) }],
  ['asked', {
    autoscaling: Autoscaling.keda({
      min: 1,
      max: 9,
      scaleDown,
      triggers: [KedaTrigger.requestsPerSecond(100), KedaTrigger.prometheus({ query: 'sum(waiting)', threshold: 1, activationThreshold: 2 }), KedaTrigger.cpu(70), OFFICE],
    }),
  }],
  ['worker', { ports: undefined, autoscaling: Autoscaling.keda({ min: 0, max: 5, triggers: [KedaTrigger.of('rabbitmq', { queueName: 'mails' }, { authentication: 'rabbitmq' })] }) }],
  ['configured', {
    configuration: [
      Configuration.files('/etc/app', { 'app.yaml': 'a: b\n' }),
      Configuration.variables({ CURRENCY: 'EUR' }),
      Configuration.files('/etc/flags', { express: 'off' }, { updates: ConfigurationUpdates.LIVE, reload: Reload.request('POST', '/-/reload') }),
      Configuration.secret('db', { mountPath: '/etc/db', variables: { DB_USER: 'username' } }),
    ],
  }],
];

const HOSTS = ['api.stripe.com', '*.s3.amazonaws.com'];

function objects(): Manifest[] {
  return synthesizeApp((app: App) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    new ExternalSecret(chart, 'db', {
      store: SecretStore.ofCluster('vault'),
      data: { username: RemoteSecret.of('shop/db', { property: 'username', version: '2' }) },
      extract: [RemoteSecret.of('shop/more')],
      refreshInterval: Duration.minutes(5),
    });
    const [user, password] = ['user', 'password'].map(property => RemoteSecret.of('shop/registry', { property }));
    const typed = (name: string, type: ExternalSecretType, data: { [key: string]: RemoteSecret }) => new ExternalSecret(chart, name, {
      store: SecretStore.ofNamespace('vault'), type, data,
    });
    typed('registry', ExternalSecretType.registryLogin('ghcr.io'), { username: user, password });
    typed('pull', ExternalSecretType.imagePull(), { '.dockerconfigjson': RemoteSecret.of('shop/pull') });
    typed('tls', ExternalSecretType.tls(), { 'tls.crt': RemoteSecret.of('shop/crt'), 'tls.key': RemoteSecret.of('shop/key') });
    const issuers = [CertificateIssuer.clusterIssuer('letsencrypt'), CertificateIssuer.external('awspca.cert-manager.io', 'AWSPCAIssuer', 'ca')];
    new MeshGateway(chart, 'edge', {
      servers: issuers.map((issuer, index) => GatewayServer.https([`*.${index}.example.com`], {
        certificate: ServerCertificate.fromCertManager(`issued-${index}`, { issuer, ...(index === 0 && { duration: Duration.days(30), renewBefore: Duration.minutes(90) }) }),
      })),
    });
    new Mesh(app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns(), dnsCidrs: ['169.254.20.10/32'] });
    const outside = HOSTS.map((host, index) => new ExternalService(chart, `outside-${index}`, { host, ports: [MeshPort.tls(443), MeshPort.http(80)] }));
    SERVICES.forEach(([name, props]) => {
      const client = service(chart, name, { replicas: undefined, ...props });
      outside.forEach(server => client.calls(server, { port: 'tls' }));
    });
  });
}

test('autoscalers, ScaledObjects, ConfigMaps, ExternalSecrets, Certificates and CiliumNetworkPolicies are taken without a word', async () => {
  expect(await complaints(cluster, objects())).toEqual([]);
});

test.each([
  ['HorizontalPodAutoscaler', 'scaled', (spec: any) => { delete spec.metrics[0].containerResource.container; }],
  ['ScaledObject', 'asked', (spec: any) => { spec.maxReplicas = 9; }],
  ['ExternalSecret', 'db', (spec: any) => { spec.secretStoreRef.kind = 'Vault'; }],
  ['ExternalSecret', 'registry', (spec: any) => { spec.target.template.text = ''; }],
  ['Certificate', 'issued-0', (spec: any) => { spec.usages[2] = 'serverAuth'; }],
  ['Certificate', 'issued-1', (spec: any) => { spec.privateKey.rotationPolicy = 'Sometimes'; }],
  ['CiliumNetworkPolicy', 'asked', (spec: any) => { spec.egress[0].toFQDNs[0].matchPattern = '*.s3.amazonaws.com/'; }],
  ['CiliumNetworkPolicy', 'set', (spec: any) => { spec.egress[0].toPorts[0].ports[0].port = 443; }],
])('a wrong %s would be refused', async (kind, name, spoil) => {
  const wrong = copy(pick(objects(), kind, name));
  spoil(wrong.spec);

  expect((await cluster.apply([wrong])).map(({ ok }) => ok)).toEqual([false]);
});

test('what is content-hashed cannot be changed in place', async () => {
  const map = objects().find(({ kind, immutable }) => kind === 'ConfigMap' && immutable)!;
  const [{ ok, error }] = await cluster.apply([{ ...map, data: { other: 'content' } }]);

  expect({ ok, immutable: error?.includes('immutable') }).toEqual({ ok: false, immutable: true });
});
