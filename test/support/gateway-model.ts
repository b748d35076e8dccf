import { GatewayDescription } from './app-description';

/** A request from outside, as its client writes it. */
export interface OutsideRequest {
  readonly port: number;
  readonly host: string;
  readonly method: string;
  readonly path: string;
}

/**
 * Who answers a request at a gateway, by what its description says: read from no YAML, and by no code of the library. Nobody: 404.
 *
 * Of several names that fit the host, the one that says most is the one that is meant; and the exposure of everything is for what no other takes.
 */
export function answeredBy(gateway: GatewayDescription, { port, host, method, path }: OutsideRequest): { service: string; port: string } | undefined {
  if (!gateway.servers.some(server => server.port === port && server.hosts.some(name => isNamed(name, host)))) {
    return undefined;
  }
  const names = gateway.exposures.flatMap(({ hosts }) => hosts).filter(name => isNamed(name, host));
  const [meant] = names.sort((a, b) => Number(a.startsWith('*')) - Number(b.startsWith('*')) || b.length - a.length);
  const declared = gateway.exposures.filter(({ hosts, methods, paths }) => (
    hosts.includes(meant) && (!methods || methods.includes(method)) && (!paths || paths.some(pattern => matchesPath(pattern, path)))));
  const answering = declared.find(({ paths }) => paths) ?? declared[0];
  return answering && { service: answering.service, port: answering.port };
}

export function isNamed(name: string, host: string): boolean {
  return name === '*' || name.startsWith('*.') ? host.endsWith(name.slice(1)) && host.length >= name.length : name === host;
}

/** Whether a path is one of those that a declaration's pattern means. */
export function matchesPath(pattern: string, path: string): boolean {
  if (pattern.includes('{')) {
    const [wanted, given] = [pattern.split('/'), path.split('/')];
    return wanted.length === given.length && wanted.every((segment, index) => segment === given[index] || (segment === '{*}' && given[index] !== ''));
  }
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

/** Requests that are near to what a gateway exposes: each is declared at one, or misses a declaration by its host, its method or its path. */
export function requestsAt({ servers }: GatewayDescription): OutsideRequest[] {
  const hosts = ['shop.example.com', 'a.example.org', 'b.example.org', 'api.example.net', 'else.example.com'];
  const paths = [
    '/', '/orders', '/orders/', '/orders/7', '/orders/new', '/cart', '/cart/7/8', '/items/7', '/items/7/parts', '/items/7/8', '/items/', '/else',
    '/orders.v1.Orders/Get', '/orders.v1.Orders/Put', '/orders.v1.Orders/Else', '/cart.v1.Cart/Get', '/cart.v1.Cart/Else', '/items.v1.Items/Get',
  ];
  return servers.flatMap(({ port }) => hosts.flatMap(host => paths.flatMap(path => ['GET', 'POST', 'DELETE'].map(method => ({ port, host, method, path })))));
}
