import { Manifest } from '../../cluster/api/client';
import { pick } from '../support/objects';

/** A way to break the shop's YAML, as a wrong edit or a bug of ours would. */
export interface Mutation {
  readonly name: string;
  readonly apply: (objects: Manifest[]) => void;
}

const of = (kind: string, name: string, change: (spec: any, object: Manifest) => void) => (objects: Manifest[]) => {
  const object = pick(objects.filter(({ metadata }) => [undefined, 'shop'].includes(metadata.namespace)), kind, name);
  change(object.spec, object);
};
const ruleOf = (server: string, change: (rule: any) => void) => of('AuthorizationPolicy', server, spec => change(spec.rules[0]));

/** Noticed by requests when only the identity check stands. */
export const IDENTITY: Mutation[] = [
  { name: 'a rule without its principal', apply: ruleOf('orders', (rule) => { delete rule.from; }) },
  { name: 'a principal of another namespace', apply: ruleOf('payments', (rule) => { rule.from[0].source.principals = ['cluster.local/ns/elsewhere/sa/orders']; }) },
  { name: 'a principal for everybody', apply: ruleOf('payments', (rule) => { rule.from[0].source.principals = ['*']; }) },
  { name: 'a wider path', apply: of('AuthorizationPolicy', 'orders', spec => spec.rules.forEach((rule: any) => { rule.to[0].operation.paths = ['/orders.v1.Orders/*']; })) },
  { name: 'a path without its template', apply: ruleOf('cart', (rule) => { rule.to[0].operation.paths = ['/cart/*']; }) },
  { name: 'a rule without its methods', apply: ruleOf('payments', (rule) => { delete rule.to[0].operation.methods; }) },
  { name: 'a rule without its port', apply: ruleOf('inventory', (rule) => { delete rule.to[0].operation.ports; }) },
  { name: 'the Service\'s port in place of the pod\'s', apply: ruleOf('frontend', (rule) => { rule.to[0].operation.ports = ['80']; }) },
  { name: 'a policy that selects nobody', apply: of('AuthorizationPolicy', 'cart-redis', (spec) => { spec.selector.matchLabels = { app: 'redis' }; }) },
  { name: 'DENY in place of ALLOW', apply: of('AuthorizationPolicy', 'payments', (spec) => { spec.action = 'DENY'; }) },
  { name: 'PERMISSIVE in place of STRICT', apply: of('PeerAuthentication', 'default', (spec) => { spec.mtls.mode = 'PERMISSIVE'; }) },
];

/** Noticed by requests when only the network stands. */
export const NETWORK: Mutation[] = [
  { name: 'the Service\'s port in place of the pod\'s, inbound', apply: of('NetworkPolicy', 'frontend', (spec) => { spec.ingress[0].ports[0].port = 80; }) },
  { name: 'the Service\'s port in place of the pod\'s, outbound', apply: of('NetworkPolicy', 'frontend', (spec) => { spec.egress.forEach((rule: any) => { rule.ports[0].port = 80; }); }) },
  { name: 'a callee left out', apply: of('NetworkPolicy', 'orders', (spec) => { spec.egress = spec.egress.filter((rule: any) => rule.to[0].podSelector?.matchLabels['service.istio.io/canonical-name'] !== 'payments'); }) },
  { name: 'callers of every namespace', apply: of('NetworkPolicy', 'cart-redis', (spec) => { spec.ingress[0].from = [{ namespaceSelector: {} }]; }) },
  { name: 'no callers named, which means all', apply: of('NetworkPolicy', 'payments', (spec) => { delete spec.ingress[0].from; }) },
  { name: 'no ports named, which means all', apply: of('NetworkPolicy', 'inventory', (spec) => { spec.ingress.forEach((rule: any) => { delete rule.ports; }); }) },
  { name: 'a policy for the wrong pods', apply: of('NetworkPolicy', 'payments', (spec) => { spec.podSelector.matchLabels = { app: 'payment' }; }) },
  {
    name: 'DNS left out',
    apply: (objects) => {
      objects.filter(({ kind }) => kind === 'NetworkPolicy').forEach(({ spec }) => { spec.egress = spec.egress?.filter((rule: any) => rule.ports[0].port !== 53); });
    },
  },
];

