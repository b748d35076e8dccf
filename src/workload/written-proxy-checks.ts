import { PROXY_CONFIG } from './injection';
import { PROXY_PORTS } from './proxy';
import { scrapedPort } from './written-metrics';
import { PROXY_VOLUME_NAMES } from './written-proxy-containers';
import { annotatedConfig, READ_ANNOTATIONS } from './written-proxy-context';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/** Fields of `ProxyConfig` that would have the injector write something else than is written here. */
const UNREAD_CONFIG = ['interceptionMode', 'statusPort', 'image', 'discoveryAddress'];

/** The same of its `proxyMetadata`. */
const UNREAD_METADATA = ['ISTIO_META_ENABLE_HBONE', 'IPTABLES_TRACE_LOGGING'];

/** What stands in the proxy's container already. */
const OWN_METADATA = /^(CA_ADDR|PILOT_CERT_PROVIDER|POD_NAME|POD_NAMESPACE|INSTANCE_IP|HOST_IP|SERVICE_ACCOUNT|ISTIO_CPU_LIMIT|PROXY_CONFIG|GOMEMLIMIT|GOMAXPROCS|TRUST_DOMAIN|ISTIO_META_(CLUSTER_ID|NODE_NAME|INTERCEPTION_MODE|WORKLOAD_NAME|OWNER|MESH_ID|POD_PORTS|APP_CONTAINERS|NETWORK))$/;

/** Labels by which an injector, or the CNI plugin, would not do what is needed. */
const UNWANTED_LABELS = ['sidecar.istio.io/inject', 'istio.io/rev'];

/** What has an effect on an injected proxy and none on a written one, in a rendered template. */
export function writtenProxyProblems({ metadata: { labels = {}, annotations = {} }, spec }: any, at: (field: string) => Site): MeshProblem[] {
  const config = annotatedConfig(annotations);
  const configAt = at(`annotations.${PROXY_CONFIG}`);
  const port = scrapedPort(annotations);
  return [
    ...UNWANTED_LABELS.filter(label => label in labels).map(label => at(`labels.${label}`).problem(
      'MembershipLost', 'must not be there beside a written proxy', labels[label], 'Leave it out: with false the Istio CNI leaves the pod alone, and with anything else a webhook injects it.')),
    ...Object.keys(annotations).filter(key => /(^|\.)istio\.io\//.test(key) && !READ_ANNOTATIONS.includes(key)).map(key => at(`annotations.${key}`).problem(
      'InvalidProxy', 'must be one that a written proxy knows', annotations[key], 'Leave it out: the injector alone reads it. Say it with proxy of the service, or proxyConfig of ProxyInjection.written().')),
    ...(config === undefined
      ? [configAt.problem('InvalidProxy', 'must be an object in JSON', annotations[PROXY_CONFIG], 'Write JSON and not YAML: it is read here, beside what proxy says.')]
      : configProblems(configAt, config)),
    ...(spec.volumes ?? []).flatMap(({ name }: any, index: number) => PROXY_VOLUME_NAMES.includes(name) ? [at(`volumes[${index}].name`).problem(
      'DuplicateName', 'must not be that of a volume of the proxy', name, 'Give the volume another name.')] : []),
    // Upstream: istio/istio pkg/kube/inject/webhook.go, applyPrometheusMerge, which refuses the pod
    ...(port !== undefined && !canBeAsked(port) ? [at('annotations.prometheus.io/port').problem(
      'InvalidPort', 'must be a port, and none of the proxy', port, 'Write the port on which the program tells its metrics: the agent asks it there.')] : []),
  ];
}

/** 15020 is what it becomes in any case. */
function canBeAsked(port: string): boolean {
  return port === '15020' || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535 && !PROXY_PORTS.includes(Number(port)));
}

/** What of a `ProxyConfig` is not done here. */
export function configProblems(at: Site, config: any): MeshProblem[] {
  const { proxyMetadata = {} } = config;
  const unread = UNREAD_CONFIG.filter(field => field in config).map(field => at.in(field).problem(
    'InvalidProxy', 'must not be given for a written proxy', config[field], 'Leave it out: the capture and the ports are those of a default installation, and the image is said by itself.'));
  const metadata = Object.entries(proxyMetadata).flatMap(([name, value]) => {
    const site = at.in('proxyMetadata').in(name);
    if (UNREAD_METADATA.includes(name)) {
      return [site.problem('InvalidProxy', 'must not be given for a written proxy', value, 'Leave it out: it would have the injector write another pod.')];
    }
    if (OWN_METADATA.test(name)) {
      return [site.problem('InvalidProxy', 'must not be one that the pod itself says', value, 'Leave it out: it would be there twice.')];
    }
    if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) {
      return [site.problem('InvalidVariable', 'must be named by letters, digits and \'_\'', name, 'It becomes a variable of the proxy: ISTIO_META_DNS_CAPTURE.')];
    }
    return typeof value === 'string' ? [] : [site.problem('InvalidProxy', 'must be a text', value, 'Write it in quotes: \'true\'.')];
  });
  // Istio's JSON has both forms: only the one that is looked at here may be written
  const foreign = Object.keys(config).filter(field => !/^[a-z][A-Za-z0-9]*$/.test(field)).map(field => at.in(field).problem(
    'InvalidProxy', 'must be a field of ProxyConfig in camel case', config[field], `Write ${field.replace(/_+([a-z])/g, (_, letter) => letter.toUpperCase())}, if that is what is meant.`));
  const unwritable = Object.keys(config).filter(field => field !== 'proxyMetadata' && !isData(config[field])).map(field => at.in(field).problem(
    'InvalidProxy', 'must be data that YAML can write', typeof config[field], 'Write texts, numbers, lists and objects.'));
  return [...unread, ...metadata, ...foreign, ...unwritable];
}

function isData(value: any, within: any[] = []): boolean {
  if (typeof value !== 'object' || value === null) {
    return ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
  }
  return !within.includes(value) && Object.values(value).every(member => isData(member, [...within, value]));
}
