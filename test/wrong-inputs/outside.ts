import { Duration } from 'cdk8s';
import { ContainerRuntime, ExistingWorkload, ExternalService, ExternalServiceProps, Mesh, MeshPort, MeshProps } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { WrongInput } from '../support/wrong-input';

export const wrongOutsides: WrongInput[] = [
  ...['stripe', 'https://api.stripe.com', 'api.stripe.com:443', 'api.stripe.com/v1', '*', '*.com', 'api-*.stripe.com', 'api.*.com', '**.stripe.com', '3.18.12.63', ''].map(host => external(
    `the host '${host}'`, { host }, 'InvalidHost', 'host', JSON.stringify(host), 'no scheme, port, path or address')),
  external('a host in capitals', { host: 'API.stripe.com' }, 'InvalidHost', 'host', '"API.stripe.com"', 'small letters: api.stripe.com'),
  external('a host with a label of 64 characters', { host: `${'a'.repeat(64)}.example.com` }, 'InvalidHost', 'host', JSON.stringify(`${'a'.repeat(64)}.example.com`), 'no scheme, port'),
  external('no ports outside', { ports: [] }, 'MissingPorts', 'ports', '[]', 'MeshPort.tls(443)'),
  external('an outside port of 0', { ports: [MeshPort.tls(0)] }, 'InvalidPort', 'ports[0].port', '0', 'to which the clients connect'),
  external('an outside target port of 0', { ports: [MeshPort.tls(443, { targetPort: 0 })] }, 'InvalidPort', 'ports[0].targetPort', '0', 'on which it listens'),
  external('plain text to a port of HTTPS', { ports: [MeshPort.http(80, { targetPort: 443 })] },
    'InvalidPort', 'ports[0].targetPort', '443', 'TlsOrigination.simple()'),
  external('plain TCP to the port of HTTPS', { ports: [MeshPort.tcp(443)] }, 'InvalidPort', 'ports[0].port', '443', 'MeshPort.tls(443)'),
  external('an outside port named after its use', { ports: [MeshPort.tls(443, { name: 'api' })] }, 'InvalidPortName', 'ports[0].name', '"api"', 'tls-api'),
  external('two outside ports of one name', { ports: [MeshPort.tls(443), MeshPort.tls(8443)] }, 'DuplicatePort', 'ports[1]', '"tls"', 'Name each port'),
  external('two outside ports of one number', { ports: [MeshPort.tls(8443), MeshPort.http(8443)] }, 'DuplicatePort', 'ports[1]', '"8443"', 'number'),
  external('HTTPS declared as HTTP', { ports: [MeshPort.http(443)] }, 'InvalidPort', 'ports[0].port', '443', 'MeshPort.tls(443)'),
  external('HTTP declared as TLS', { ports: [MeshPort.tls(80)] }, 'InvalidPort', 'ports[0].port', '80', 'MeshPort.http(80)'),
  external('a host of a value that is not set', { host: `${undefined}.example.com` }, 'UnsetValue', 'host', '"undefined.example.com"', 'put together'),
  external('an address without a mask', { cidrs: ['203.0.113.0/24', '203.0.113.7'] }, 'InvalidCidr', 'cidrs[1]', '"203.0.113.7"', '203.0.113.7/32'),
  external('an IPv6 address without a mask', { cidrs: ['2001:db8::1'] }, 'InvalidCidr', 'cidrs[0]', '"2001:db8::1"', '2001:db8::1/128'),
  ...['203.0.113.0/33', '2001:db8::/129', '203.0.113/24', '256.0.0.0/8', 'api.stripe.com/32', '10.0.0.0/8/8', '10.0.0.0/', ''].map(cidr => external(
    `the block '${cidr}'`, { cidrs: [cidr] }, 'InvalidCidr', 'cidrs[0]', JSON.stringify(cidr), 'address and mask')),
  ...([
    ['10.0.0.1/8', '10.0.0.0/8'], ['10.0.0.1/8', '10.0.0.1/32'], ['2001:db8::1/32', '2001:db8::/32'], ['203.0.113.255/31', '203.0.113.254/31'],
  ] as const).map(([cidr, fix]) => external(
    `the block '${cidr}', not ${fix}`, { cidrs: [cidr] }, 'InvalidCidr', 'cidrs[0]', JSON.stringify(cidr), fix)),
  ...['orders.shop.svc', 'orders.shop.svc.cluster.local', 'x.cluster.local'].map(host => external(
    `the host ${host}`, { host }, 'InvalidHost', 'host', JSON.stringify(host), 'MeshService')),
  ...(['orders.shop', 'orders.default', 'orders.acme.internal'] as const).map((host): WrongInput => ({
    mistake: `the host ${host}, which is one of the cluster`,
    make: (world) => {
      new Mesh(world.app, 'mesh', { clusterDomain: 'acme.internal' });
      new ExternalService(world.shop, 'stripe', { host, ports: [MeshPort.tls(443)] });
      world.synth();
    },
    code: 'InvalidHost',
    path: 'shop/stripe',
    property: 'host',
    received: JSON.stringify(host),
    fix: ['MeshService'],
  })),
  external('no block of addresses', { cidrs: [] }, 'InvalidCidr', 'cidrs', '[]', 'Leave it out'),
  ...([
    ['no label', {}, '{}', 'every pod of the namespace'],
    ['a wildcard', { istio: '*' }, '{"istio":"*"}', 'without wildcards'],
    ['a key with a space', { 'my app': 'x' }, '{"my app":"x"}', 'Use letters'],
    ['a value of 64 characters', { app: 'a'.repeat(64) }, JSON.stringify({ app: 'a'.repeat(64) }), 'at most 63'],
  ] as [string, { [key: string]: string }, string, string][]).map(([what, podLabels, received, fix]): WrongInput => ({
    mistake: `an existing workload with ${what}`,
    make: world => new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'istio-ingress', podLabels }),
    code: 'InvalidLabels',
    path: 'ingress',
    property: 'podLabels',
    received,
    fix: [fix],
  })),
  mesh('the address of Prometheus without a scheme', { prometheusUrl: 'prometheus:9090' }, 'InvalidUrl', 'prometheusUrl', '"prometheus:9090"', 'scheme, host and port'),
  ...['http://prometheus:9090/"x"', 'http://prom\'etheus', 'http://$(reboot)', 'http://a`b`', 'http://a\\b', 'http://a b'].map(url => mesh(
    `the address of Prometheus ${url}`, { prometheusUrl: url }, 'InvalidUrl', 'prometheusUrl', JSON.stringify(url), 'http://prometheus.monitoring:9090')),
  ...[0, 0.5, 601].map(seconds => mesh(`a scrape each ${seconds} seconds`, { scrapeInterval: Duration.millis(seconds * 1000) },
    'InvalidDuration', 'scrapeInterval', String(seconds), 'Duration.seconds(15)')),
  ...['', 'run/containerd.sock', 'unix:///run/containerd.sock', '/run/'].map(path => mesh(`the runtime's socket '${path}'`,
    { containerRuntime: ContainerRuntime.containerd(path) }, 'InvalidPath', 'containerRuntime.socketPath', JSON.stringify(path), 'without a scheme')),
  mesh('a trust domain in capitals', { trustDomain: 'Acme.example' }, 'InvalidName', 'trustDomain', '"Acme.example"', 'lower case'),
  mesh('a trust domain as a URL', { trustDomain: 'spiffe://bank.local' }, 'InvalidName', 'trustDomain', '"spiffe://bank.local"', 'lower case'),
  mesh('a cluster domain with its svc', { clusterDomain: 'svc.cluster.local' }, 'InvalidName', 'clusterDomain', '"svc.cluster.local"', 'cluster.local'),
  mesh('an address of Prometheus with a query', { prometheusUrl: 'http://prometheus.monitoring:9090/graph?g0' }, 'InvalidUrl', 'prometheusUrl', '"http://prometheus.monitoring:9090/graph?g0"', 'scheme, host and port'),
  mesh('an address of Prometheus of a value that is not set', { prometheusUrl: `http://prometheus.${undefined}:9090` }, 'UnsetValue', 'prometheusUrl', '"http://prometheus.undefined:9090"', 'put together'),
  mesh('an empty cluster domain', { clusterDomain: '' }, 'InvalidName', 'clusterDomain', '""', 'lower case'),
  mesh('a control plane\'s namespace with a dot', { istioNamespace: 'istio.system' }, 'InvalidName', 'istioNamespace', '"istio.system"', 'lower case'),
  mesh('a namespace of Prometheus in capitals', { prometheusNamespace: 'Monitoring' }, 'InvalidName', 'prometheusNamespace', '"Monitoring"', 'lower case'),
  mesh('a revision with a dot', { revision: '1.31' }, 'InvalidName', 'revision', '"1.31"', 'lower case'),
  mesh('an API server without a mask', { apiServerCidrs: ['10.96.0.1'] }, 'InvalidCidr', 'apiServerCidrs[0]', '"10.96.0.1"', '10.96.0.1/32'),
];

function external(
  mistake: string, props: Partial<ExternalServiceProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: world => new ExternalService(world.shop, 'stripe', { host: 'api.stripe.com', ports: [MeshPort.tls(443)], ...props }),
    code,
    path: 'shop/stripe',
    property,
    received,
    fix: [fix],
  };
}

function mesh(mistake: string, props: MeshProps, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => new Mesh(world.app, 'mesh', props), code, path: 'mesh', property, received, fix: [fix] };
}
