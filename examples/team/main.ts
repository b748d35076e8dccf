import { App, Chart, Cron, Duration, Size } from 'cdk8s';
import {
  AddedContainer, Autoscaling, CircuitBreaker, Configuration, ConfigurationFile, ExistingService, ExistingWorkload, ExternalService, GrpcProbe, Mesh,
  MeshCronJob, MeshPort, MeshService, PodException, PodSecurity, Retries, ScalingMetric, VolumeClaim, WorkloadKind, ZeroTrustNamespace,
} from 'cdk8s-mesh';
import * as kplus from 'cdk8s-plus-28';

// What a team of twelve services runs, in three namespaces, and whom it calls.

const app = new App();
const mesh = new Mesh(app, 'mesh', { prometheusUrl: 'http://prometheus.monitoring:9090' });

const web = new Chart(app, 'web', { namespace: 'web' });
const core = new Chart(app, 'core', { namespace: 'core' });
const back = new Chart(app, 'back', { namespace: 'back' });
new ZeroTrustNamespace(web, 'namespace');
new ZeroTrustNamespace(core, 'namespace');
new ZeroTrustNamespace(back, 'namespace', { podSecurity: PodSecurity.BASELINE }); // a program of root and a chart live there

// ------------------------------------------------------------------------- web

const frontend = new MeshService(web, 'frontend', {
  image: 'ghcr.io/acme/frontend:5.2.0',
  ports: [MeshPort.http(80, { targetPort: 8080 })],
  readinessPath: '/readyz',
  autoscaling: Autoscaling.horizontal({ min: 2, max: 12, metrics: [ScalingMetric.cpu(70)] }),
  configuration: [Configuration.files('/etc/frontend', { 'frontend.yaml': ConfigurationFile.yaml({ theme: 'winter', locales: ['en', 'de'] }) })],
});

const accounts = new MeshService(web, 'accounts', {
  image: 'ghcr.io/acme/accounts:2.8.1',
  ports: [MeshPort.grpc(50051)],
  readiness: GrpcProbe.of(),
  circuitBreaker: CircuitBreaker.consecutiveErrors(5),
});

const search = new MeshService(web, 'search', {
  image: 'ghcr.io/acme/search:1.9.0',
  ports: [MeshPort.http(8080)],
  readinessPath: '/healthz',
  writablePaths: ['/tmp', '/var/log/search'],
  addedContainers: [AddedContainer.sidecar('log-shipper', { image: 'ghcr.io/acme/log-shipper:3.0.2', sharedPaths: ['/var/log/search'] })],
});

// ------------------------------------------------------------------------ core

const orders = new MeshService(core, 'orders', {
  image: 'ghcr.io/acme/orders:7.0.4',
  ports: [MeshPort.grpc(50051)],
  readiness: GrpcProbe.of(),
  configuration: [Configuration.variables({ CURRENCY: 'EUR' }), Configuration.secret('orders-db', { mountPath: '/etc/orders/db' })],
});

const billing = new MeshService(core, 'billing', {
  image: 'ghcr.io/acme/billing:4.4.0',
  ports: [MeshPort.http(8080)],
  readinessPath: '/readyz',
  imagePullSecrets: ['acme-registry'],
});

// It ran before, under other names, which Kubernetes does not let be changed
const catalog = new MeshService(core, 'catalog', {
  image: 'ghcr.io/acme/catalog:2.2.0',
  ports: [MeshPort.http(8080)],
  adopts: { workload: 'catalog-deployment', selector: { app: 'catalog-api', tier: 'backend' }, serviceAccount: 'catalog-sa' },
});

// It calls, and nobody calls it
const mailer = new MeshService(core, 'mailer', {
  image: 'ghcr.io/acme/mailer:1.3.7',
  liveness: kplus.Probe.fromCommand(['/app/mailer', 'health'], { periodSeconds: Duration.seconds(30) }),
});

// Three that vote
const ledger = new MeshService(core, 'ledger', {
  image: 'ghcr.io/acme/ledger:3.1.2',
  ports: [MeshPort.tcp(5000, { name: 'tcp-ledger' })],
  peers: [MeshPort.tcp(7000, { name: 'tcp-raft' })],
  kind: WorkloadKind.statefulSet({
    claims: [VolumeClaim.of('data', '/var/lib/ledger', Size.gibibytes(20))],
    podManagement: kplus.PodManagementPolicy.PARALLEL,
  }),
});

