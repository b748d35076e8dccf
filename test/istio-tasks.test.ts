import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Chart } from 'cdk8s';
import { find, synthesizeApp } from './support/manifests';
import { examplesOf, textOf } from './support/page-examples';
import { runExamples } from './support/run-examples';

const PAGE = 'istio-tasks.md';
const [world, ...examples] = examplesOf(PAGE);
const rows = [...textOf(PAGE).matchAll(/^[|] \[([^\]]+)\]\(([^)]+)\) [|](.*?) [|] \[[^\]]+\]\(([^)]+)\) [|] (.+) [|]$/gm)].map(([, task, link, written, more, how]) => ({ task, link, written, more, how }));

/** As GitHub makes anchors. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => (
    heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replace(/[^\w\- ]/g, '').replace(/ /g, '-')));
}

test('the counts are those of the table', () => {
  const apart = rows.filter(({ how }) => how === 'another API' || how === 'the platform\'s').length;
  const count = (isMeant: (how: string) => boolean) => rows.filter(({ how }) => isMeant(how)).length;
  const whole = count(how => how === 'whole');
  const not = count(how => how === 'not');
  const said = rows.length - apart;

  expect(textOf(PAGE)).toContain(`Of ${rows.length} pages ${said} are about something that a service team says. Of these, ${whole} can be written whole, ${said - whole - not} in part, and ${not} not.`);
});

test('each row that can be written has an example of its name, and the others are explained', () => {
  const written = rows.filter(({ written: what }) => what.length > 0);

  expect(examples.map(({ heading }) => heading).sort()).toEqual(written.map(({ task }) => task).sort());
  expect(rows.filter(({ written: what }) => what.length === 0).map(({ task }) => textOf(PAGE).includes(`**[${task.replace('Locality: Cleanup', 'Cleanup')}](`))).toEqual(Array(6).fill(true));
});

test('each row leads to a page that there is, and to a heading of it', () => {
  const dead = rows.flatMap(({ link, more }) => [link, more]).filter(link => !link.startsWith('https:')).filter((link) => {
    const [page, anchor] = link.split('#');
    const file = page || PAGE;
    return !fs.existsSync(path.join(__dirname, '../docs', file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
  });

  expect(dead).toEqual([]);
});

/** What makes an example the task: one field of one object for each thing that the task shows. */
const SAYS: { [task: string]: [kind: string, name: string, field: string, value: unknown][] } = {
  'Request Routing': [
    ['VirtualService', 'orders', 'http.0.match', [{ headers: { 'end-user': { exact: 'jason' } } }]],
    ['VirtualService', 'orders', 'http.0.route.0.destination.subset', 'v2'],
    ['VirtualService', 'orders', 'http.1.route.0', { destination: { host: 'orders.shop.svc.cluster.local', subset: 'v1' }, weight: 100 }],
  ],
  'Fault Injection': [
    ['VirtualService', 'orders', 'http.0.match.0.headers', { 'end-user': { exact: 'jason' } }],
    ['VirtualService', 'orders', 'http.0.match.0.sourceLabels', { 'service.istio.io/canonical-name': 'frontend' }],
    ['VirtualService', 'orders', 'http.0.fault', { delay: { percentage: { value: 100 }, fixedDelay: '7s' }, abort: { percentage: { value: 100 }, httpStatus: 500 } }],
  ],
  'Traffic Shifting': [['VirtualService', 'orders', 'http.0.route.1', { destination: { host: 'orders.shop.svc.cluster.local', subset: 'v2' }, weight: 50 }]],
  'TCP Traffic Shifting': [
    ['VirtualService', 'tcp-echo', 'tcp.0.route.1.weight', 20],
    ['VirtualService', 'tcp-echo-edge-31400-tcp', 'tcp.0.match', [{ port: 31400 }]],
    ['VirtualService', 'tcp-echo-edge-31400-tcp', 'tcp.0.route.1.weight', 20],
  ],
  'Request Timeouts': [
    ['VirtualService', 'orders', 'http.0.timeout', '500ms'],
    ['VirtualService', 'ratings', 'http.0.fault.delay.fixedDelay', '2s'],
  ],
  'Circuit Breaking': [
    ['DestinationRule', 'httpbin', 'trafficPolicy.connectionPool', { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1, maxRequestsPerConnection: 1 } }],
    ['DestinationRule', 'httpbin', 'trafficPolicy.outlierDetection', { consecutive5xxErrors: 1, interval: '1s', baseEjectionTime: '180s', maxEjectionPercent: 100 }],
  ],
  'Mirroring': [
    ['VirtualService', 'orders', 'http.0.mirror.subset', 'v2'],
    ['VirtualService', 'orders', 'http.0.mirrorPercentage.value', 100],
    ['VirtualService', 'orders', 'http.0.route.0.weight', 100],
  ],
  'Locality failover': [
    ['DestinationRule', 'helloworld', 'trafficPolicy.loadBalancer.localityLbSetting', { enabled: true, failover: [{ from: 'region1', to: 'region2' }] }],
    ['DestinationRule', 'helloworld', 'trafficPolicy.outlierDetection.consecutive5xxErrors', 1],
  ],
  'Locality weighted distribution': [
    ['DestinationRule', 'helloworld', 'trafficPolicy.loadBalancer.localityLbSetting.distribute', [
      { from: 'region1/zone1', to: { 'region1/zone1': 70, 'region1/zone2': 20, 'region3/zone4': 10 } },
    ]],
  ],
  'Ingress Gateways': [
    ['Gateway', 'edge', 'servers.0', { hosts: ['shop/httpbin.example.com'], port: { name: 'http-80', number: 80, protocol: 'HTTP' } }],
    ['VirtualService', 'orders-edge', 'http.0.match', [{ uri: { prefix: '/status/' } }, { uri: { prefix: '/delay/' } }]],
    ['Gateway', 'open', 'servers.0.hosts', ['shop/*']],
    ['VirtualService', 'orders-open', 'hosts', ['*']],
    ['VirtualService', 'orders-open', 'http.0.match', [{ uri: { exact: '/headers' } }]],
  ],
  'Secure Gateways': [
    ['Gateway', 'edge', 'servers.0.tls', { mode: 'SIMPLE', credentialName: 'httpbin-credential' }],
    ['Gateway', 'edge', 'servers.1.tls', { mode: 'SIMPLE', credentialName: 'helloworld-credential' }],
    ['Gateway', 'edge', 'servers.2.tls', { mode: 'MUTUAL', credentialName: 'partners-credential' }],
  ],
  'Ingress Gateway without TLS Termination': [
    ['Gateway', 'edge', 'servers.0.tls', { mode: 'PASSTHROUGH' }],
    ['VirtualService', 'my-nginx-edge-443-tls', 'tls.0.match', [{ port: 443, sniHosts: ['nginx.example.com'] }]],
  ],
  'Accessing External Services': [
    ['ServiceEntry', 'httpbin', 'ports.0', { name: 'http', number: 80, protocol: 'HTTP' }],
    ['VirtualService', 'httpbin', 'http.0.timeout', '3s'],
    ['ServiceEntry', 'search', 'ports.0', { name: 'tls', number: 443, protocol: 'TLS' }],
  ],
  'Egress TLS Origination': [
    ['DestinationRule', 'news', 'trafficPolicy.portLevelSettings.0.tls.mode', 'SIMPLE'],
    ['ServiceEntry', 'news', 'ports.0.targetPort', 443],
    ['DestinationRule', 'partner', 'trafficPolicy.portLevelSettings.0.tls.mode', 'MUTUAL'],
  ],
  'Egress Gateways': [
    ['VirtualService', 'news', 'http.0.route.0.destination.host', 'out.egress.svc.cluster.local'],
    ['VirtualService', 'news-out', 'http.0.route.0.destination', { host: 'edition.example.com', port: { number: 80 } }],
    ['VirtualService', 'news-out', 'tcp.0.route.0.destination', { host: 'edition.example.com', port: { number: 443 } }],
  ],
  'Egress Gateways with TLS Origination': [
    ['VirtualService', 'news', 'http.0.route.0.destination.host', 'out.egress.svc.cluster.local'],
    ['DestinationRule', 'news', 'trafficPolicy.portLevelSettings.0.tls.mode', 'SIMPLE'],
    ['DestinationRule', 'partner', 'trafficPolicy.portLevelSettings.0.tls.mode', 'MUTUAL'],
  ],
  'Using an External HTTPS Proxy': [
    ['ServiceEntry', 'proxy', 'addresses', ['203.0.113.7']],
    ['ServiceEntry', 'proxy', 'ports.0', { name: 'tcp', number: 3128, protocol: 'TCP' }],
  ],
  'Egress using Wildcard Hosts': [
    ['ServiceEntry', 's3', 'hosts', ['*.s3.amazonaws.com']],
    ['ServiceEntry', 's3', 'resolution', 'NONE'],
    ['Gateway', 'out', 'servers.0.hosts', ['shop/*.wikipedia.org']],
    ['VirtualService', 'wikipedia', 'tls.0', {
      match: [{ port: 443, sniHosts: ['*.wikipedia.org'] }], route: [{ destination: { host: 'out.egress.svc.cluster.local', subset: 'shop-wikipedia', port: { number: 443 } } }],
    }],
    ['VirtualService', 'wikipedia-out', 'hosts', ['*.wikipedia.org']],
    ['ServiceEntry', 'wikipedia', 'resolution', 'DNS'],
    ['ServiceEntry', 'wikipedia', 'endpoints', [{ address: 'www.wikipedia.org' }]],
  ],
  'Kubernetes Services for Egress Traffic': [
    ['Service', 'my-httpbin', 'type', 'ExternalName'],
    ['Service', 'my-httpbin', 'externalName', 'httpbin.example.com'],
    ['Service', 'my-httpbin', 'ports.0', { name: 'http', port: 80, targetPort: 80, protocol: 'TCP' }],
    ['ServiceEntry', 'wikipedia', 'endpoints', [{ address: '198.35.26.96' }, { address: '208.80.153.224' }]],
  ],
  'Enabling Rate Limits using Envoy': [
    ['EnvoyFilter', 'orders-limit', 'configPatches.0.patch.value.name', 'envoy.filters.http.local_ratelimit'],
    ['EnvoyFilter', 'orders-limit', 'configPatches.0.match.context', 'SIDECAR_INBOUND'],
    ['EnvoyFilter', 'edge-limit', 'configPatches.0.match.context', 'GATEWAY'],
    ['EnvoyFilter', 'edge-limits', 'configPatches.0.match.context', 'GATEWAY'],
    ['EnvoyFilter', 'edge-limits', 'configPatches.0.patch.value.typed_config.failure_mode_deny', true],
    ['EnvoyFilter', 'edge-limits', 'configPatches.0.patch.value.typed_config.rate_limits.2.actions.1.extension.typed_config.text', 'request.url_path'],
  ],
  'Executing WebAssembly Modules': [
    ['TrafficExtension', 'basic-auth', 'phase', 'AUTHN'],
    ['TrafficExtension', 'basic-auth', 'selector.matchLabels', { 'service.istio.io/canonical-name': 'edge' }],
    ['TrafficExtension', 'basic-auth', 'wasm.url', 'oci://ghcr.io/istio-ecosystem/wasm-extensions/basic_auth:1.12.0'],
  ],
  'Executing Lua Scripts': [
    ['TrafficExtension', 'parity', 'phase', 'AUTHN'],
    ['TrafficExtension', 'parity', 'selector.matchLabels', { 'service.istio.io/canonical-name': 'edge' }],
    ['TrafficExtension', 'parity', 'lua.inlineCode', expect.stringContaining('x-parity')],
  ],
};

test.each(examples.map(({ heading, code }) => [heading, code]))('%s becomes what the task applies', (task, code) => {
  const app = new App();
  runExamples([world.code, code], app, new Chart(app, 'shop', { namespace: 'shop' }));
  const objects = synthesizeApp(app);
  const found = SAYS[task].map(([kind, name, field]) => [kind, name, field, field.split('.').reduce((value, key) => value?.[key], find(objects, kind, name).spec)]);

  expect(found).toEqual(SAYS[task]);
});
