import { bystander, COLLECTOR, namespace, neighbours, PLAIN, STRANGER } from './bystanders';
import { Declared, grpcProbe, httpProbe, Probe, tcpProbe } from './matrix';
import { synthesizeExample, withReplicas } from './objects';
import { Manifest } from '../../cluster/api/client';

/** examples/shop as its reader understands it: who may ask whom for what. */
const HTTP = { name: 'http', number: 8080 };
const ADMIN = { name: 'http-admin', number: 9090 };

const INGRESS = 'istio-ingress/ingress';
export const CLIENTS = ['shop/frontend', 'shop/orders', 'shop/payments', 'shop/inventory', 'shop/cart', 'shop/cart-redis', INGRESS, STRANGER, PLAIN, COLLECTOR];

export const PROBES: Probe[] = [
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

/** client, server, port, and the requests: "METHOD /path", or all. */
const CALLS: [string, string, string, string[]?][] = [
  [INGRESS, 'shop/frontend', 'http'],
  ['shop/frontend', 'shop/orders', 'grpc', ['/orders.v1.Orders/Get', '/orders.v1.Orders/List', '/orders.v1.Orders/Place']],
  ['shop/frontend', 'shop/cart', 'http', ['GET /cart/42', 'PUT /cart/42']],
  ['shop/frontend', 'shop/inventory', 'http', ['GET /items', 'GET /items/7?colour=red']],
  ['shop/orders', 'shop/payments', 'http', ['POST /charges']],
  ['shop/orders', 'shop/inventory', 'http', ['POST /reservations', 'GET /reservations']],
  ['shop/cart', 'shop/cart-redis', 'tcp-redis'],
];

export const declared: Declared = (from, probe) => CALLS.some(([client, server, port, requests]) =>
  client === from && server === probe.server && port === probe.port
  && (requests === undefined || requests.includes([probe.method, probe.path].filter(Boolean).join(' '))));

/** The network knows servers and ports. */
export const declaredPort: Declared = (from, probe) => CALLS.some(([client, server, port]) =>
  client === from && server === probe.server && port === probe.port);

/** A proxy's view knows servers. */
export const declaredServer: Declared = (from, probe) => CALLS.some(([client, server]) => client === from && server === probe.server);

export function shop(): Manifest[] {
  return withReplicas(synthesizeExample('shop'), 1);
}

export function shopNeighbours(): Manifest[] {
  return [
    namespace('istio-ingress', true),
    ...bystander('istio-ingress', 'ingress', { serviceAccount: 'istio-ingress', labels: { istio: 'ingress' } }),
    ...neighbours(),
  ];
}
