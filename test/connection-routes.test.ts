import { Duration } from 'cdk8s';
import {
  CanaryEngine, ConnectionPool, ConnectionRouteOptions, ExistingService, GatewayServer, MeshGateway, MeshJob, MeshPort, MeshPortOptions, MeshService,
  RouteMatch, ServiceVersion, SessionAffinity, StringMatch,
} from '../src';
import { find, lookUp, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const PAY = 'pay.example.com';
const EU = '*.eu.example.com';
const HOST = 'ledger.shop.svc.cluster.local';

/** A ledger with a replica beside its own version, two clients, and what the test adds. */
class Ledger extends World {
  public readonly ledger: MeshService;
  public readonly frontend = this.service('frontend');
  public readonly batch = new MeshJob(this.shop, 'batch', { image: 'ghcr.io/acme/batch:1.0.0' });

  constructor(...ports: MeshPort[]) {
    super();
    this.ledger = this.service('ledger', { ports });
    new ServiceVersion(this.shop, 'replica', { service: this.ledger });
    const { name } = ports.find(port => !port._isHttp)!;
    this.frontend.calls(this.ledger, { port: name });
    this.batch.calls(this.ledger, { port: name });
  }

  public get manifests(): Manifest[] {
    return synthesize(this.shop);
  }

  public get spec(): Manifest {
    return find(this.manifests, 'VirtualService', 'ledger').spec;
  }
}

const tls = (options: MeshPortOptions = { sniHosts: [PAY, EU] }) => MeshPort.tls(8443, options);
const of = (name: string) => ({ sourceNamespace: 'shop', sourceLabels: { 'service.istio.io/canonical-name': name } });
const to = (subset: string) => [{ destination: { host: HOST, subset } }];
const REST = [{ destination: { host: HOST, subset: 'v1' }, weight: 100 }, { destination: { host: HOST, subset: 'replica' }, weight: 0 }];

describe('connections over TCP', () => {
  test('go by who makes them, and the others by the shares', () => {
    const world = new Ledger(MeshPort.tcp(5432));
    world.ledger.addConnectionRoute('readers', { clients: [world.frontend, world.batch], version: 'replica' });

    expect(world.spec).toEqual({
      hosts: [HOST],
      tcp: [
        { match: [{ port: 5432, ...of('frontend') }, { port: 5432, ...of('batch') }], route: to('replica') },
        { match: [{ port: 5432 }], route: REST },
      ],
    });
  });

  test('have the shares that a route says', () => {
    const world = new Ledger(MeshPort.mysql(3306));
    world.ledger.addConnectionRoute('readers', { clients: [world.batch], versions: { v1: 30, replica: 70 } });

    expect(world.spec.tcp[0].route.map(({ destination, weight }: any) => [destination.subset, weight])).toEqual([['v1', 30], ['replica', 70]]);
  });

  test('name the port where there are several', () => {
    const world = new Ledger(MeshPort.http(8080), MeshPort.tcp(5432), MeshPort.tcp(5433, { name: 'tcp-admin' }));
    world.ledger.addConnectionRoute('readers', { port: 'tcp', clients: [world.batch], version: 'replica' });

    const numbers = ({ match: [{ port, sourceLabels }], route }: any) => [port, route[0].destination.port.number, sourceLabels !== undefined];
    expect(world.spec.tcp.map(numbers)).toEqual([[5432, 5432, true], [5432, 5432, false], [5433, 5433, false]]);
    expect(world.spec.http).toBeDefined();
  });

  test('have a route of their own where nothing shares the others: Istio\'s goes on for them', () => {
    const world = new World();
    const ledger = world.service('ledger', { ports: [MeshPort.tcp(5432)] });
    const frontend = world.service('frontend');
    frontend.calls(ledger);
    ledger.addConnectionRoute('readers', { clients: [frontend], version: 'v1' });

    expect(find(synthesize(world.shop), 'VirtualService', 'ledger').spec.tcp).toEqual([{ match: [{ port: 5432, ...of('frontend') }], route: to('v1') }]);
  });

  test('of something that exists go to its versions, and its clients are known by their own labels', () => {
    const world = new World();
    const existing = (name: string, ports?: MeshPort[]) => new ExistingService(world.shop, name, {
      serviceAccount: name, podLabels: { instance: name }, ports, versions: ports && [{ name: 'blue', labels: { color: 'blue' } }, { name: 'green', labels: { color: 'green' } }],
    });
    const [queue, reader] = [existing('queue', [MeshPort.tcp(5672)]), existing('reader')];
    reader.calls(queue);
    queue.addConnectionRoute('readers', { clients: [reader], version: 'green' });

    expect(find(synthesize(world.shop), 'VirtualService', 'queue').spec.tcp).toEqual([
      { match: [{ port: 5672, sourceNamespace: 'shop', sourceLabels: { instance: 'reader' } }], route: [{ destination: { host: 'queue.shop.svc.cluster.local', subset: 'green' } }] },
    ]);
  });

  test('bear no cookies, whatever requests beside them do', () => {
    const world = new World();
    const orders = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.tcp(5432)] });
    new ServiceVersion(world.shop, 'eu', { service: orders, weight: 20, sessionAffinity: SessionAffinity.byCookie('v') });

    expect(JSON.stringify(find(synthesize(world.shop), 'VirtualService', 'orders').spec.tcp)).not.toContain('headers');
  });
});

