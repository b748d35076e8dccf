import { App, Chart } from 'cdk8s';
import * as fc from 'fast-check';
import { MeshAlerts } from '../src';
import { CallDescription, ExternalDescription, GatewayDescription, PortDescription, RandomApp, RouteDescription, ServiceDescription } from './support/app-description';
import { build, CATALOG, existingPods, INGRESS, PEER_PORT } from './support/build-app';
import { LIMITER } from './support/build-filters';
import { find, lookUp, Manifest, synthesizeApp } from './support/manifests';
import { copiesOf, randomApps } from './support/random-app';

/** Few enough to stay quick: the seeds differ from run to run, and a failure prints the one to repeat. */
const RUNS = { numRuns: 30 };

function manifestsOf(description: RandomApp): Manifest[] {
  const app = new App();
  build(app, description);
  return synthesizeApp(app);
}

/** What YAML is made of, the order of keys included. */
function bytesOf(description: RandomApp): string {
  return JSON.stringify(manifestsOf(description));
}

test('the order of calls, and the place of the Mesh, change no byte', () => {
  const reordered = randomApps().chain(description => fc.record({
    description: fc.constant(description),
    calls: fc.shuffledSubarray(description.calls, { minLength: description.calls.length }),
    first: fc.boolean(),
  }));

  fc.assert(fc.property(reordered, ({ description, calls, first }) => {
    const mesh = description.mesh && { ...description.mesh, first };
    expect(bytesOf({ ...description, calls, mesh })).toBe(bytesOf(description));
  }), RUNS);
});

/** Where something outside is, as the network is to know it. */
function blocksOf({ cidrs, endpoints, addresses }: ExternalDescription): string[] | undefined {
  return cidrs ?? (endpoints ?? addresses)?.map(blockOf);
}

