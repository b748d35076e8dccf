import { bystander, COLLECTOR, neighbours, PLAIN, STRANGER } from './bystanders';
import { secretOf, selfSigned } from './certificates';
import { grpcProbe, httpProbe, Probe, tcpProbe } from './matrix';
import { synthesizeExample, withReplicas } from './objects';
import { Call, WalledApp } from './walls';
import { Manifest } from '../../cluster/api/client';
import { installLitmus } from '../../cluster/kinds/litmus';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { ConnectedCluster } from '../../cluster/remote';

/** examples/shop as its reader understands it: who may ask whom for what. */
const HTTP = { name: 'http', number: 8080 };
const ADMIN = { name: 'http-admin', number: 9090 };

const CLIENTS = ['shop/frontend', 'shop/orders', 'shop/payments', 'shop/inventory', 'shop/cart', 'shop/cart-redis', 'shop-watch/otel', STRANGER, PLAIN, COLLECTOR];

const PROBES: Probe[] = [
  httpProbe('shop/frontend', { name: 'http', number: 80 }, 'GET', '/'),
  httpProbe('shop/frontend', { name: 'http', number: 80 }, 'POST', '/checkout'),
  grpcProbe('shop/orders', { name: 'grpc', number: 50051 }, '/orders.v1.Orders/Get'),
  grpcProbe('shop/orders', { name: 'grpc', number: 50051 }, '/orders.v1.Orders/List'),
  grpcProbe('shop/orders', { name: 'grpc', number: 50051 }, '/orders.v1.Orders/Place'),
  grpcProbe('shop/orders', { name: 'grpc', number: 50051 }, '/orders.v1.Orders/Delete'),
  grpcProbe('shop/orders', { name: 'grpc', number: 50051 }, '/orders.v1.Orders/GetAll'),
  httpProbe('shop/payments', HTTP, 'POST', '/charges'),
  httpProbe('shop/payments', HTTP, 'GET', '/charges'),
  httpProbe('shop/payments', HTTP, 'POST', '/refunds'),
  httpProbe('shop/inventory', HTTP, 'GET', '/items'),
  httpProbe('shop/inventory', HTTP, 'GET', '/items/7?colour=red'),
  httpProbe('shop/inventory', HTTP, 'DELETE', '/items/7'),
  httpProbe('shop/inventory', HTTP, 'POST', '/reservations'),
  httpProbe('shop/inventory', HTTP, 'GET', '/reservations'),
  httpProbe('shop/inventory', HTTP, 'GET', '/itemsandmore'),
  httpProbe('shop/inventory', ADMIN, 'GET', '/items'),
  httpProbe('shop/inventory', ADMIN, 'POST', '/flush'),
  httpProbe('shop/cart', HTTP, 'GET', '/cart/42'),
  httpProbe('shop/cart', HTTP, 'PUT', '/cart/42'),
  httpProbe('shop/cart', HTTP, 'POST', '/cart/42'),
  httpProbe('shop/cart', HTTP, 'GET', '/cart/42/items'),
  httpProbe('shop/cart', HTTP, 'GET', '/cart'),
  tcpProbe('shop/cart-redis', { name: 'tcp-redis', number: 6379 }),
];

const CALLS: Call[] = [
  ['shop/frontend', 'shop/orders', 'grpc', ['/orders.v1.Orders/Get', '/orders.v1.Orders/List', '/orders.v1.Orders/Place']],
  ['shop/frontend', 'shop/cart', 'http', ['GET /cart/42', 'PUT /cart/42']],
  ['shop/frontend', 'shop/inventory', 'http', ['GET /items', 'GET /items/7?colour=red']],
  ['shop/orders', 'shop/payments', 'http', ['POST /charges']],
  ['shop/orders', 'shop/inventory', 'http', ['POST /reservations', 'GET /reservations']],
  ['shop/cart', 'shop/cart-redis', 'tcp-redis'],
];

/** The gateway is no client that could be told whom to ask: what it lets in is asked from outside. */
const CERTIFICATE = selfSigned('shop.example.com');

function neighboursOfShop(): Manifest[] {
  return [
    secretOf(CERTIFICATE, { name: 'shop-tls', namespace: 'shop-edge' }),
    ...neighbours(),
    ...tempo(),
  ];
}

/** Where the shop's own collector, which really runs, sends its spans. */
function tempo(): Manifest[] {
  const [account, deployment] = bystander('monitoring', 'tempo');
  deployment.spec.template.spec.containers[0].ports = [{ name: 'grpc', containerPort: 4317 }];
  return [account, deployment, {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'tempo', namespace: 'monitoring' }, spec: { selector: { app: 'tempo' }, ports: [{ name: 'grpc', port: 4317 }] },
  }];
}

/** From a pod outside of the mesh, as somebody outside of the cluster would. */
export async function fromOutside(cluster: ConnectedCluster, requests: EchoRequest[]): Promise<EchoResult[]> {
  const { spec: { clusterIP } } = (await cluster.get('v1', 'Service', 'gateway', 'shop-edge'))!;
  return cluster.send(PLAIN, requests.map(request => ({ ...request, address: `${clusterIP}:${request.protocol === 'https' ? 443 : 80}` })));
}

/** The shop's program with another engine, which is one line of it, and with or without the new image. */
export function shopReleasedBy(engine: string, image: boolean): Manifest[] {
  return withReplicas(synthesizeExample('shop', (program) => {
    const edited = program.replace(/^  stage: 1,.*$/m, `  engine: ${engine},`);
    // The other line is the import, and an image is what starts a release
    const importing = edited.replace(' CanaryRelease,', ' CanaryEngine, CanaryRelease,');
    if (edited === program || importing === edited) {
      throw new Error('examples/shop has no line that says the stage, or none that imports CanaryRelease');
    }
    return image ? importing : importing.replace(/^  image: 'ghcr.io\/acme\/orders:1.5.0',\n/m, '');
  }), 1);
}

export const SHOP: WalledApp = {
  objects: () => withReplicas(synthesizeExample('shop'), 1),
  neighbours: neighboursOfShop,
  clients: CLIENTS,
  own: client => client.startsWith('shop'),
  probes: PROBES,
  calls: CALLS,
  entrances: async (cluster) => {
    const [{ status, echo, error }] = await fromOutside(cluster, [{ url: 'https://shop.example.com/', protocol: 'https', timeoutMs: 10_000 }]);
    return status === 200 && echo?.workload === 'frontend' ? [] : [`from outside: ${status} ${echo?.workload ?? error ?? ''}`];
  },
  install: async (cluster) => {
    await installLitmus(cluster);
    await installOperatorKinds(cluster, 'prometheus-operator');
  },
};