describe('connections over TLS', () => {
  test('of a port with names are led by them from the beginning, and the service\'s own host is one', () => {
    const world = new World();
    world.service('ledger', { ports: [tls()] });

    expect(find(synthesize(world.shop), 'VirtualService', 'ledger').spec).toEqual({
      hosts: [HOST, EU, PAY],
      tls: [HOST, PAY, EU].map(name => ({ match: [{ port: 8443, sniHosts: [name] }], route: [{ destination: { host: HOST } }] })),
    });
  });

  test('of a port without names are left to Istio', () => {
    const world = new World();
    world.service('ledger', { ports: [MeshPort.tls(8443)] });

    expect(lookUp(synthesize(world.shop), 'VirtualService', 'ledger')).toBeUndefined();
  });

  test('go by their names, each of which has a match of its own, and no name two routes', () => {
    const world = new Ledger(tls());
    world.ledger.addConnectionRoute('pay', { sniHosts: [PAY, 'de.eu.example.com'], version: 'replica' });

    expect(world.spec.tls.map(({ match, route }: any) => [match, route.length])).toEqual([
      [[{ port: 8443, sniHosts: [PAY] }], 1],
      [[{ port: 8443, sniHosts: ['de.eu.example.com'] }], 1],
      [[{ port: 8443, sniHosts: [HOST] }], 2],
      [[{ port: 8443, sniHosts: [EU] }], 2],
    ]);
  });

  test('go by names and clients at once', () => {
    const world = new Ledger(tls());
    world.ledger.addConnectionRoute('first', { sniHosts: [PAY], clients: [world.frontend, world.batch], version: 'replica' });
    world.ledger.addConnectionRoute('others', { sniHosts: [PAY], versions: { v1: 50, replica: 50 } });

    expect(world.spec.tls.slice(0, 2).map(({ match }: any) => match)).toEqual([
      [{ port: 8443, sniHosts: [PAY], ...of('frontend') }, { port: 8443, sniHosts: [PAY], ...of('batch') }],
      [{ port: 8443, sniHosts: [PAY] }],
    ]);
    expect(world.spec.tls.slice(2).map(({ match }: any) => match[0].sniHosts)).toEqual([[HOST], [EU]]);
  });

  test('of a client go by all names of the port where it says none', () => {
    const world = new Ledger(tls());
    world.ledger.addConnectionRoute('batch', { clients: [world.batch], version: 'replica' });

    expect(world.spec.tls.map(({ match: [{ sniHosts, sourceLabels }] }: any) => [sniHosts[0], sourceLabels !== undefined])).toEqual([
      [HOST, true], [PAY, true], [EU, true], [HOST, false], [PAY, false], [EU, false],
    ]);
  });

  test('have hosts in the VirtualService once, whatever is below a wildcard', () => {
    const world = new World();
    world.service('ledger', { ports: [tls({ sniHosts: ['de.eu.example.com', EU, HOST] }), MeshPort.tls(9443, { name: 'tls-admin', sniHosts: [EU, PAY] })] });
    const { spec } = find(synthesize(world.shop), 'VirtualService', 'ledger');

    expect(spec.hosts).toEqual([HOST, EU, PAY]);
    expect(spec.tls.map(({ match: [{ port, sniHosts }] }: any) => `${port} ${sniHosts}`)).toEqual([
      `8443 ${HOST}`, '8443 de.eu.example.com', `8443 ${EU}`, `9443 ${HOST}`, `9443 ${EU}`, `9443 ${PAY}`,
    ]);
  });

  test('stand beside requests by the service\'s own host', () => {
    const world = new Ledger(MeshPort.http(8080), tls({ sniHosts: [HOST] }));

    expect(world.spec.hosts).toEqual([HOST]);
    const route = REST.map(({ destination, weight }) => ({ destination: { ...destination, port: { number: 8443 } }, weight }));
    expect(world.spec.tls).toEqual([{ match: [{ port: 8443, sniHosts: [HOST] }], route }]);
  });
});

