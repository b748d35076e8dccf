import { ApiObject, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Mesh, MeshService, ProxyInjection, WrittenProxyOptions } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const IMAGE = 'docker.io/istio/proxyv2:1.31.0';

const CYCLE: { [key: string]: any } = {};
CYCLE.self = CYCLE;

type Options = [mistake: string, options: Partial<WrittenProxyOptions>, code: ErrorCode, property: string, received: string, fix: string];
type Change = [mistake: string, change: (orders: MeshService, world: World) => void, code: ErrorCode, field: string, received: string, fix: string];

const annotated = (key: string, value: string) => ({ deployment }: MeshService) => deployment.podMetadata.addAnnotation(key, value);
const labelled = (key: string, value: string) => ({ deployment }: MeshService) => deployment.podMetadata.addLabel(key, value);

/** Proxies that nobody injects, and what only an injector would do. */
export const wrongWrittenProxies: WrongInput[] = [
  ...([
    ['a written proxy of nothing', { image: '' }, 'MissingImage', 'image', '""', 'Name'],
    ['a written proxy of latest', { image: 'istio/proxyv2:latest' }, 'UnpinnedImage', 'image', '"istio/proxyv2:latest"', 'Add a tag'],
    ['a written proxy of an image that is none', { image: 'Istio ProxyV2' }, 'InvalidImage', 'image', '"Istio ProxyV2"', 'lower case'],
    ['a cluster with a space', { clusterName: 'cluster one' }, 'InvalidName', 'clusterName', '"cluster one"', 'cluster1'],
    ['a cluster of a value that is not set', { clusterName: `cluster-${undefined}` }, 'UnsetValue', 'clusterName', '"cluster-undefined"', 'put together'],
    ['a network in capitals', { network: 'Network1' }, 'InvalidName', 'network', '"Network1"', 'lower case'],
    ['an interception of its own', { proxyConfig: { interceptionMode: 'TPROXY' } }, 'InvalidProxy', 'proxyConfig.interceptionMode', '"TPROXY"', 'Leave it out'],
    ['a status port of its own', { proxyConfig: { statusPort: 15022 } }, 'InvalidProxy', 'proxyConfig.statusPort', '15022', 'Leave it out'],
    ['an image said twice', { proxyConfig: { image: { imageType: 'distroless' } } }, 'InvalidProxy', 'proxyConfig.image', '{"imageType":"distroless"}', 'by itself'],
    ['a variable of the proxy that is no text', { proxyConfig: { proxyMetadata: { A: true } } }, 'InvalidProxy', 'proxyConfig.proxyMetadata.A', 'true', 'quotes'],
    ['a trace of the capture', { proxyConfig: { proxyMetadata: { IPTABLES_TRACE_LOGGING: 'true' } } }, 'InvalidProxy', 'proxyConfig.proxyMetadata.IPTABLES_TRACE_LOGGING', '"true"', 'another pod'],
    ['a proxy of another Istio', { image: 'docker.io/istio/proxyv2:1.30.3' }, 'InvalidProxy', 'image', '"docker.io/istio/proxyv2:1.30.3"', '1.31'],
    ['a proxy of an Istio to come', { image: 'docker.io/istio/proxyv2:1.32.0' }, 'InvalidProxy', 'image', '"docker.io/istio/proxyv2:1.32.0"', '1.31'],
    ['an interception in snake case', { proxyConfig: { interception_mode: 'TPROXY' } }, 'InvalidProxy', 'proxyConfig.interception_mode', '"TPROXY"', 'interceptionMode'],
    ['another istiod', { proxyConfig: { discoveryAddress: 'istiod.other:15012' } }, 'InvalidProxy', 'proxyConfig.discoveryAddress', '"istiod.other:15012"', 'Leave it out'],
    ['a variable that the proxy has', { proxyConfig: { proxyMetadata: { CA_ADDR: 'evil:15012' } } }, 'InvalidProxy', 'proxyConfig.proxyMetadata.CA_ADDR', '"evil:15012"', 'twice'],
    ...['TRUST_DOMAIN', 'PROXY_CONFIG', 'ISTIO_META_NETWORK', 'ISTIO_META_WORKLOAD_NAME', 'GOMAXPROCS'].map((name): Options => (
      [`the pod's own ${name}`, { proxyConfig: { proxyMetadata: { [name]: 'mine' } } }, 'InvalidProxy', `proxyConfig.proxyMetadata.${name}`, '"mine"', 'twice'])),
    ['a variable of no name', { proxyConfig: { proxyMetadata: { 'C=D': '2' } } }, 'InvalidVariable', 'proxyConfig.proxyMetadata.C=D', '"C=D"', 'ISTIO_META_DNS_CAPTURE'],
    ['a configuration without an end', { proxyConfig: { tracing: CYCLE } }, 'InvalidProxy', 'proxyConfig.tracing', '"object"', 'texts, numbers'],
    ['a configuration of functions', { proxyConfig: { tracing: { sampling: () => 1 } } }, 'InvalidProxy', 'proxyConfig.tracing', '"object"', 'texts, numbers'],
  ] as Options[]).map(([mistake, options, code, property, received, fix]): WrongInput => ({
    mistake,
    make: world => new Mesh(world.app, 'mesh', { proxyInjection: ProxyInjection.written({ image: IMAGE, ...options }) }),
    code,
    path: 'mesh',
    property: `proxyInjection.${property}`,
    received,
    fix: [fix],
  })),
  ...([
    ['the label that the CNI plugin leaves alone', labelled('sidecar.istio.io/inject', 'false'), 'MembershipLost', 'labels.sidecar.istio.io/inject', '"false"', 'CNI'],
    ['a label that asks for injection', labelled('istio.io/rev', 'canary'), 'MembershipLost', 'labels.istio.io/rev', '"canary"', 'webhook'],
    ['an annotation that only the injector reads', annotated('sidecar.istio.io/proxyImage', 'else:1'), 'InvalidProxy', 'annotations.sidecar.istio.io/proxyImage', '"else:1"', 'the injector alone'],
    ['another port for the agent', annotated('status.sidecar.istio.io/port', '15022'), 'InvalidProxy', 'annotations.status.sidecar.istio.io/port', '"15022"', 'the injector alone'],
    ['a template of the injector', annotated('inject.istio.io/templates', 'mine'), 'InvalidProxy', 'annotations.inject.istio.io/templates', '"mine"', 'the injector alone'],
    ['a configuration in YAML', annotated('proxy.istio.io/config', 'concurrency: 2'), 'InvalidProxy', 'annotations.proxy.istio.io/config', '"concurrency: 2"', 'JSON'],
    ['a configuration that is a list', annotated('proxy.istio.io/config', '[]'), 'InvalidProxy', 'annotations.proxy.istio.io/config', '"[]"', 'JSON'],
    ['a configuration of the capture', annotated('proxy.istio.io/config', '{"interceptionMode":"TPROXY"}'), 'InvalidProxy', 'annotations.proxy.istio.io/config.interceptionMode', '"TPROXY"', 'Leave it out'],
    ['metrics on a port that is none', annotated('prometheus.io/port', 'http'), 'InvalidPort', 'annotations.prometheus.io/port', '"http"', 'metrics'],
    ['metrics on a port of the proxy', annotated('prometheus.io/port', '15090'), 'InvalidPort', 'annotations.prometheus.io/port', '"15090"', 'metrics'],
    ['metrics on a port that is too high', annotated('prometheus.io/port', '70000'), 'InvalidPort', 'annotations.prometheus.io/port', '"70000"', 'metrics'],
    ['a volume of the proxy\'s', ({ deployment }, { shop }) => deployment.addVolume(kplus.Volume.fromEmptyDir(shop, 'data', 'istio-data')), 'DuplicateName', 'volumes[1].name', '"istio-data"', 'another name'],
    ['a patch that adds a proxy', ({ deployment }) => ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/containers/-', { name: 'istio-proxy', image: 'istio/proxyv2:1.31.0' })), 'InvalidContainer', 'containers[1].name', '"istio-proxy"', 'another name'],
  ] as Change[]).map(([mistake, change, code, field, received, fix]): WrongInput => ({
    mistake: `beside a written proxy, ${mistake}`,
    make: (world) => {
      new Mesh(world.app, 'mesh', { proxyInjection: ProxyInjection.written({ image: IMAGE }) });
      change(world.service('orders'), world);
      world.synth();
    },
    code,
    path: 'shop/orders',
    property: `pod.${field}`,
    received,
    fix: [fix],
  })),
];
