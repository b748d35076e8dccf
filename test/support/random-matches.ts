import * as fc from 'fast-check';
import { CallDescription, MatchDescription, PortDescription, ServiceDescription } from './app-description';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const seldom = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

/** What stands for each of them where only gRPC is spoken, which knows nothing but /package.Service/Method. */
const GRPC_PATHS: { [path: string]: string } = {
  '/': '/orders.v1.Orders/List',
  '/orders': '/orders.v1.Orders/Put',
  '/orders/': '/orders.v1.Orders/G',
  '/orders/1': '/orders.v1.Orders/Create',
  '/cart': '/cart.v1.Cart/Get',
  '/orders/*': '/orders.v1.Orders/*',
  '/orders/{*}': '/cart.v1.Cart/*',
  '/orders/{*}/items': '/orders.v1.*',
  '/orders/{**}': '/*',
  '/{*}/items': '/cart.v1.Cart/Get',
  '*.html': '/cart.*',
};

export const drawnMatches: fc.Arbitrary<MatchDescription> = fc.record({
  header: optional(fc.record({
    name: fc.constantFrom('x-user', 'x-preview'), kind: fc.constantFrom('exactly' as const, 'prefix' as const, 'regex' as const, 'present' as const),
  })),
  path: optional(fc.record({
    kind: fc.constantFrom('exactly' as const, 'prefix' as const), text: fc.constantFrom('/orders', '/orders/', '/orders/1', '/cart'), ignoreCase: fc.nat(5).map(drawn => drawn === 0),
  })),
  method: optional(fc.constantFrom('GET', 'POST')),
  query: seldom(fc.record({ name: fc.constantFrom('preview', 'page'), value: optional(fc.constantFrom('1', '2')) })),
  authority: seldom(fc.constantFrom('orders', 'beta.')),
  without: seldom(fc.record({ name: fc.constantFrom('x-bot', 'x-old'), value: optional(fc.constantFrom('1', '2')) })),
}).map(match => Object.values(match).some(condition => condition !== undefined) ? match : { header: { name: 'x-user', kind: 'present' as const } });

/**
 * A prefix beside a call's pattern with a wildcard inside: nobody can say in one match what both accept. Nor has a
 * service of gRPC alone other paths than methods.
 */
export function sayable({ path, ...match }: MatchDescription, of: ServiceDescription, calls: CallDescription[]): MatchDescription {
  const patterned = calls.some(call => call.server === of.key && call.paths?.some(pattern => pattern.includes('{') || pattern.startsWith('*.')));
  const grpc = of.ports.filter(isHttp).every(({ protocol }) => protocol === 'grpc');
  return { ...match, method: grpc ? match.method && 'POST' : match.method, path: path && { kind: patterned ? 'exactly' : path.kind, text: grpc ? grpcPath(path.text) : path.text, ignoreCase: path.ignoreCase && !patterned } };
}

export function grpcPath(path: string): string {
  return GRPC_PATHS[path] ?? path;
}

export function isHttp({ protocol }: Pick<PortDescription, 'protocol'>): boolean {
  return ['http', 'http2', 'grpc'].includes(protocol);
}
