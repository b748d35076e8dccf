import { Duration } from 'cdk8s';
import {
  CertificateIssuer, CertManagerOptions, ExistingGateway, ExistingGatewayProps, ExposureOptions, GatewayServer, MeshGateway, MeshPort, Redirect,
  Retries, ServerCertificate, TlsVersion,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const SHOP = 'shop.example.com';
const VAULT = 'vault.example.com';
const MQTT = 'mqtt.example.com';
const CERTIFICATE = ServerCertificate.fromSecret('shop-tls');
const LETSENCRYPT = CertificateIssuer.clusterIssuer('letsencrypt');

const HTTPS = GatewayServer.https([SHOP], { certificate: CERTIFICATE });
const MUTUAL = GatewayServer.https([SHOP], { certificate: CERTIFICATE, mutual: true });
const PASSTHROUGH = GatewayServer.tlsPassthrough([VAULT, 'more.example.com']);
const ENDED = GatewayServer.tls([MQTT, 'iot.example.com'], { port: 8883, certificate: CERTIFICATE });
const TCP = GatewayServer.tcp(5432);

/** What comes in of which the gateway sees no requests, gateways of others, and certificates of cert-manager. */
export const wrongConnections: WrongInput[] = [
  server('a certificate that is missing', [GatewayServer.https([SHOP], {})], 'MissingProperty', 'servers[0].certificate', 'undefined', 'tlsPassthrough()'),
  server('TLS that ends without a certificate', [GatewayServer.tls([MQTT], { port: 8883 })], 'MissingProperty', 'servers[0].certificate', 'undefined', 'fromSecret'),
  server('two servers of plain TCP on one port', [TCP, GatewayServer.tcp(5432)], 'InvalidServer', 'servers[1].port', '5432', 'port of its own'),
  server('plain TCP on a port of HTTP', [GatewayServer.http([SHOP], { port: 8000 }), GatewayServer.tcp(8000)], 'InvalidServer', 'servers[1].port', '8000', 'on 443'),
  server('plain TCP on a port of TLS', [HTTPS, GatewayServer.tcp(443)], 'InvalidServer', 'servers[1].port', '443', 'on 443'),
  server('plain TCP on the proxy\'s port', [GatewayServer.tcp(15090)], 'InvalidPort', 'servers[0].port', '15090', 'Choose one other'),
  server('a host whose TLS ends and goes through', [HTTPS, GatewayServer.tlsPassthrough([SHOP])], 'InvalidServer', 'servers[1].hosts', `"${SHOP}"`, 'one of them'),
  server('a redirect to TLS that goes through', [PASSTHROUGH, GatewayServer.http([VAULT], { redirectToHttps: true })], 'InvalidServer', 'servers[1].redirectToHttps', `"${VAULT}"`, 'https()'),

  server('TLS that ends, for a name below another\'s wildcard', [GatewayServer.tls(['*.example.com'], { certificate: CERTIFICATE }), GatewayServer.tls([MQTT], { certificate: CERTIFICATE })],
    'InvalidServer', 'servers[1].hosts', `"${MQTT}"`, 'one of them'),
  server('a name of clients\' certificates below a wildcard without', [GatewayServer.https(['*.example.com'], { certificate: CERTIFICATE }), MUTUAL],
    'InvalidServer', 'servers[1].hosts', `"${SHOP}"`, 'gateway of its own'),
  server('a wildcard without clients\' certificates around a name with', [MUTUAL, GatewayServer.https(['*.example.com'], { port: 8443, certificate: CERTIFICATE })],
    'InvalidServer', 'servers[1].hosts', '"*.example.com"', 'gateway of its own'),
  server('a name of clients\' certificates in plain text too', [MUTUAL, GatewayServer.http([SHOP])], 'InvalidServer', 'servers[1].hosts', `"${SHOP}"`, 'gateway of its own'),
  exposure('a wildcard around the name of a server', [GatewayServer.http([SHOP, '*.example.com'])], MeshPort.http(8080), { hosts: ['*.example.com'] }, 'AmbiguousExposure', 'hosts[0]', '"*.example.com"',
    'out of the servers'),
  exposure('a wildcard around the name of a server on another port', [GatewayServer.https(['*.example.com'], { certificate: CERTIFICATE }), GatewayServer.http([SHOP])], MeshPort.http(8080),
    { hosts: ['*.example.com'] }, 'AmbiguousExposure', 'hosts[0]', '"*.example.com"', 'out of the servers'),
  {
    mistake: 'a redirect of a wildcard around the name of a server',
    make: world => edgeWith(world, [GatewayServer.http([SHOP, '*.example.com'])]).redirects(['*.example.com'], Redirect.to({ host: SHOP })),
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'redirects(*.example.com).hosts[0]',
    received: '"*.example.com"',
    fix: ['out of the servers'],
  },

  server('a certificate of cert-manager that another server takes for a Secret of its own', [
    GatewayServer.https([SHOP], { certificate: ServerCertificate.fromCertManager('shop-tls', { issuer: LETSENCRYPT }) }), GatewayServer.https([VAULT], { certificate: CERTIFICATE }),
  ], 'DuplicateName', 'servers[1].certificate', '"shop-tls"', 'one ServerCertificate'),

  exposure('a database through servers of requests', [HTTPS, ENDED], MeshPort.tls(8443), { hosts: [MQTT] }, 'NotHttp', 'port', '"tls"', 'GatewayServer.tcp()'),
  exposure('UDP through a gateway', [HTTPS, TCP], MeshPort.udp(8125), {}, 'NotHttp', 'port', '"udp"', 'MeshPort.http()'),
  exposure('requests through a server of TLS', [PASSTHROUGH], MeshPort.http(8080), { hosts: [VAULT] }, 'UnexposedHost', 'hosts[0]', `"${VAULT}"`, 'GatewayServer.https()'),
  exposure('requests without a host', [HTTPS], MeshPort.http(8080), {}, 'MissingProperty', 'hosts', 'undefined', 'clients ask for'),
  exposure('requests by the gateway\'s port', [HTTPS], MeshPort.http(8080), { hosts: [SHOP], gatewayPort: 443 }, 'InvalidPort', 'gatewayPort', '443', 'Leave it out'),
  exposure('hosts of plain TCP', [TCP], MeshPort.tcp(5432), { hosts: [SHOP] }, 'InvalidHost', 'hosts', `["${SHOP}"]`, 'tlsPassthrough()'),
  exposure('TLS without its name', [PASSTHROUGH], MeshPort.tls(8443), {}, 'MissingProperty', 'hosts', 'undefined', VAULT),
  exposure('TLS by a name that no server has', [PASSTHROUGH], MeshPort.tls(8443), { hosts: [SHOP] }, 'UnexposedHost', 'hosts[0]', `"${SHOP}"`, VAULT),
  exposure('TLS by a name that another server of the port has closer', [HTTPS, GatewayServer.tlsPassthrough(['*.example.com'])], MeshPort.tls(8443), { hosts: [SHOP] }, 'UnexposedHost', 'hosts[0]',
    `"${SHOP}"`, '*.example.com'),
  exposure('plain TCP by one of several ports', [TCP, GatewayServer.tcp(6432)], MeshPort.tcp(5432), {}, 'AmbiguousPort', 'gatewayPort', 'undefined', 'gatewayPort: 5432'),
  exposure('plain TCP by a port that is none', [TCP], MeshPort.tcp(5432), { gatewayPort: 9999 }, 'UnknownPort', 'gatewayPort', '9999', '5432'),
  exposure('TLS by a port that is none', [PASSTHROUGH], MeshPort.tls(8443), { hosts: [VAULT], gatewayPort: 9999 }, 'UnknownPort', 'gatewayPort', '9999', 'tlsPassthrough()'),
  exposure('TLS by one of several ports', [PASSTHROUGH, GatewayServer.tlsPassthrough([VAULT], { port: 9443 })], MeshPort.tls(8443), { hosts: [VAULT] }, 'AmbiguousPort', 'gatewayPort', 'undefined',
    'gatewayPort: 443'),
  exposure('some hosts of TLS that ends', [ENDED], MeshPort.tcp(1883), { hosts: [MQTT] }, 'InvalidHost', 'hosts', `["${MQTT}"]`, 'iot.example.com'),
  exposure('TLS that ends and goes through in one', [PASSTHROUGH, GatewayServer.tls([MQTT], { certificate: CERTIFICATE })], MeshPort.tcp(1883), { hosts: [MQTT, VAULT] }, 'AmbiguousExposure', 'hosts',
    `["${MQTT}","${VAULT}"]`, 'each a port'),
  exposure('methods of connections', [TCP], MeshPort.tcp(5432), { methods: ['GET'] }, 'NotHttp', 'methods', '["GET"]', 'Leave it out'),
  exposure('paths of connections', [TCP], MeshPort.tcp(5432), { paths: ['/a'] }, 'NotHttp', 'paths', '["/a"]', 'Leave it out'),
  exposure('a time limit of connections', [PASSTHROUGH], MeshPort.tls(8443), { hosts: [VAULT], timeout: Duration.seconds(1) }, 'NotHttp', 'timeout', '"1 second"', 'Leave it out'),
  exposure('retries of connections', [TCP], MeshPort.tcp(5432), { retries: Retries.none() }, 'NotHttp', 'retries', 'a Retries', 'Leave it out'),
  crowded('two services behind one port of plain TCP', {}, 'AmbiguousExposure', '"shop/cart"', 'port of its own'),
  crowded('two services for one name in TLS', { hosts: [VAULT] }, 'AmbiguousExposure', '"shop/cart"', 'hosts of its own'),
  {
    mistake: 'one port of a service that is exposed on several hosts by two statements',
    make: (world) => {
      const edge = edgeWith(world, [PASSTHROUGH]);
      const vault = world.service('vault', { ports: [MeshPort.tls(8443)] });
      edge.exposes(vault, { hosts: [VAULT] });
      edge.exposes(vault, { hosts: ['more.example.com'] });
    },
    code: 'DuplicateCall',
    path: 'shop/edge',
    property: 'exposes(vault)',
    received: '["more.example.com"]',
    fix: ['all hosts'],
  },

  existing('a gateway of no namespace', { namespace: 'istio_system' }, 'InvalidName', 'namespace', '"istio_system"', 'lower case'),
  existing('a gateway of no account', { serviceAccount: 'Ingress' }, 'InvalidName', 'serviceAccount', '"Ingress"', 'lower case'),
  existing('a gateway by no labels', { podLabels: {} }, 'InvalidLabels', 'podLabels', '{}', 'without one every pod'),
  existing('a Gateway without its namespace', { gateway: 'public' }, 'InvalidName', 'gateway', '"public"', 'istio-system/public-gateway'),
  existing('a Gateway with a name of three parts', { gateway: 'a/b/c' }, 'InvalidName', 'gateway', '"a/b/c"', 'Write both'),
  existing('a certificate of a Gateway that is another\'s', { gateway: 'istio-system/public' }, 'NotOurs', 'servers[0].certificate', '"a ServerCertificate"', 'hosts and ports alone'),
  existing('a certificate of cert-manager\'s for a Gateway that is another\'s', {
    gateway: 'istio-system/public', servers: [GatewayServer.https([SHOP], { certificate: ServerCertificate.fromCertManager('shop', { issuer: LETSENCRYPT }) })],
  }, 'NotOurs', 'servers[0].certificate', '"a ServerCertificate"', 'Leave it out'),
  existing('who clients are, at a Gateway that is another\'s', { gateway: 'istio-system/public', servers: [GatewayServer.https([SHOP], { mutual: true })] }, 'NotOurs',
    'servers[0].mutual', 'true', 'Leave it out'),
  existing('a version of TLS at a Gateway that is another\'s', {
    gateway: 'istio-system/public', servers: [GatewayServer.tls([SHOP], { minimumVersion: TlsVersion.V1_3 })],
  }, 'NotOurs', 'servers[0].minimumVersion', '"TLSV1_3"', 'Leave it out'),
  existing('a redirect at a Gateway that is another\'s', {
    gateway: 'istio-system/public', servers: [GatewayServer.https([SHOP], {}), GatewayServer.http([SHOP], { redirectToHttps: true })],
  }, 'NotOurs', 'servers[1].redirectToHttps', 'true', 'Leave it out'),
  existing('a gateway of others that listens for nothing', { servers: [] }, 'EmptyList', 'servers', '[]', 'GatewayServer.https'),
  {
    mistake: 'two Gateways for one host on the same pods',
    make: (world) => {
      existingIn(world, 'public');
      existingIn(world, 'other');
    },
    code: 'DuplicateName',
    path: 'shop/other',
    property: 'servers[0].hosts',
    received: `"${SHOP}:443"`,
    fix: ['another name'],
  },
  {
    mistake: 'an existing gateway that is the app\'s own',
    make: (world) => {
      edgeWith(world, [HTTPS]);
      existingIn(world, 'public', { namespace: 'shop', serviceAccount: 'edge' });
      world.synth();
    },
    code: 'DuplicateName',
    path: 'shop/public',
    property: 'serviceAccount',
    received: '"edge"',
    fix: ['that gateway itself'],
  },

  issued('a certificate for half an hour', { duration: Duration.minutes(30) }, 'InvalidDuration', 'duration', '1800', 'from 60 minutes'),
  issued('a certificate for part of a second more', { duration: Duration.millis(3_600_500) }, 'InvalidDuration', 'duration', '3600.5', 'whole seconds'),
  issued('a certificate that is renewed at the last minute', { renewBefore: Duration.minutes(1) }, 'InvalidDuration', 'renewBefore', '60', 'from 5 minutes'),
  issued('a certificate that is renewed before it begins', { duration: Duration.days(30), renewBefore: Duration.days(30) }, 'InvalidDuration', 'renewBefore', '"30 days"', 'valid for longer'),
  issued('a certificate that is renewed before it begins, by default', { renewBefore: Duration.days(120) }, 'InvalidDuration', 'renewBefore', '"120 days"', '90 days'),
  issued('an issuer of no name', { issuer: CertificateIssuer.clusterIssuer('Let\'s Encrypt') }, 'InvalidName', 'issuer.name', '"Let\'s Encrypt"', 'lower case'),
  issued('an issuer of no kind', { issuer: CertificateIssuer.external('awspca.cert-manager.io', 'aws-issuer', 'ca') }, 'InvalidName', 'issuer.kind', '"aws-issuer"', 'AWSPCAClusterIssuer'),
  issued('an issuer of a group with its version', { issuer: CertificateIssuer.external('awspca.cert-manager.io/v1', 'AWSPCAIssuer', 'ca') }, 'InvalidName', 'issuer.group',
    '"awspca.cert-manager.io/v1"', 'lower case'),
  server('two certificates of one name', [
    GatewayServer.https([SHOP], { certificate: ServerCertificate.fromCertManager('shop', { issuer: LETSENCRYPT }) }),
    GatewayServer.https([VAULT], { certificate: ServerCertificate.fromCertManager('shop', { issuer: CertificateIssuer.issuer('ca') }) }),
  ], 'DuplicateName', 'servers[1].certificate', '"shop"', 'one ServerCertificate'),
];

function edgeWith(world: World, servers: GatewayServer[]): MeshGateway {
  return new MeshGateway(world.shop, 'edge', { servers });
}

function server(mistake: string, servers: GatewayServer[], code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => edgeWith(world, servers), code, path: 'shop/edge', property, received, fix: [fix] };
}

