import { ApiObjectMetadataDefinition } from 'cdk8s';
import { CaCertificates, Endpoint, EndpointOptions, ExternalService, ExternalServiceProps, MeshPort, TlsOrigination, TlsOriginationOptions } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const POSTGRES = MeshPort.tcp(5432);

/** Where something outside is, and how it is told from others. */
export const wrongDestinations: WrongInput[] = [
  ...['10.8.0', 'ledger.db.example.com', '10.8.0.256', 'fe80::1%eth0', ''].map(address => ledger(
    `the address '${address}'`, { addresses: ['10.8.0.6', address] }, 'InvalidAddress', 'addresses[1]', JSON.stringify(address), 'A name stands in host')),
  ...['0.0.0.0', '127.0.0.1', '::1', '::', '224.0.0.1', '255.255.255.255'].map(address => ledger(
    `the address '${address}', which is nobody's outside`, { addresses: [address] }, 'InvalidAddress', 'addresses[0]', JSON.stringify(address), 'of the host itself')),
  ...['0.0.0.0/0', '::/0'].map(address => ledger(
    `every address, as ${address}`, { addresses: [address] }, 'InvalidAddress', 'addresses[0]', JSON.stringify(address), 'every connection')),
  ledger('a block of addresses with host bits', { addresses: ['10.8.0.7/16'] }, 'InvalidCidr', 'addresses[0]', '"10.8.0.7/16"', '10.8.0.0/16'),
  ledger('an address twice', { addresses: ['10.8.0.7', '10.8.0.7/32'] }, 'InvalidAddress', 'addresses[1]', '"10.8.0.7"', 'once'),
  ledger('no address at all', { addresses: [] }, 'EmptyList', 'addresses', '[]', 'Leave it out'),
  ledger('no endpoint at all', { endpoints: [] }, 'EmptyList', 'endpoints', '[]', 'look up the name'),
  ledger('an endpoint to which the network has no way', { endpoints: [Endpoint.of('10.8.0.7'), Endpoint.of('2001:db8::7')], cidrs: ['10.8.0.0/16'] }, 'InvalidCidr', 'cidrs', '"2001:db8::7"', 'Add 2001:db8::7/128'),
  ledger('an endpoint by name', { endpoints: [Endpoint.of('db-1.example.com')] }, 'InvalidAddress', 'endpoints[0].address', '"db-1.example.com"', '10.8.0.7'),
  ledger('an endpoint in the pod itself', { endpoints: [Endpoint.of('127.0.0.1')] }, 'InvalidAddress', 'endpoints[0].address', '"127.0.0.1"', 'of the host itself'),
  ledger('an endpoint twice', { endpoints: [Endpoint.of('2001:db8::1'), Endpoint.of('2001:db8:0::1')] }, 'InvalidAddress', 'endpoints[1]', '"2001:db8::1"', 'weight'),
  ...[0, -1, 0.5, 1_000_001].map(weight => endpoint(`an endpoint's weight of ${weight}`, { weight }, 'InvalidWeight', 'weight', String(weight), 'Leave an endpoint out')),
  endpoint('an endpoint with a label that is none', { labels: { zone: 'a b' } }, 'InvalidLabels', 'labels', '{"zone":"a b"}', 'Use letters'),
  endpoint('an endpoint with no label', { labels: {} }, 'InvalidLabels', 'labels', '{}', 'carry'),

  outside('TLS of the proxy to all hosts of a wildcard', { host: '*.s3.example.com', ports: [MeshPort.tls(443), MeshPort.http(80, { tls: TlsOrigination.simple() })] },
    'WildcardHost', 'ports[1].tls', '"*.s3.example.com"', 'each host'),
  outside('UDP to all hosts of a wildcard', { host: '*.ntp.example.com', ports: [MeshPort.udp(123)] }, 'WildcardHost', 'ports[0]', '"udp"', 'describe each host'),
  outside('UDP beside TCP of a host that proxies answer for', { ports: [MeshPort.tcp(5000), MeshPort.udp(5000)] }, 'InvalidPort', 'ports', '["tcp","udp"]', 'Add addresses'),
  outside('UDP to endpoints', { endpoints: [Endpoint.of('203.0.113.7')], ports: [MeshPort.udp(123)] }, 'InvalidPort', 'endpoints', '"udp"', 'with cidrs'),
  outside('another port for UDP outside', { ports: [MeshPort.udp(123, { targetPort: 1123 })] }, 'InvalidPort', 'ports[0].targetPort', '123', 'Leave it out'),
  outside('TLS of the proxy over UDP', { ports: [MeshPort.udp(123, { tls: TlsOrigination.simple() })] }, 'InvalidPort', 'ports[0].tls', '123', 'Leave it out'),
  outside('TCP to all hosts of a wildcard', { host: '*.s3.example.com', ports: [POSTGRES] }, 'WildcardHost', 'ports[0]', '"tcp"', 'MeshPort.tls()'),
  outside('addresses of a wildcard', { host: '*.s3.example.com', ports: [MeshPort.tls(443)], addresses: ['10.8.0.7'] },
    'WildcardHost', 'addresses', '"*.s3.example.com"', 'cidrs'),
  outside('endpoints of a wildcard', { host: '*.s3.example.com', ports: [MeshPort.tls(443)], endpoints: [Endpoint.of('10.8.0.7')] },
    'WildcardHost', 'endpoints', '"*.s3.example.com"', 'the one host'),
  outside('all hosts of the cluster', { host: '*.shop.svc.cluster.local', ports: [MeshPort.tls(443)] }, 'InvalidHost', 'host', '"*.shop.svc.cluster.local"', 'MeshService'),
  call('the address of a wildcard in a variable', (world) => {
    world.service('orders').calls(new ExternalService(world.shop, 's3', { host: '*.s3.example.com', ports: [MeshPort.tls(443)] }), { addressVariable: 'S3_ADDR' });
  }, 'WildcardHost', 'calls(s3).addressVariable', '"S3_ADDR"', 'puts the name together'),

  ...([
    ['the same address', { addresses: ['10.8.0.7/32'], ports: [POSTGRES] }, { addresses: ['10.8.0.7'], ports: [POSTGRES] }],
    ['MongoDB on the same address', { addresses: ['10.8.0.7'], ports: [MeshPort.mongo(5432)] }, { addresses: ['10.8.0.7'], ports: [MeshPort.mongo(5432)] }],
    ['the same block of addresses', { addresses: ['10.8.0.0/16'], ports: [POSTGRES] }, { addresses: ['10.8.0.0/16'], ports: [POSTGRES] }],
    ['TLS on the same address', { addresses: ['10.8.0.7'], ports: [POSTGRES] }, { addresses: ['10.8.0.7'], ports: [MeshPort.tls(5432)] }],
    ['HTTP on the same address, declared first', { addresses: ['10.8.0.7'], ports: [MeshPort.http(5432)] }, { addresses: ['10.8.0.7'], ports: [MeshPort.http(8080), MeshPort.tcp(5432)] }],
    ['HTTP, beside a block of addresses', { addresses: ['10.8.0.0/16'], ports: [POSTGRES] }, { ports: [MeshPort.http(5432)] }],
  ] as [string, Partial<ExternalServiceProps>, Partial<ExternalServiceProps>][]).map(([what, first, second]) => call(`two hosts of one client, with ${what}`, (world) => {
    const orders = world.service('orders');
    [first, second].forEach((props, index) => orders.calls(
      new ExternalService(world.shop, `db-${index}`, { host: `db-${index}.example.com`, ports: [POSTGRES], ...props }), { port: props.ports!.at(-1)!.name }));
  }, 'AmbiguousAddress', 'calls(db-1)', '5432', 'addresses of its own')),

  outside('TLS within TLS', { ports: [MeshPort.tls(443, { tls: TlsOrigination.simple() })] }, 'InvalidPort', 'ports[0].tls', '443', 'say what it speaks'),
  outside('plain HTTP on the port of HTTPS, for the proxy to encrypt', { ports: [MeshPort.http(443, { tls: TlsOrigination.simple() })] },
    'InvalidPort', 'ports[0].port', '443', 'MeshPort.http(80, { tls: TlsOrigination.simple() })'),
  tls('a server\'s name with a port', { sni: 'api.bank.example.com:443' }, 'InvalidHost', 'sni', '"api.bank.example.com:443"', 'no scheme, port'),
  tls('a certificate\'s name as a URL', { subjectAltNames: ['spiffe://bank'] }, 'InvalidHost', 'subjectAltNames[0]', '"spiffe://bank"', 'Write the name alone'),
  tls('no name for a certificate', { subjectAltNames: [] }, 'EmptyList', 'subjectAltNames', '[]', 'that the proxy asks for'),
  tls('a certificate\'s name twice', { subjectAltNames: ['bank.example.com', 'bank.example.com'] }, 'DuplicateName', 'subjectAltNames[1]', '"bank.example.com"', 'once'),
  tls('a ConfigMap of authorities in capitals', { caCertificates: CaCertificates.fromConfigMap('Corporate') }, 'InvalidName', 'caCertificates.name', '"Corporate"', 'lower case'),
  tls('a key of authorities with a folder', { caCertificates: CaCertificates.fromSecret('corporate', '../ca.crt') }, 'InvalidName', 'caCertificates.key', '"../ca.crt"', 'letters, digits'),
  outside('a Secret with a path', { ports: [MeshPort.http(80, { tls: TlsOrigination.mutual('shop/bank') })] }, 'InvalidName', 'ports[0].tls.secret', '"shop/bank"', 'lower case'),

  lost('an annotation in the place of the one for DNS', 'proxy.istio.io/config', '{"concurrency":1}', { ports: [POSTGRES] }),
  lost('an annotation in the place of the proxy\'s volumes', 'sidecar.istio.io/userVolume', '{"mine":{"emptyDir":{}}}', {
    ports: [MeshPort.http(80, { tls: TlsOrigination.mutual('bank') })],
  }),
  lost('an annotation in the place of the proxy\'s mounts', 'sidecar.istio.io/userVolumeMount', '{"mine":{"mountPath":"/x"}}', {
    ports: [MeshPort.http(80, { tls: TlsOrigination.mutual('bank') })],
  }),
];

