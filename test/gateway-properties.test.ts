import { App } from 'cdk8s';
import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import { GatewayDescription, RandomApp } from './support/app-description';
import { build } from './support/build-app';
import { answeredBy, isNamed, OutsideRequest, requestsAt } from './support/gateway-model';
import { find, Manifest, synthesizeApp } from './support/manifests';
import { randomApps } from './support/random-app';

/** Few enough to stay quick: the seeds differ from run to run, and a failure prints the one to repeat. */
const RUNS = { numRuns: 30 };

const withGateways = () => randomApps().filter(({ gateways }) => gateways.some(({ exposures }) => exposures.length > 0));

function manifestsOf(description: RandomApp): Manifest[] {
  const app = new App();
  build(app, description);
  return synthesizeApp(app);
}

/** Whether Envoy would take the text; an empty condition asks for nothing. */
function accepts({ exact, prefix, regex }: { exact?: string; prefix?: string; regex?: string } = {}, text: string): boolean {
  if (exact !== undefined || prefix !== undefined) {
    return exact === undefined ? text.startsWith(prefix!) : text === exact;
  }
  return regex === undefined || RE2JS.compile(regex).matches(text);
}

/** The hosts to which each object's routes would bring a request that bears no header, as a gateway's proxy reads them. */
function routed(manifests: Manifest[], { name, namespace }: GatewayDescription, { port, host, method, path }: OutsideRequest): string[][] {
  const { servers } = find(manifests, 'Gateway', name, namespace).spec;
  const taken: string[] = servers.filter((server: any) => server.port.number === port).flatMap(({ hosts }: any) => hosts);
  const bound = manifests.filter(({ kind, metadata, spec }) => (
    kind === 'VirtualService' && spec.gateways?.includes(`${namespace}/${name}`) && [namespace, '.'].includes(spec.exportTo[0])
    && spec.hosts.some((its: string) => isNamed(its, host))
    && taken.some((entry) => {
      const [where, served] = entry.split('/');
      return (where === '.' ? namespace : where) === metadata.namespace && isNamed(served, host);
    })));
  const names = bound.flatMap(({ spec }) => spec.hosts as string[]).filter(its => isNamed(its, host));
  const [meant] = names.sort((a, b) => Number(a.startsWith('*')) - Number(b.startsWith('*')) || b.length - a.length);
  const rulesFor = ({ spec }: Manifest) => spec.http.filter(({ match }: any) => !match || match.some(
    (each: any) => !each.headers && accepts(each.uri, path) && accepts(each.method, method)));
  /** What the proxy answers by itself leads nowhere: it is of the service to which all else of that exposure is led. */
  const leading = ({ spec }: Manifest, { name: of, route }: any) => (
    route ?? spec.http.find((other: any) => other.route && exposureOf(other.name) === exposureOf(of))?.route);
  const taking = bound.filter(({ spec }) => spec.hosts.includes(meant)).map(vs => ({ vs, rules: rulesFor(vs) }));
  return taking.filter(({ rules }) => rules.length > 0).map(({ vs, rules: [rule] }) => {
    const { match } = rule;
    const [destination] = (leading(vs, rule) ?? []).map((each: any) => each.destination);
    return [destination?.host ?? ANSWERED, String(destination?.port?.number ?? ''), match ? '' : 'the rest'];
  });
}

/** Where the service's own route answers all of an exposure. */
const ANSWERED = 'the proxy itself';

/** The port and the gateway in the name of a route. */
const exposureOf = (route: string) => route.slice(route.indexOf('.')).replace(/[.]safe$/, '');

test('every request at a gateway has the one route that is declared for it, and any other has none', () => {
  fc.assert(fc.property(withGateways(), (description) => {
    const manifests = manifestsOf(description);
    for (const gateway of description.gateways) {
      for (const request of requestsAt(gateway)) {
        const routes = routed(manifests, gateway, request);
        const narrow = routes.filter(([, , rest]) => !rest);
        const answer = answeredBy(gateway, request);
        const server = description.services.find(({ key }) => key === answer?.service);
        const port = server?.ports.find(({ name }) => name === answer!.port)?.number;

        expect(narrow.length).toBeLessThanOrEqual(1);
        expect(routes.length - narrow.length).toBeLessThanOrEqual(1);
        // Of several ports, of whatever protocol, the one that is meant is named; of one alone nothing has to be
        const found = [...narrow, ...routes].at(0)?.slice(0, 2);
        const declared = server && [`${server.name}.${server.namespace}.svc.cluster.local`, server.ports.length > 1 ? String(port) : ''];
        expect({ request, route: found }).toEqual({ request, route: found?.[0] === ANSWERED && declared ? found : declared });
      }
    }
  }), RUNS);
});

test('a stage of a release changes weights alone at a gateway too', () => {
  const exposed = ({ gateways }: RandomApp) => gateways.flatMap(({ exposures }) => exposures.map(({ service }) => service));
  const released = randomApps().filter(app => app.releases.some(({ service }) => exposed(app).includes(service)));
  const at = (description: RandomApp, stage: (last: number) => number) => manifestsOf({
    ...description, releases: description.releases.map(release => ({ ...release, mirror: undefined, stage: stage(release.stages.length - 1) })),
  }).filter(({ kind, spec }) => kind === 'VirtualService' && spec.gateways);
  const withoutWeights = (manifests: Manifest[]) => JSON.stringify(manifests, (key, value) => ['weight', 'value'].includes(key) ? undefined : value);
  const shares = (manifests: Manifest[]): number[][] => manifests.flatMap(({ spec }) => spec.http).filter(({ name }) => /^canary\./.test(name))
    .map(({ route }) => route.map(({ weight }: any) => weight));

  fc.assert(fc.property(released, (description) => {
    const [first, last] = [at(description, () => 0), at(description, stage => stage)];

    expect(withoutWeights(last)).toBe(withoutWeights(first));
    shares(first).forEach(split => expect(split).toEqual([100, 0]));
    shares(last).forEach(split => expect(split).toEqual([0, 100]));
  }), RUNS);
});