function exposure(
  mistake: string, servers: GatewayServer[], port: MeshPort, options: ExposureOptions,
  code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: world => edgeWith(world, servers).exposes(world.service('orders', { ports: [port] }), options),
    code,
    path: 'shop/edge',
    property: `exposes(orders).${property}`,
    received,
    fix: [fix],
  };
}

function crowded(mistake: string, options: ExposureOptions, code: ErrorCode, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: (world) => {
      const edge = edgeWith(world, [PASSTHROUGH, TCP]);
      const ports = [MeshPort.tcp(5432)];
      edge.exposes(world.service('orders', { ports }), options);
      edge.exposes(world.service('cart', { ports }), options);
    },
    code,
    path: 'shop/edge',
    property: 'exposes(cart)',
    received,
    fix: [fix],
  };
}

function existingIn(world: World, id: string, props: Partial<ExistingGatewayProps> = {}): ExistingGateway {
  const pods = { namespace: 'istio-system', serviceAccount: 'ingress', podLabels: { istio: 'ingress' } };
  return new ExistingGateway(world.shop, id, { ...pods, servers: [HTTPS], ...props });
}

function existing(
  mistake: string, props: Partial<ExistingGatewayProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return { mistake, make: world => existingIn(world, 'public', props), code, path: 'shop/public', property, received, fix: [fix] };
}

function issued(mistake: string, options: Partial<CertManagerOptions>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  const certificate = () => ServerCertificate.fromCertManager('shop-tls', { issuer: LETSENCRYPT, ...options });
  return {
    mistake,
    make: world => edgeWith(world, [GatewayServer.https([SHOP], { certificate: certificate() })]),
    code,
    path: 'shop/edge',
    property: `servers[0].certificate.${property}`,
    received,
    fix: [fix],
  };
}