function blockOf(address: string): string {
  return address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`;
}

describe('what is declared is open, and nothing else is:', () => {
  /** What gateways expose is declared to them as a call is. */
  const saidIn = ({ calls, gateways }: RandomApp): CallDescription[] => [
    ...calls,
    ...gateways.flatMap(gateway => gateway.exposures.map(({ service, port, methods, paths }) => (
      { client: gatewayKey(gateway), server: service, port, methods, paths }))),
  ];
  /** With what is copied, and without what the clients' proxies answer. */
  const declaredIn = (description: RandomApp) => [...saidIn(description).filter(({ stub }) => !stub), ...copiesOf(description, saidIn(description))];
  const gatewayKey = ({ namespace, name }: GatewayDescription) => `gateway ${namespace}/${name}`;
  const declaredTo = (calls: CallDescription[], client: string, server: { key: string; ports: PortDescription[] }) => calls
    .filter(call => call.client === client && call.server === server.key)
    .map((call) => {
      const { target, protocol } = server.ports.find(({ name }) => name === call.port)!;
      return { ...call, target, transport: protocol === 'udp' ? 'UDP' : 'TCP' };
    });
  const throughProxies = (calls: ReturnType<typeof declaredTo>) => calls.filter(({ transport }) => transport === 'TCP');

  const inOrder = <T>(list: T[]) => list.map(element => JSON.stringify(element)).sort();
  const portsOf = (calls: ReturnType<typeof declaredTo>) => [...new Set(calls.map(({ target, transport }) => `${target}/${transport}`))].sort();
  const podsOf = (namespace: string, podLabels: { [key: string]: string }) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector: { matchLabels: podLabels },
  });
  const labelsOf = ({ name, type }: ServiceDescription) => type === 'existing' ? existingPods(name).podLabels : { 'service.istio.io/canonical-name': name };
  const accountOf = ({ name, type }: ServiceDescription) => type === 'existing' ? existingPods(name).serviceAccount : name;
  /** The members of a quorum call each other. */
  const peersOf = ({ type }: ServiceDescription) => type === 'quorum' ? [PEER_PORT] : [];
  /** Whether its proxies ask somebody for limits. */
  const isCounted = ({ limits }: RandomApp, { key }: ServiceDescription) => limits.some(({ service, counted }) => counted && service === key);
  /** Versions that are somebody of their own: they are reached as their service is, and call nobody. */
  const ownVersionsOf = ({ name, versions = [] }: ServiceDescription) => versions.filter(({ own }) => own).map(({ name: version }) => `${name}-${version}`);
  /** As the network knows them. */
  const peersAt = (namespace: string, labels: { [key: string]: string }, machines?: string[]) => (
    machines ? machines.map(address => ({ ipBlock: { cidr: blockOf(address) } })) : [podsOf(namespace, labels)]);
  const openTo = (rules: any[], side: 'from' | 'to', peers: object[]) => rules
    .filter(rule => JSON.stringify(rule[side]) === JSON.stringify(peers)).flatMap(({ ports }) => ports.map(({ port, protocol }: { port: number; protocol: string }) => `${port}/${protocol}`)).sort();

  /** Every workload that may call, as each server has to see it. */
  const clientsOf = (description: RandomApp) => [
    ...description.services.map(service => ({
      key: service.key, namespace: service.namespace, account: accountOf(service), podLabels: labelsOf(service), machines: service.machines,
    })),
    ...description.gateways.map(gateway => ({
      key: gatewayKey(gateway), machines: undefined, namespace: gateway.namespace, account: gateway.name, podLabels: { 'service.istio.io/canonical-name': gateway.name },
    })),
    { key: 'ingress', machines: undefined, namespace: INGRESS.namespace, account: INGRESS.serviceAccount, podLabels: INGRESS.podLabels },
  ];

  test('by the server\'s identity check', () => {
    fc.assert(fc.property(randomApps(), (description) => {
      const manifests = manifestsOf(description);
      const domain = description.mesh?.trustDomain ?? 'cluster.local';
      for (const server of description.services) {
        const rules: any[] = find(manifests, 'AuthorizationPolicy', server.name, server.namespace).spec.rules ?? [];
        for (const client of clientsOf(description)) {
          const principal = `${domain}/ns/${client.namespace}/sa/${client.account}`;
          const granted = rules.filter(({ from }) => from[0].source.principals.includes(principal)).map(({ to }) => to[0].operation);
          const peers = client.key === server.key ? peersOf(server).map(port => [[String(port)], [], []]) : [];

          const moved = description.routes.filter(({ service }) => service === server.key).flatMap(({ rewritten }) => rewritten?.asked ?? []);
          const declaredPaths = (paths: string[] = []) => paths.filter(path => !moved.includes(path)).sort();
          // Without a path or a method it meets every call
          const meetsAll = ({ service, match }: RouteDescription) => service === server.key && match.some(({ path, method }) => !path && !method);
          const always = description.routes.filter(meetsAll).flatMap(({ rewritten }) => rewritten?.asked ?? []);
          granted.filter(({ paths }) => paths).forEach(({ paths }) => expect(paths).toEqual(expect.arrayContaining(always)));

          expect(inOrder(granted.map(({ ports, methods, paths }) => [ports, [...methods ?? []].sort(), declaredPaths(paths)]))).toEqual(
            inOrder([...peers, ...throughProxies(declaredTo(declaredIn(description), client.key, server)).map(({ target, methods, paths }) => (
              [[String(target)], [...methods ?? []].sort(), [...paths ?? []].sort()]))]));
        }
        const declared = clientsOf(description).flatMap(({ key }) => throughProxies(declaredTo(declaredIn(description), key, server)));
        expect(rules).toHaveLength(declared.length + peersOf(server).length);
        ownVersionsOf(server).forEach(version => expect(find(manifests, 'AuthorizationPolicy', version, server.namespace).spec.rules ?? []).toEqual(rules));
      }
    }), RUNS);
  });

  test('by the network, on both sides', () => {
    fc.assert(fc.property(randomApps(), (description) => {
      const manifests = manifestsOf(description);
      const networkOf = ({ name, namespace }: { name: string; namespace: string }) => find(manifests, 'NetworkPolicy', name, namespace).spec;
      for (const { name, namespace } of description.services.filter(({ machines }) => machines)) {
        expect(lookUp(manifests, 'NetworkPolicy', name, namespace)).toBeUndefined();
      }
      const guarded = description.services.filter(({ machines }) => !machines);
      for (const server of guarded) {
        const { ingress } = networkOf(server);
        const callers = clientsOf(description).filter(client => declaredTo(declaredIn(description), client.key, server).length > 0);

        const open = ({ key }: { key: string }) => key === server.key ? peersOf(server).map(port => `${port}/TCP`) : portsOf(declaredTo(declaredIn(description), key, server));

        expect(ingress).toHaveLength(callers.length + peersOf(server).length + 1); // Prometheus
        for (const client of clientsOf(description)) {
          expect(openTo(ingress, 'from', peersAt(client.namespace, client.podLabels, client.machines))).toEqual(open(client));
        }
      }
      for (const gateway of description.gateways) {
        const { ingress, egress } = networkOf(gateway);
        for (const server of description.services) {
          const separate = ownVersionsOf(server).map(version => podsOf(server.namespace, { 'service.istio.io/canonical-name': version }));

          expect(openTo(egress, 'to', [...peersAt(server.namespace, labelsOf(server), server.machines), ...separate]))
            .toEqual(portsOf(declaredTo(declaredIn(description), gatewayKey(gateway), server)));
        }
        const exposed = new Set(declaredIn(description).filter(({ client }) => client === gatewayKey(gateway)).map(({ server }) => server));
        expect(egress).toHaveLength(exposed.size + 2); // names and istiod
        expect(ingress[0]).toEqual({ ports: gateway.servers.map(({ port }) => ({ port: port < 1024 ? port + 8000 : port, protocol: 'TCP' })) });
      }
      for (const client of guarded) {
        for (const server of description.services) {
          const open = client.key === server.key ? peersOf(server).map(port => `${port}/TCP`) : portsOf(declaredTo(declaredIn(description), client.key, server));
          const separate = ownVersionsOf(server).map(version => podsOf(server.namespace, { 'service.istio.io/canonical-name': version }));

          expect(openTo(networkOf(client).egress, 'to', [...peersAt(server.namespace, labelsOf(server), server.machines), ...separate])).toEqual(open);
        }
        for (const version of ownVersionsOf(client)) {
          const walls = networkOf({ name: version, namespace: client.namespace });
          expect(walls.ingress).toEqual(networkOf(client).ingress);
          expect(walls.egress).toHaveLength(isCounted(description, client) ? 3 : 2); // names and istiod
        }
        expect(openTo(networkOf(client).egress, 'to', [podsOf(LIMITER.namespace, LIMITER.podLabels)])).toEqual(isCounted(description, client) ? ['8081/TCP'] : []);
        expect(openTo(networkOf(client).egress, 'to', [podsOf(CATALOG.namespace, CATALOG.podLabels)]))
          .toEqual(description.importers.includes(client.key) ? [`${CATALOG.target}/TCP`] : []);
        const outside = description.externals.filter(external => declaredTo(declaredIn(description), client.key, external).length > 0);
        const blocks = networkOf(client).egress.flatMap(({ to }: any) => to).filter(({ ipBlock }: any) => ipBlock && ipBlock.except === undefined)
          .map(({ ipBlock }: any) => ipBlock.cidr);
        const api = description.roles.some(({ workload }) => workload === client.key) ? ['0.0.0.0/0'] : [];

        const known = outside.map(blocksOf);
        const machines = description.services.filter(server => declaredTo(declaredIn(description), client.key, server).length > 0)
          .flatMap(server => server.machines ?? []);

        expect([...new Set(blocks)].sort()).toEqual([...new Set([...known.flatMap(each => each ?? []), ...machines.map(blockOf), ...api])].sort());
        const byName = description.mesh?.externalEgress === 'ciliumFqdns';

        expect(networkOf(client).egress.some(({ to }: any) => to[0].ipBlock?.except)).toBe(!byName && known.includes(undefined));
      }
    }), RUNS);
  });

  test('by the names that the network knows, if it knows any: a host is in one of the two policies', () => {
    fc.assert(fc.property(randomApps(), (description) => {
      const manifests = manifestsOf(description);
      for (const { key, name, namespace } of description.services) {
        const declared = description.mesh?.externalEgress !== 'ciliumFqdns' ? [] : description.externals.filter(external => blocksOf(external) === undefined)
          .flatMap(external => declaredTo(declaredIn(description), key, external).map(({ target }) => `${external.servedBy ?? external.host}:${target}`));
        const rules: any[] = lookUp(manifests, 'CiliumNetworkPolicy', name, namespace)?.spec.egress ?? [];
        const open = rules.filter(({ toFQDNs }) => toFQDNs)
          .flatMap(({ toFQDNs, toPorts }) => toFQDNs.map(({ matchName }: any) => `${matchName}:${toPorts[0].ports[0].port}`));

        expect(open.sort()).toEqual([...new Set(declared)].sort());
        expect(rules.length - rules.filter(({ toFQDNs }) => toFQDNs).length).toBe(declared.length > 0 ? 1 : 0); // that of look-ups
      }
    }), RUNS);
  });

  test('by the client\'s proxy', () => {
    fc.assert(fc.property(randomApps(), (description) => {
      const manifests = manifestsOf(description);
      for (const client of description.services) {
        const servers = [...description.services, ...description.externals];
        const known = [...description.calls, ...declaredIn(description)];
        const to = (key: string) => declaredTo(known, client.key, servers.find(each => each.key === key)!);
        const declared = (key: string) => throughProxies(to(key)).length > 0;
        const expected = [
          ...description.services.filter(({ key }) => declared(key)).map(({ name, namespace }) => `${namespace}/${name}.${namespace}.svc.cluster.local`),
          ...description.externals.filter(({ key }) => declared(key)).flatMap(({ host, alias, namespace }) => (
            [host, ...alias === undefined ? [] : [`${alias}.${namespace}.svc.cluster.local`]].map(each => `${namespace}/${each}`))),
          ...description.importers.includes(client.key) ? [`${CATALOG.namespace}/${CATALOG.host}`] : [],
          ...peersOf(client).map(() => `${client.namespace}/${client.name}-headless.${client.namespace}.svc.cluster.local`),
          ...description.roles.some(({ workload }) => workload === client.key) ? ['default/kubernetes.default.svc.cluster.local'] : [],
          // The namespace has a DestinationRule of its own for a program without a proxy
          ...isCounted(description, client) ? ['.', LIMITER.namespace].map(namespace => `${namespace}/limiter.${LIMITER.namespace}.svc.cluster.local`) : [],
          'istio-system/*',
        ];

        expect(inOrder(find(manifests, 'Sidecar', client.name, client.namespace).spec.egress[0].hosts)).toEqual(inOrder(expected));
      }
      for (const { key, id, namespace } of description.externals) {
        const callers = description.calls.filter(({ server }) => server === key).map(({ client }) => client.split('/')[0]);
        const visible = [...new Set(callers)].map(caller => caller === namespace ? '.' : caller);

        expect(inOrder(find(manifests, 'ServiceEntry', id, namespace).spec.exportTo)).toEqual(inOrder(visible.length > 0 ? visible : ['.']));
      }
    }), RUNS);
  });
});

const CONTROLLERS: { [type: string]: string } = { stateful: 'StatefulSet', quorum: 'StatefulSet', daemon: 'DaemonSet', job: 'Job', cron: 'CronJob' };

test('the proxy answers DNS where a call needs it, and nowhere else', () => {
  fc.assert(fc.property(randomApps(), (description) => {
    const manifests = manifestsOf(description);
    for (const { key, name, namespace, type } of description.services.filter(service => !['existing', 'machines'].includes(service.type))) {
      const called = description.externals.filter(({ key: server }) => description.calls.some(call => call.client === key && call.server === server));
      const needed = called.some(({ ports, addresses, endpoints }) => (
        addresses === undefined && (endpoints !== undefined || ports.some(({ protocol }) => protocol === 'tcp'))));
      const { spec } = find(manifests, CONTROLLERS[type] ?? 'Deployment', name, namespace);
      const config = (spec.jobTemplate?.spec ?? spec).template.metadata.annotations['proxy.istio.io/config'] ?? '';

      expect(config.includes('ISTIO_META_DNS_CAPTURE')).toBe(needed);
    }
  }), RUNS);
});

test('the weights of every split sum to 100, and every subset is one of the DestinationRule', () => {
  fc.assert(fc.property(randomApps(), (description) => {
    const manifests = manifestsOf(description);
    for (const { metadata: { name }, spec } of manifests.filter(({ kind }) => kind === 'VirtualService')) {
      const external = description.externals.some(({ id }) => id === name);
      const subsetsOf = (host: string) => {
        const [of, its] = host.split('.');
        return external ? [] : (find(manifests, 'DestinationRule', of, its).spec.subsets ?? []).map((subset: { name: string }) => subset.name);
      };
      for (const { route = [], mirror, mirrors = [] } of [...spec.http ?? [], ...spec.tcp ?? [], ...spec.tls ?? []]) {
        if (route.length > 1) {
          expect(route.reduce((sum: number, { weight }: { weight: number }) => sum + weight, 0)).toBe(100);
          route.forEach(({ weight }: { weight: number }) => expect(Number.isInteger(weight) && weight >= 0).toBe(true));
        }
        [...[...route, ...mirrors].map(({ destination }: any) => destination), mirror].filter(destination => destination?.subset !== undefined)
          .forEach(({ host, subset }) => expect(subsetsOf(host)).toContain(subset));
      }
    }
    for (const { service, version, stages, stage } of description.releases) {
      const [namespace, name] = service.split('/');
      const { http = [], tcp = [], tls = [] } = find(manifests, 'VirtualService', name, namespace).spec;
      const hasRoutes = description.connections.some(route => route.service === service);
      const connections = hasRoutes ? tcp.filter(({ match: [{ sourceLabels }] }: any) => !sourceLabels) : [...tcp, ...tls];
      const splits = [...http.filter(({ name: of, directResponse }: any) => /^canary($|\.)/.test(of) && !directResponse), ...connections];

      expect(splits.length + tls.length).toBeGreaterThan(0);
      splits.forEach(({ route }) => expect(route.map(({ destination, weight }: any) => [destination.subset, weight])).toEqual([
        ['v1', 100 - stages[stage]], [version, stages[stage]],
      ]));
    }
  }), RUNS);
});

test('the routes of one VirtualService have names of their own', () => {
  fc.assert(fc.property(randomApps(), (description) => {
    for (const { spec } of manifestsOf(description).filter(({ kind }) => kind === 'VirtualService')) {
      const names = (spec.http ?? []).map(({ name }: { name: string }) => name);
      expect(names).toEqual([...new Set(names)]);
    }
  }), RUNS);
});

test('every object has a name of its own', () => {
  fc.assert(fc.property(randomApps(), (description) => {
    const names = manifestsOf(description).map(({ kind, metadata: { namespace, name } }) => `${kind} ${namespace}/${name}`);
    expect(names).toEqual([...new Set(names)]);
  }), RUNS);
});

test('one more service changes nothing but what it calls', () => {
  const added = randomApps().chain(description => fc.record({
    description: fc.constant(description),
    namespace: fc.constantFrom(...description.namespaces.map(({ name }) => name)),
    servers: fc.subarray([...description.services, ...description.externals].filter(({ ports }) => ports.length > 0)),
    timeoutMillis: fc.option(fc.constant(1000), { nil: undefined }),
  }));

  fc.assert(fc.property(added, ({ description, namespace, servers, timeoutMillis }) => {
    const ports: PortDescription[] = [{ name: 'http', protocol: 'http', number: 8080, target: 8080 }];
    const extra: ServiceDescription = { key: `${namespace}/extra`, type: 'deployment', name: 'extra', namespace, ports };
    const calls = servers.map(({ key, ports: [{ name, protocol }] }): CallDescription => ({
      client: extra.key, server: key, port: name, timeoutMillis: ['http', 'http2', 'grpc'].includes(protocol) ? timeoutMillis : undefined,
    }));
    const { routes, services } = description;
    const sent = (server: { key: string }) => (
      routes.filter(({ service }) => service === server.key).flatMap(({ to }) => services.filter(({ key }) => key === to)));
    const called = [...servers, ...servers.flatMap(sent)].flatMap(server => 'id' in server ? [`${server.namespace}/${server.id}`]
      : [server.key, ...(server.versions ?? []).map(({ name }) => `${server.key}-${name}`)]);
    const untouched = (manifests: Manifest[]) => manifests
      .filter(({ metadata }) => ![extra.key, ...called].includes(`${metadata.namespace}/${metadata.name}`));

    expect(untouched(manifestsOf({ ...description, services: [...description.services, extra], calls: [...calls, ...description.calls] })))
      .toEqual(untouched(manifestsOf(description)));
  }), RUNS);
});

test('every declared call with requests has one group of alerts, and every group is of a service or a call', () => {
  const requests = ({ ports }: { ports: PortDescription[] }, port?: string) => ports
    .some(({ name, protocol }) => (port === undefined || name === port) && ['http', 'http2', 'grpc', 'grpc-web'].includes(protocol));

  fc.assert(fc.property(randomApps(), (description) => {
    const { services, externals, calls } = description;
    const client = (key: string) => services.find(service => service.key === key);
    // What pods that something else deploys ask outside needs a label of theirs
    fc.pre(services.some(service => requests(service))
      && !calls.some(call => client(call.client)?.type === 'existing' && externals.some(({ key }) => key === call.server)));
    const app = new App();
    build(app, description);
    new MeshAlerts(new Chart(app, 'alerts', { namespace: 'monitoring' }), 'alerts', { refusals: false });
    const groups: string[] = synthesizeApp(app).filter(({ kind }) => kind === 'PrometheusRule').flatMap(({ spec }) => spec.groups).map(({ name }) => name);

    const hostOf = (key: string) => {
      const [namespace, name] = key.split('/');
      return externals.find(external => external.key === key)?.host ?? `${name}.${namespace}.svc.cluster.local`;
    };
    const declared = calls.filter(call => call.client !== 'ingress' && !call.stub && requests([...services, ...externals].find(({ key }) => key === call.server)!, call.port));
    const expected = [
      ...services.filter(service => requests(service)).map(({ namespace, name }) => `${namespace}/${name}`),
      ...new Set(declared.map(call => `${client(call.client)!.namespace}/${client(call.client)!.name} -> ${hostOf(call.server)}`)),
    ];
    expect(groups.filter(name => !name.endsWith(CATALOG.host)).sort()).toEqual(expected.sort());
  }), RUNS);
});