describe('a release', () => {
  test.each([[0, [100, 0], 'v1'], [1, [90, 10], 'v2'], [2, [0, 100], 'v2']])('at stage %i moves the shares of all names, and a route to its version leads there when its pods are there', (stage, weights, open) => {
    const world = new World();
    const orders = world.service('ledger', { ports: [tls()] });
    world.release(orders, { stage });
    orders.addConnectionRoute('testers', { sniHosts: [PAY], version: 'v2' });
    const [testers, ...rest] = find(synthesize(world.shop), 'VirtualService', 'ledger').spec.tls;

    expect(testers.route.find(({ weight }: any) => weight === 100).destination.subset).toBe(open);
    expect(rest.map(({ route }: any) => route.map(({ weight }: any) => weight))).toEqual([weights, weights]);
  });

  test('may have nobody but a route\'s clients try it at the second 0', () => {
    const world = new Ledger(MeshPort.tcp(5432));
    world.release(world.ledger, { stages: [0, 0, 100], stage: 1 });
    world.ledger.addConnectionRoute('testers', { clients: [world.batch], version: 'v2' });

    expect(world.spec.tcp[0].route.map(({ destination, weight }: any) => [destination.subset, weight])).toEqual([['v1', 0], ['v2', 100]]);
  });

  test('of Argo Rollouts moves each name by itself, and leaves those alone that a route leads', () => {
    const world = new World();
    const ledger = world.service('ledger', { ports: [tls()] });
    ledger.addConnectionRoute('kept', { sniHosts: [PAY], version: 'v1' });
    world.release(ledger, { engine: CanaryEngine.argoRollouts(), image: undefined, stages: [0, 50, 100], stage: undefined });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Rollout', 'ledger').spec.strategy.canary.trafficRouting.istio.virtualServices).toEqual([
      { name: 'ledger', tlsRoutes: [{ port: 8443, sniHosts: [HOST] }, { port: 8443, sniHosts: [EU] }] },
    ]);
    const [kept] = find(manifests, 'VirtualService', 'ledger').spec.tls;
    expect(kept).toEqual({ match: [{ port: 8443, sniHosts: [PAY] }], route: [{ destination: { host: 'ledger-stable.shop.svc.cluster.local' } }] });
  });
});

