import { App } from 'cdk8s';
import * as fc from 'fast-check';
import { ConnectionRouteDescription, namesOf, PortDescription, RandomApp, ServiceDescription } from './support/app-description';
import { build, existingPods } from './support/build-app';
import { connectionTo } from './support/connection-model';
import { lookUp, Manifest, synthesizeApp } from './support/manifests';
import { randomApps } from './support/random-app';

const RUNS = { numRuns: 60 };

/** Apps in which something is said of connections. */
const connected = () => randomApps().filter(({ connections, services }) => (
  connections.length > 0 || services.some(({ ports }) => ports.some(isNamed))));

const isNamed = ({ named }: PortDescription) => named !== undefined;

const labelsOf = ({ name, type }: ServiceDescription) => type === 'existing' ? existingPods(name).podLabels : { 'service.istio.io/canonical-name': name };

/** Names that clients may give: those of the port, below and beside them, and others. */
const givenTo = (server: ServiceDescription) => [...namesOf(server).map(name => name.replace('*', 'b')), `a.b.${namesOf(server)[1]}`, 'other.example.org', undefined];

const length = (name: string, given: string) => name === given || (name.startsWith('*.') && given.endsWith(name.slice(1))) ? name.length : 0;

/** What the description says of a connection: the versions that get a share of it, or `closed`. */
function said(app: RandomApp, server: ServiceDescription, port: PortDescription, client: string, given?: string): string {
  const names = port.named === 'more' ? namesOf(server).slice(0, 3) : namesOf(server).slice(0, 1);
  const all = (route: ConnectionRouteDescription) => port.named ? route.names?.map(each => namesOf(server)[each]) ?? names : ['*'];
  const ofPort = app.connections.filter(route => route.service === server.key && route.port === port.name);
  const own = ofPort.filter(({ clients }) => !clients || clients.includes(client));
  if (!port.named) {
    return own.length > 0 ? sharesOf(app, server, own[0]) : 'rest';
  }
  const known = [...own.flatMap(all), ...names];
  const [closest] = given === undefined ? [] : known.filter(name => length(name, given) > 0).sort((a, b) => length(b, given) - length(a, given));
  const route = own.find(each => all(each).includes(closest));
  return closest === undefined ? 'closed' : route ? sharesOf(app, server, route) : 'rest';
}

/** At the first stage of a release nothing goes to its version. */
function sharesOf(app: RandomApp, { key }: ServiceDescription, { versions }: ConnectionRouteDescription): string {
  const release = app.releases.find(({ service, stage }) => service === key && stage === 0);
  const shares = Object.entries(versions).map(([version, share]) => ({ version: version === release?.version ? 'v1' : version, share }));
  const total = (version: string) => shares.filter(each => each.version === version).reduce((sum, { share }) => sum + share, 0);
  return [...new Set(shares.map(({ version }) => version))].sort().map(version => `${version} ${total(version)}`).join(', ');
}

const manifestsOf = (description: RandomApp): Manifest[] => {
  const app = new App();
  build(app, description);
  return synthesizeApp(app);
};

test('each connection goes where the closest name, and of that the first route that is for its client, says; what no route takes keeps the shares', () => {
  fc.assert(fc.property(connected(), (app) => {
    const manifests = manifestsOf(app);
    for (const server of app.services.filter(({ type, headless }) => type !== 'machines' && type !== 'existing' && !headless)) {
      for (const port of server.ports.filter(({ protocol, named }) => protocol === 'tcp' || named)) {
        const spec = lookUp(manifests, 'VirtualService', server.name, server.namespace)?.spec ?? {};
        const shared = app.releases.some(({ service }) => service === server.key) || (server.versions ?? []).length > 0;
        for (const client of app.services) {
          for (const given of port.named ? givenTo(server) : [undefined]) {
            const found = connectionTo(spec, { port: port.number, labels: labelsOf(client), namespace: client.namespace, name: given, tls: port.protocol === 'tls' });
            const expected = said(app, server, port, client.key, given);
            // Without shares each pod gets the same, of whatever version
            const all = found === 'default' || (Array.isArray(found) && found.every(({ destination }) => destination.subset === undefined));
            const kept = (Array.isArray(found) && found.length > 1) || (!shared && all);
            expect(expected === 'rest' && kept ? 'rest' : Array.isArray(found) ? sharesIn(found) : found).toBe(expected);
          }
        }
      }
    }
  }), RUNS);
});

const sharesIn = (route: Manifest[]) => route.filter(({ weight }) => weight !== 0)
  .map(({ destination: { subset }, weight = 100 }) => `${subset} ${weight}`).sort().join(', ');

test('every name in a route is one of the hosts, of which none is below another, and a host of nobody else', () => {
  fc.assert(fc.property(connected(), (app) => {
    const mesh = manifestsOf(app).filter(({ kind, spec }) => kind === 'VirtualService' && !spec.gateways);
    for (const { spec: { hosts, tls = [] } } of mesh) {
      hosts.forEach((host: string) => expect(hosts.filter((other: string) => length(other, host) > 0)).toEqual([host]));
      tls.flatMap(({ match }: any) => match).forEach(({ sniHosts }: any) => {
        expect(sniHosts).toHaveLength(1);
        expect(hosts.some((host: string) => length(host, sniHosts[0]) > 0)).toBe(true);
      });
      const having = (host: string) => mesh.filter(({ spec }) => spec.hosts.some((other: string) => length(other, host) > 0));
      hosts.forEach((host: string) => expect(having(host)).toHaveLength(1));
    }
  }), RUNS);
});

test('the routes of connections open nothing', () => {
  const walls = (app: RandomApp) => manifestsOf(app).filter(({ kind }) => ['AuthorizationPolicy', 'NetworkPolicy', 'Sidecar'].includes(kind));

  fc.assert(fc.property(connected(), (app) => {
    expect(walls(app)).toEqual(walls({ ...app, connections: [] }));
  }), { numRuns: 20 });
});

test('the model refuses what Envoy would refuse', () => {
  const route = [{ destination: { host: 'a' } }];
  const at = { port: 443, labels: {}, namespace: 'shop', name: 'a.example.com', tls: true };

  const named = (...sniHosts: string[]) => ({ match: [{ port: 443, sniHosts }], route });
  expect(connectionTo({ tls: [named('a.example.com'), named('a.example.com')] }, at)).toBe(route);
  expect(() => connectionTo({ tls: [named('a.example.com'), named('a.example.com', 'b.example.com')] }, at)).toThrow('same matching rules');
});