/** Noticed by requests when only the proxies' view stands. */
export const SCOPE: Mutation[] = [
  { name: 'a Sidecar host left out', apply: of('Sidecar', 'frontend', (spec) => { spec.egress[0].hosts = spec.egress[0].hosts.filter((host: string) => !host.includes('orders')); }) },
  { name: 'ALLOW_ANY in place of REGISTRY_ONLY', apply: of('Sidecar', 'payments', (spec) => { spec.outboundTrafficPolicy.mode = 'ALLOW_ANY'; }) },
  { name: 'a Sidecar for the wrong pods', apply: of('Sidecar', 'cart', (spec) => { spec.workloadSelector.labels = { app: 'carts' }; }) },
];

/** Noticed by where requests go, and how often. */
export const TRAFFIC: Mutation[] = [
  { name: 'a port name of another protocol', apply: of('Service', 'orders', (spec) => { spec.ports[0].name = 'tcp'; }) },
  {
    name: 'weights swapped',
    apply: of('VirtualService', 'orders', spec => spec.http.forEach(({ route }: any) => {
      if (route.length === 2) {
        [route[0].weight, route[1].weight] = [route[1].weight, route[0].weight];
      }
    })),
  },
  { name: 'a subset lost', apply: of('DestinationRule', 'orders', (spec) => { spec.subsets = spec.subsets.slice(0, 1); }) },
  { name: 'a subset that selects nobody', apply: of('DestinationRule', 'orders', (spec) => { spec.subsets[1].labels.version = 'v3'; }) },
  { name: 'retries lost', apply: of('VirtualService', 'cart', spec => spec.http.forEach((rule: any) => { rule.retries = { attempts: 0 }; })) },
  { name: 'mutual TLS switched off at the client', apply: of('DestinationRule', 'orders', (spec) => { spec.trafficPolicy.tls.mode = 'DISABLE'; }) },
];

/** Noticed when it is applied. */
export const ACCEPTANCE: Mutation[] = [
  { name: 'an unknown field', apply: of('DestinationRule', 'orders', (spec) => { spec.trafficPolicy.outlierDetections = {}; }) },
  { name: 'an unknown subset', apply: of('VirtualService', 'orders', (spec) => { spec.http[0].route[0].destination.subset = 'v9'; }) },
  { name: 'a host that there is not', apply: of('VirtualService', 'orders', (spec) => { spec.hosts = ['order.shop.svc.cluster.local']; spec.http.forEach((rule: any) => { rule.route.forEach((route: any) => { route.destination.host = 'order.shop.svc.cluster.local'; }); }); }) },
  { name: 'a field that is gone', apply: of('VirtualService', 'orders', (spec) => { spec.http[0].mirrorPercent = 5; }) },
  { name: 'a regular expression that RE2 does not know', apply: of('VirtualService', 'cart', (spec) => { spec.http[0].match[0].uri = { regex: '/cart/(?!admin)' }; }) },
  { name: 'retries beside none', apply: of('VirtualService', 'payments', (spec) => { spec.http[0].retries = { attempts: 0, retryOn: '5xx' }; }) },
  { name: 'a rule that no request reaches', apply: of('VirtualService', 'orders', (spec) => { spec.http.unshift(spec.http.pop()); }) },
  { name: 'a pod without its seccomp profile', apply: of('Deployment', 'orders', (spec) => { delete spec.template.spec.securityContext.seccompProfile; }) },
  { name: 'a pod that runs as root', apply: of('Deployment', 'orders', (spec) => { spec.template.spec.containers[0].securityContext.runAsNonRoot = false; }) },
  {
    name: 'a second VirtualService for a host',
    apply: (objects) => {
      const { metadata, ...rest } = pick(objects, 'VirtualService', 'orders');
      objects.push({ ...rest, metadata: { ...metadata, name: 'orders-too' } });
    },
  },
  {
    name: 'an engine with a number for a text',
    apply: (objects) => {
      const engine = objects.find(({ kind }) => kind === 'ChaosEngine')!;
      engine.spec.experiments[0].spec.components.env[0].value = 10;
    },
  },
];