describe('a gateway', () => {
  const exposed = (route: ConnectionRouteOptions, hosts: string[], sniHosts = [PAY, EU]) => {
    const world = new Ledger(tls({ sniHosts }));
    new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.tlsPassthrough(['*.example.com'])] }).exposes(world.ledger, { hosts });
    world.ledger.addConnectionRoute('route', route);
    const { spec } = find(world.manifests, 'VirtualService', 'ledger-edge-443-tls');
    return spec.tls.map(({ match: [{ sniHosts: names, ...match }], route: [first] }: any) => [names.join(), first.destination.subset, match]);
  };
  const AT = { port: 443 };

  test('leads by the names, whatever of them it exposes', () => {
    const route = { sniHosts: [EU], version: 'replica' };

    expect(exposed(route, [PAY, 'de.eu.example.com'])).toEqual([['de.eu.example.com', 'replica', AT], [PAY, 'v1', AT]]);
    expect(exposed(route, ['*.example.com'])).toEqual([[EU, 'replica', AT], [PAY, 'v1', AT], ['*.example.com', 'v1', AT]]);
  });

  test('leaves to other services what it leads there', () => {
    const world = new Ledger(tls());
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.tlsPassthrough(['*.example.com'])] });
    edge.exposes(world.ledger, { hosts: ['*.example.com'] });
    edge.exposes(world.service('vault', { ports: [MeshPort.tls(8443)] }), { hosts: [PAY] });
    world.ledger.addConnectionRoute('route', { sniHosts: [PAY], version: 'replica' });

    expect(find(world.manifests, 'VirtualService', 'ledger-edge-443-tls').spec.tls.map(({ match: [{ sniHosts }] }: any) => sniHosts)).toEqual([[EU], ['*.example.com']]);
  });

  test('goes by the closest name, as the mesh does', () => {
    expect(exposed({ sniHosts: [EU], version: 'replica' }, ['de.eu.example.com'], ['de.eu.example.com', EU])).toEqual([['de.eu.example.com', 'v1', AT]]);
  });

  test('is no client of a route', () => {
    const world = new Ledger(tls(), MeshPort.tcp(5432));
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.tlsPassthrough([PAY]), GatewayServer.tcp(5432)] });
    edge.exposes(world.ledger, { port: 'tls', hosts: [PAY] });
    edge.exposes(world.ledger, { port: 'tcp', gatewayPort: 5432 });
    world.ledger.addConnectionRoute('batch', { port: 'tls', clients: [world.batch], version: 'replica' });

    for (const [name, field] of [['ledger-edge-443-tls', 'tls'], ['ledger-edge-5432-tcp', 'tcp']]) {
      const { [field]: routes } = find(world.manifests, 'VirtualService', name).spec;
      expect(routes).toHaveLength(1);
      expect(JSON.stringify(routes)).not.toContain('source');
      expect(routes[0].route).toHaveLength(2);
    }
  });
});

test('a route to another version opens nothing', () => {
  const walls = (routed: boolean) => {
    const world = new Ledger(tls());
    if (routed) {
      world.ledger.addConnectionRoute('batch', { clients: [world.batch], sniHosts: [PAY], version: 'replica' });
    }
    return world.manifests.filter(({ kind }) => ['AuthorizationPolicy', 'NetworkPolicy', 'Sidecar'].includes(kind));
  };

  expect(walls(true)).toEqual(walls(false));
  expect(walls(true).length).toBeGreaterThan(5);
});

test('routes of requests and of connections have names of their own', () => {
  const world = new Ledger(MeshPort.http(8080), MeshPort.tcp(5432));
  world.ledger.addRoute('readers', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'replica' });
  world.ledger.addConnectionRoute('readers', { clients: [world.batch], version: 'replica' });

  expect(() => world.synth()).not.toThrow();
});

test('pings of HTTP/2 are the pool\'s', () => {
  const world = new World();
  const pool = ConnectionPool.of({ http2Keepalive: { interval: Duration.seconds(30), timeout: Duration.millis(500) } });
  world.service('orders', { ports: [MeshPort.grpc(50051)], connectionPool: pool });

  expect(find(synthesize(world.shop), 'DestinationRule', 'orders').spec.trafficPolicy.connectionPool).toEqual({ http: { http2KeepAlive: { interval: '30s', timeout: '500ms' } } });
});

test('TLS goes by the short names that its port says of itself, and by those of what only looks like a service', () => {
  const world = new Ledger(tls({ sniHosts: ['ledger.shop', 'ledger.shop.svc', 'pay.shop'] }));
  world.ledger.addConnectionRoute('short', { sniHosts: ['ledger.shop', 'pay.shop'], version: 'replica' });

  const [short] = world.spec.tls.filter(({ route }: any) => route[0].destination.subset === 'replica');
  expect(world.spec.tls.flatMap(({ match }: any) => match.flatMap(({ sniHosts }: any) => sniHosts))).toEqual(expect.arrayContaining(['ledger.shop', 'ledger.shop.svc', 'pay.shop']));
  expect(short.match[0].sniHosts).toContain('ledger.shop');
});