// ------------------------------------------------------------------------ back

// Nobody dares to build it again
const legacy = new MeshService(back, 'legacy', {
  image: 'ghcr.io/acme/legacy:0.9.9',
  ports: [MeshPort.http(80)],
  replicas: 1,
  kind: WorkloadKind.deployment({ strategy: kplus.DeploymentStrategy.recreate() }),
  exceptions: [PodException.user(0), PodException.lowPorts(), PodException.writableRoot()],
});

// A Helm chart's
const reports = new ExistingService(back, 'reports', {
  serviceAccount: 'reports',
  podLabels: { 'app.kubernetes.io/instance': 'reports' },
  service: 'reports-web',
  ports: [MeshPort.http(80, { targetPort: 8080 })],
});

const nightly = new MeshCronJob(back, 'nightly', {
  image: 'ghcr.io/acme/nightly:2.0.0',
  schedule: Cron.schedule({ minute: '30', hour: '2' }),
  timeZone: 'Europe/Berlin',
  activeDeadline: Duration.hours(2),
});

const nodeCache = new MeshService(back, 'node-cache', {
  image: 'ghcr.io/acme/node-cache:1.1.0', ports: [MeshPort.tcp(6379, { name: 'tcp-redis' })], kind: WorkloadKind.daemonSet({ nodes: 12 }),
});

// ---------------------------------------------------------- what others run

const ingress = new ExistingWorkload(app, 'ingress', {
  namespace: 'istio-ingress', serviceAccount: 'istio-ingress', podLabels: { istio: 'ingress' }, keepsRoutes: false,
});
const monitor = new ExistingWorkload(app, 'monitor', { namespace: 'blackbox' });
const kafka = new ExistingWorkload(app, 'kafka', {
  namespace: 'streams',
  podLabels: { 'strimzi.io/cluster': 'main' },
  service: 'main-kafka-bootstrap',
  ports: [MeshPort.tcp(9092, { name: 'tcp-kafka' })],
  inMesh: false,
});
const collector = new ExistingWorkload(app, 'collector', {
  namespace: 'monitoring', podLabels: { app: 'collector' }, ports: [MeshPort.grpc(4317, { name: 'grpc-otlp' })], inMesh: false,
});
const postgres = new ExternalService(core, 'orders-db', {
  host: 'orders.db.example.com', ports: [MeshPort.tcp(5432, { name: 'tcp-postgres' })], cidrs: ['10.200.0.0/16'],
});

// ------------------------------------------------------------- who calls whom

ingress.calls(frontend);
monitor.calls(frontend, { methods: ['GET'], paths: ['/readyz'] });
mesh.proxiesCall(collector);

frontend.calls(accounts, { paths: ['/accounts.v1.Accounts/*'], timeout: Duration.seconds(1), addressVariable: 'ACCOUNTS_ADDR' });
frontend.calls(search, { methods: ['GET'], paths: ['/search'], timeout: Duration.seconds(2), retries: Retries.upTo(2) });
frontend.calls(orders, { paths: ['/orders.v1.Orders/Place', '/orders.v1.Orders/Get'], addressVariable: 'ORDERS_ADDR' });
search.calls(nodeCache);
accounts.calls(legacy, { methods: ['GET', 'POST'], paths: ['/accounts/{*}'] });

orders.calls(ledger, { addressVariable: 'LEDGER_ADDR' });
orders.calls(catalog, { methods: ['GET'], paths: ['/products/*'] });
orders.calls(billing, { methods: ['POST'], paths: ['/charges'], timeout: Duration.seconds(5), retries: Retries.none() });
orders.calls(postgres, { addressVariable: 'DATABASE_ADDR' });
[orders, mailer].forEach(service => service.calls(kafka, { addressVariable: 'KAFKA_ADDR' }));
mailer.calls(accounts, { paths: ['/accounts.v1.Accounts/Get'] });

nightly.calls(reports, { methods: ['POST'], paths: ['/reports'] });
nightly.calls(orders, { paths: ['/orders.v1.Orders/List'] });
reports.calls(ledger);

app.synth();
