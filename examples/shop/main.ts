import { App, Chart, Duration, Size } from 'cdk8s';
import {
  AccessLog, CallChain, CanaryRelease, ChaosExperiment, ChaosNamespace, ChaosTarget, CircuitBreaker, CollectorExporter, ExistingWorkload, ExtensionProviders, ExternalService, Fault,
  GatewayServer, GrpcProbe, LatencyObjective, LoadBalancing, Mesh, MeshAlerts, MeshDashboard, MeshGateway, MeshPort, MeshService, MeshTelemetry, OpenTelemetryCollector, Percent,
  ProgramTelemetry, ProxyMonitor, Retries, RetryOn, ServerCertificate, ServiceObjective, SteadyState, Tracing, ZeroTrustNamespace,
} from 'cdk8s-mesh';
import * as kplus from 'cdk8s-plus-28';

const app = new App();
new Mesh(app, 'mesh', { prometheusUrl: 'http://prometheus.monitoring:9090', prometheusNamespace: 'monitoring', scrapeInterval: Duration.seconds(30) });

const shop = new Chart(app, 'shop', { namespace: 'shop' });
new ZeroTrustNamespace(shop, 'namespace');

// ---------------------------------------------------------------- services

const frontend = new MeshService(shop, 'frontend', {
  image: 'ghcr.io/acme/frontend:3.1.0',
  ports: [MeshPort.http(80, { targetPort: 8080 })],
  readinessPath: '/readyz',
});

const orders = new MeshService(shop, 'orders', {
  image: 'ghcr.io/acme/orders:1.4.2',
  ports: [MeshPort.grpc(50051)],
  readiness: GrpcProbe.of(),
  circuitBreaker: CircuitBreaker.consecutiveErrors(5),
  env: { CURRENCY: kplus.EnvValue.fromValue('EUR') },
});

const payments = new MeshService(shop, 'payments', {
  image: 'ghcr.io/acme/payments:2.0.7',
  ports: [MeshPort.http(8080)],
  readinessPath: '/readyz',
  circuitBreaker: CircuitBreaker.consecutiveGatewayErrors(3, { ejectionTime: Duration.minutes(1) }),
});

const inventory = new MeshService(shop, 'inventory', {
  image: 'ghcr.io/acme/inventory:0.9.4',
  ports: [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })],
  readinessPath: '/readyz',
  loadBalancing: LoadBalancing.roundRobin(),
});

const cart = new MeshService(shop, 'cart', {
  image: 'ghcr.io/acme/cart:1.1.0',
  ports: [MeshPort.http(8080)],
  readinessPath: '/readyz',
  loadBalancing: LoadBalancing.byHeader('x-user'),
});

const redis = new MeshService(shop, 'cart-redis', {
  image: 'docker.io/library/redis:7.4.1',
  ports: [MeshPort.tcp(6379, { name: 'tcp-redis' })],
  args: ['--save', '', '--appendonly', 'no', '--maxmemory', '200mb'],
  liveness: kplus.Probe.fromCommand(['redis-cli', 'ping'], { timeoutSeconds: Duration.seconds(3) }),
  replicas: 1,
  resources: { memory: { request: Size.mebibytes(256), limit: Size.mebibytes(256) } },
});

// ------------------------------------------------------- the world outside

const edge = new Chart(app, 'edge', { namespace: 'shop-edge' });
new ZeroTrustNamespace(edge, 'namespace');
const gateway = new MeshGateway(edge, 'gateway', {
  servers: [
    GatewayServer.https(['shop.example.com'], { certificate: ServerCertificate.fromSecret('shop-tls') }),
    GatewayServer.http(['shop.example.com'], { redirectToHttps: true }),
  ],
});
const acmePay = new ExternalService(shop, 'acme-pay', { host: 'api.pay.example.com', ports: [MeshPort.tls(443)] });

// -------------------------------------------------------------- who calls whom

gateway.exposes(frontend, { hosts: ['shop.example.com'], timeout: Duration.seconds(15) });

frontend.calls(orders, {
  paths: ['/orders.v1.Orders/Get', '/orders.v1.Orders/List'],
  timeout: Duration.seconds(2),
  retries: Retries.upTo(3, { perTryTimeout: Duration.millis(600), on: [RetryOn.GATEWAY_ERROR, RetryOn.UNAVAILABLE] }),
  chain: CallChain.ends(), // Only to place an order, orders calls others
});
frontend.calls(orders, { paths: ['/orders.v1.Orders/Place'], timeout: Duration.seconds(10) });
frontend.calls(cart, { methods: ['GET', 'PUT', 'DELETE'], paths: ['/cart/{*}'], timeout: Duration.seconds(1), retries: Retries.upTo(2) });
frontend.calls(inventory, { port: 'http', methods: ['GET'], paths: ['/items', '/items/*'], retries: Retries.upTo(2) });

orders.calls(payments, { methods: ['POST'], paths: ['/charges'], timeout: Duration.seconds(8), retries: Retries.none() });
orders.calls(inventory, { port: 'http', methods: ['GET', 'POST'], paths: ['/reservations'] });
cart.calls(redis);
payments.calls(acmePay);

// ------------------------------------- a release, at its first stage with requests

new CanaryRelease(shop, 'orders-1-5', {
  service: orders,
  image: 'ghcr.io/acme/orders:1.5.0',
  stages: [0, 10, 25, 50, 100],
  stage: 1, // by commits; for a controller in its place: engine: CanaryEngine.flagger(), or CanaryEngine.argoRollouts()
});

// ------------------------------------------------------------- what is seen of it

const watch = new Chart(app, 'watch', { namespace: 'shop-watch' });
new ZeroTrustNamespace(watch, 'namespace');
const tempo = new ExistingWorkload(app, 'tempo', {
  namespace: 'monitoring', podLabels: { app: 'tempo' }, service: 'tempo', ports: [MeshPort.grpc(4317)], inMesh: false,
});
const collector = new OpenTelemetryCollector(watch, 'otel', {
  image: 'docker.io/otel/opentelemetry-collector-contrib:0.161.0',
  exporters: [CollectorExporter.tempo(tempo)],
});
for (const chart of [shop, edge]) {
  new MeshTelemetry(chart, 'telemetry', {
    tracing: Tracing.otlp(collector, { sampling: Percent.of(5), provider: 'shop-otlp' }),
    accessLogs: [AccessLog.errors(), AccessLog.slowerThan(Duration.seconds(1))],
    programs: ProgramTelemetry.otlp(collector),
  });
}
new ExtensionProviders(app, 'providers', { file: 'installation/providers.yaml' }); // for whoever installs the mesh
new ProxyMonitor(watch, 'proxies');
new MeshAlerts(watch, 'alerts', {
  objective: ServiceObjective.availability(99.9),
  overrides: [{
    server: frontend,
    objective: ServiceObjective.of({ availability: 99.9, latency: LatencyObjective.of({ percent: 99, within: Duration.seconds(1) }) }),
  }],
});
new MeshDashboard(watch, 'dashboard');

// ----------------------------------------------------------------------- a drill

const drills = new Chart(app, 'drills', { namespace: 'shop-chaos' });
new ChaosNamespace(drills, 'namespace');
new ChaosExperiment(drills, 'orders-pod-loss', {
  target: ChaosTarget.service(orders),
  fault: Fault.podDelete({ podsAffected: Percent.of(50), duration: Duration.minutes(2) }),
  hypothesis: [SteadyState.successRate({ atLeast: 99 })],
});

app.synth();