function outside(
  mistake: string, props: Partial<ExternalServiceProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: world => new ExternalService(world.shop, 'outside', { host: 'api.example.com', ports: [MeshPort.tls(443)], ...props }),
    code,
    path: 'shop/outside',
    property,
    received,
    fix: [fix],
  };
}

function ledger(mistake: string, props: Partial<ExternalServiceProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return outside(mistake, { ports: [POSTGRES], ...props }, code, property, received, fix);
}

function endpoint(mistake: string, options: EndpointOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return ledger(mistake, { endpoints: [Endpoint.of('10.8.0.7', options)] }, code, `endpoints[0].${property}`, received, fix);
}

function tls(mistake: string, options: TlsOriginationOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return outside(mistake, { ports: [MeshPort.http(80, { tls: TlsOrigination.simple(options) })] }, code, `ports[0].tls.${property}`, received, fix);
}

function call(mistake: string, make: (world: World) => void, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make, code, path: 'shop/orders', property, received, fix: [fix] };
}

/** A user's own annotation, which would take from the proxy what the call needs. */
function lost(mistake: string, key: string, value: string, props: Partial<ExternalServiceProps>): WrongInput {
  return call(mistake, (world) => {
    const orders = world.service('orders');
    orders.calls(new ExternalService(world.shop, 'outside', { host: 'api.example.com', ports: [], ...props }));
    (orders.deployment.podMetadata as ApiObjectMetadataDefinition).addAnnotation(key, value);
    world.synth();
  }, 'MembershipLost', `pod.annotations.${key}`, JSON.stringify(value), 'leave this annotation out');
}
