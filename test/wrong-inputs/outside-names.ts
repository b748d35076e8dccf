import { EgressGateway, Endpoint, ExternalService, ExternalServiceProps, Mesh, MeshPort, TlsOrigination } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { WrongInput } from '../support/wrong-input';

const WILD = { host: '*.wikipedia.org', ports: [MeshPort.tls(443)], servedBy: 'www.wikipedia.org' };

/** Names by which something outside is found, and called. */
export const wrongOutsideNames: WrongInput[] = [
  external('one host that another answers for', { servedBy: 'www.example.com' }, 'InvalidHost', 'servedBy', '"www.example.com"', 'endpoints'),
  external('a wildcard that a wildcard answers for', { ...WILD, servedBy: '*.wikipedia.org' }, 'InvalidHost', 'servedBy', '"*.wikipedia.org"', 'the name alone'),
  external('a wildcard that an address answers for', { ...WILD, servedBy: '198.35.26.96' }, 'InvalidHost', 'servedBy', '"198.35.26.96"', 'the name alone'),
  external('a wildcard that somebody answers for with a port', { ...WILD, servedBy: 'www.wikipedia.org:443' }, 'InvalidHost', 'servedBy', '"www.wikipedia.org:443"', 'no scheme, port'),
  external('a wildcard that a service answers for', { ...WILD, servedBy: 'orders.shop.svc.cluster.local' }, 'InvalidHost', 'servedBy', '"orders.shop.svc.cluster.local"', 'MeshService'),
  {
    mistake: 'a wildcard that a service of a cluster of another domain answers for',
    make: (world) => {
      new Mesh(world.app, 'mesh', { clusterDomain: 'acme.internal' });
      new ExternalService(world.shop, 'books', { ...WILD, servedBy: 'orders.acme.internal' });
      world.synth();
    },
    code: 'InvalidHost',
    path: 'shop/books',
    property: 'servedBy',
    received: '"orders.acme.internal"',
    fix: ['MeshService'],
  },
  external('TLS of the proxies\' to many names of one host', { ...WILD, ports: [MeshPort.http(80, { tls: TlsOrigination.simple() })] }, 'WildcardHost', 'ports[0].tls', '"*.wikipedia.org"',
    'Describe each host'),
  external('TCP to many names of one host', { ...WILD, ports: [MeshPort.tcp(5432)] }, 'WildcardHost', 'ports[0]', '"tcp"', 'MeshPort.tls()'),
  external('addresses beside the one host of a wildcard', { ...WILD, endpoints: [Endpoint.of('198.35.26.96')] }, 'WildcardHost', 'endpoints', '"*.wikipedia.org"', 'Leave it out'),
  ...[['*.wikipedia.org', 'en.wikipedia.org'], ['en.wikipedia.org', '*.wikipedia.org'], ['*.wikipedia.org', '*.en.wikipedia.org']].map(([first, second]): WrongInput => ({
    mistake: `${second} beside ${first} at one gateway`,
    make: (world) => {
      const through = new EgressGateway(world.shop, 'out');
      const servedBy = (host: string) => host.startsWith('*') ? 'www.wikipedia.org' : undefined;
      new ExternalService(world.shop, 'first', { host: first, servedBy: servedBy(first), ports: [MeshPort.tls(443)], through });
      new ExternalService(world.shop, 'books', { host: second, servedBy: servedBy(second), ports: [MeshPort.tls(443)], through });
    },
    code: 'AmbiguousHost',
    path: 'shop/books',
    property: 'host',
    received: JSON.stringify(second),
    fix: ['gateway of its own'],
  })),
  external('an alias in capitals', { alias: 'Books' }, 'InvalidName', 'alias', '"Books"', 'lower case'),
  external('an alias that begins with a digit', { alias: '1-books' }, 'InvalidName', 'alias', '"1-books"', 'start with a letter'),
  external('an alias by which a pod finds itself', { alias: 'localhost', ports: [MeshPort.http(80)] }, 'InvalidHost', 'alias', '"localhost"', 'what it leads to'),
  external('an alias in a namespace', { alias: 'books.shop' }, 'InvalidName', 'alias', '"books.shop"', 'lower case'),
  external('an alias of many hosts', { ...WILD, ports: [MeshPort.http(80)], alias: 'books' }, 'WildcardHost', 'alias', '"*.wikipedia.org"', 'one host'),
  external('an alias that no certificate bears', { ports: [MeshPort.http(80), MeshPort.tls(443)], alias: 'books' }, 'NotHttp', 'ports[1]', '"tls"', 'TlsOrigination.simple()'),
  external('an alias of what bears no name', { ports: [MeshPort.tcp(5432)], alias: 'books' }, 'NotHttp', 'ports[0]', '"tcp"', 'own name'),
  external('an alias of addresses', { endpoints: [Endpoint.of('198.35.26.96')], alias: 'books' }, 'InvalidHost', 'alias', '"books"', 'by its own name'),
  {
    mistake: 'an alias that a service has for its name',
    make: (world) => {
      world.service('catalogue');
      new ExternalService(world.shop, 'books', { host: 'books.example.com', ports: [MeshPort.http(80)], alias: 'catalogue' });
    },
    code: 'DuplicateName',
    path: 'shop/books',
    property: 'alias',
    received: '"catalogue"',
    fix: ['another name'],
  },
];

function external(
  mistake: string, props: Partial<ExternalServiceProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  const make: WrongInput['make'] = world => new ExternalService(world.shop, 'books', { host: 'books.example.com', ports: [MeshPort.http(80)], ...props });
  return { mistake, make, code, path: 'shop/books', property, received, fix: [fix] };
}
