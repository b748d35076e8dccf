import { bystander, COLLECTOR, namespace, neighbours, PLAIN, STRANGER } from './bystanders';
import { grpcProbe, httpProbe, Probe, tcpProbe } from './matrix';
import { pick, synthesizeExample, withReplicas } from './objects';
import { Call, WalledApp } from './walls';
import { Manifest } from '../../cluster/api/client';

/** examples/team as its reader understands it: who may ask whom for what. */
const HTTP = { name: 'http', number: 8080 };
const HTTP80 = { name: 'http', number: 80 };
const GRPC = { name: 'grpc', number: 50051 };
const LEDGER = { name: 'tcp-ledger', number: 5000 };

/** A run of the CronJob that lasts. */
const NIGHTLY = 'back/nightly-now';
const INGRESS = 'istio-ingress/ingress';
const MONITOR = 'blackbox/monitor';

const CLIENTS = [
  'web/frontend', 'web/accounts', 'web/search', 'core/orders', 'core/billing', 'core/mailer', 'core/ledger', 'core/catalog-deployment',
  'back/legacy', 'back/reports', 'back/node-cache', NIGHTLY, INGRESS, MONITOR, STRANGER, PLAIN, COLLECTOR,
];

/** `server` is what runs, where its Service has another name: nobody is sent to himself. */
const PROBES: Probe[] = [
  httpProbe('web/frontend', HTTP80, 'GET', '/'),
  httpProbe('web/frontend', HTTP80, 'GET', '/readyz'),
  grpcProbe('web/accounts', GRPC, '/accounts.v1.Accounts/Get'),
  grpcProbe('web/accounts', GRPC, '/accounts.v1.Accounts/Create'),
  grpcProbe('web/accounts', GRPC, '/admin.v1.Admin/Drop'),
  httpProbe('web/search', HTTP, 'GET', '/search'),
  httpProbe('web/search', HTTP, 'POST', '/search'),
  grpcProbe('core/orders', GRPC, '/orders.v1.Orders/Place'),
  grpcProbe('core/orders', GRPC, '/orders.v1.Orders/List'),
  httpProbe('core/billing', HTTP, 'POST', '/charges'),
  httpProbe('core/billing', HTTP, 'GET', '/charges'),
  { ...httpProbe('core/catalog', HTTP, 'GET', '/products/1'), server: 'core/catalog-deployment' },
  { ...httpProbe('core/catalog', HTTP, 'DELETE', '/products/1'), server: 'core/catalog-deployment' },
  tcpProbe('core/ledger', LEDGER),
  { server: 'the peers', port: 'tcp-raft', request: { protocol: 'tcp', url: 'ledger-1.ledger-headless.core:7000', body: 'vote' } },
  httpProbe('back/legacy', HTTP80, 'GET', '/accounts/7'),
  httpProbe('back/legacy', HTTP80, 'DELETE', '/accounts/7'),
  httpProbe('back/legacy', HTTP80, 'GET', '/accounts/7/secrets'),
  { ...httpProbe('back/reports-web', HTTP80, 'POST', '/reports'), server: 'back/reports' },
  { ...httpProbe('back/reports-web', HTTP80, 'GET', '/reports'), server: 'back/reports' },
  tcpProbe('back/node-cache', { name: 'tcp-redis', number: 6379 }),
  { ...tcpProbe('streams/main-kafka-bootstrap', { name: 'tcp-kafka', number: 9092 }), server: 'streams/kafka' },
];

const CALLS: Call[] = [
  [INGRESS, 'web/frontend', 'http'],
  [MONITOR, 'web/frontend', 'http', ['GET /readyz']],
  ['web/frontend', 'web/accounts', 'grpc', ['/accounts.v1.Accounts/Get', '/accounts.v1.Accounts/Create']],
  ['web/frontend', 'web/search', 'http', ['GET /search']],
  ['web/frontend', 'core/orders', 'grpc', ['/orders.v1.Orders/Place']],
  ['web/search', 'back/node-cache', 'tcp-redis'],
  ['web/accounts', 'back/legacy', 'http', ['GET /accounts/7']],
  ['core/orders', 'core/ledger', 'tcp-ledger'],
  ['core/orders', 'core/catalog-deployment', 'http', ['GET /products/1']],
  ['core/orders', 'core/billing', 'http', ['POST /charges']],
  ['core/orders', 'streams/kafka', 'tcp-kafka'],
  ['core/mailer', 'streams/kafka', 'tcp-kafka'],
  ['core/mailer', 'web/accounts', 'grpc', ['/accounts.v1.Accounts/Get']],
  ['core/ledger', 'the peers', 'tcp-raft'],
  [NIGHTLY, 'back/reports', 'http', ['POST /reports']],
  [NIGHTLY, 'core/orders', 'grpc', ['/orders.v1.Orders/List']],
  ['back/reports', 'core/ledger', 'tcp-ledger'],
];

function objectsOfTeam(): Manifest[] {
  // The database's addresses are the network's of a cloud; in the cluster's network it has one of those for documentation
  const objects = withReplicas(synthesizeExample('team'), 1).map(object => JSON.parse(JSON.stringify(object).replace('10.200.0.0/16', '203.0.113.0/24')));
  const { metadata, spec } = pick(objects, 'CronJob', 'nightly');
  const [container] = spec.jobTemplate.spec.template.spec.containers;
  container.env = [...container.env ?? [], { name: 'ECHO_END_AFTER', value: '20m' }];
  return [...objects, {
    // As `kubectl create job --from=cronjob/nightly` does
    apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'nightly-now', namespace: metadata.namespace }, spec: spec.jobTemplate.spec,
  }];
}

/** What a chart, another team and an operator have put there. */
function neighboursOfTeam(): Manifest[] {
  const kafka = bystander('streams', 'kafka', { labels: { 'strimzi.io/cluster': 'main' } });
  kafka[1].spec.template.spec.containers[0].ports = [{ name: 'tcp-kafka', containerPort: 9092 }];
  return [
    namespace('istio-ingress', true),
    ...bystander('istio-ingress', 'ingress', { serviceAccount: 'istio-ingress', labels: { istio: 'ingress' } }),
    namespace('blackbox', true),
    ...bystander('blackbox', 'monitor'),
    namespace('streams', false),
    ...kafka,
    serviceOf('streams', 'main-kafka-bootstrap', { app: 'kafka' }, { name: 'tcp-kafka', port: 9092, targetPort: 9092 }),
    ...bystander('back', 'reports', { labels: { 'app.kubernetes.io/instance': 'reports' } }),
    serviceOf('back', 'reports-web', { app: 'reports' }, { name: 'http', port: 80, targetPort: 8080 }),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'orders-db', namespace: 'core' }, stringData: { password: 'x' } },
    ...neighbours(),
  ];
}

function serviceOf(where: string, name: string, selector: { [key: string]: string }, port: object): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: where }, spec: { selector, ports: [port] } };
}

export const TEAM: WalledApp = {
  objects: objectsOfTeam,
  neighbours: neighboursOfTeam,
  clients: CLIENTS,
  own: client => /^(web|core|back)\//.test(client),
  probes: PROBES,
  calls: CALLS,
  // What another team runs without a proxy asks nobody who he is, and is open to whoever this app does not bind
  open: (from, { server }, wall) => server === 'streams/kafka' && (wall === 'identity' || !TEAM.own(from)),
};
