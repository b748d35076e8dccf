import * as fc from 'fast-check';
import { CallDescription, ConnectionRouteDescription, PortDescription, ServiceDescription } from './app-description';

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Where some connections are to go: what it refers to is a number, which is looked up in what there is. */
export const drawnConnections = fc.record({
  service: fc.nat(5),
  port: fc.nat(2),
  clients: optional(fc.array(fc.nat(5), { minLength: 1, maxLength: 2 })),
  names: optional(fc.subarray([0, 1, 2, 3], { minLength: 1, maxLength: 2 })),
  version: fc.nat(3),
  shared: fc.boolean(),
});

/** Those that are for anything, and for what none before is for. */
export function connectionRoutesOf(
  drawn: Drawn<typeof drawnConnections>[], services: ServiceDescription[], calls: CallDescription[], released: (of: string) => string | undefined,
): ConnectionRouteDescription[] {
  const taken = new Set<string>();
  return drawn.flatMap((route, index): ConnectionRouteDescription[] => {
    const { service, port: at, clients: drawnClients, names: drawnNames, version, shared } = route;
    const of = services[service % services.length];
    const ports = ['existing', 'machines'].includes(of.type) || of.headless ? [] : of.ports.filter(isTold);
    if (ports.length === 0) {
      return [];
    }
    const port = ports[at % ports.length];
    const declared = calls.filter(call => call.server === of.key && call.port === port.name && call.client !== 'ingress');
    const callers = [...new Set(declared.map(({ client }) => client))];
    const clients = drawnClients && callers.length > 0 ? [...new Set(drawnClients.map(each => callers[each % callers.length]))] : undefined;
    const has = port.named === 'more' ? [0, 1, 2] : port.named ? [0] : [];
    const names = drawnNames && port.named ? [...new Set(drawnNames.filter(name => port.named === 'more' || name === 0))] : undefined;
    if (names?.length === 0 || (!clients && !names)) {
      return [];
    }
    const pairs = (names ?? (port.named ? has : [-1])).flatMap(name => (clients ?? ['*']).map(client => [of.key, port.name, name, client].join(' ')));
    const everybody = (pair: string) => `${pair.split(' ').slice(0, 3).join(' ')} *`;
    if (pairs.some(pair => taken.has(pair) || taken.has(everybody(pair)))) {
      return [];
    }
    pairs.forEach(pair => taken.add(pair));
    const versions = ['v1', ...(of.versions ?? []).map(({ name }) => name), ...[released(of.key) ?? []].flat()];
    const one = versions[version % versions.length];
    const other = versions[(version + 1) % versions.length];
    return [{ service: of.key, port: port.name, name: `connections-${index}`, clients, names, versions: shared && other !== one ? { [one]: 70, [other]: 30 } : { [one]: 100 } }];
  });
}

function isTold({ protocol, named }: PortDescription): boolean {
  return protocol === 'tcp' || named !== undefined;
}
