import * as kplus from 'cdk8s-plus-28';
import {
  CertificateIssuer, ExposureOptions, ExternalTrafficPolicy, GatewayServer, MeshGateway, MeshGatewayProps, MeshPort, MeshServiceProps,
  Redirect, ServerCertificate,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HOST = 'shop.example.com';
const CERTIFICATE = ServerCertificate.fromSecret('shop-tls');
const ISSUED = ServerCertificate.fromCertManager('shop-tls', { issuer: CertificateIssuer.clusterIssuer('letsencrypt') });
const ANY = [GatewayServer.http(['*'])];

/** Servers for whatever clients ask for, and what is exposed there. */
export const wrongAnyHosts: WrongInput[] = [
  server('TLS that goes through for every host', [GatewayServer.tlsPassthrough(['*'])], 'InvalidHost', 'servers[0].hosts[0]', '"*"', 'GatewayServer.tcp()'),
  server('TLS that ends for every host', [GatewayServer.tls(['*'], { certificate: CERTIFICATE })], 'InvalidHost', 'servers[0].hosts[0]', '"*"', 'GatewayServer.tcp()'),
  server('a certificate to be issued for every host', [GatewayServer.https(['*'], { certificate: ISSUED })], 'InvalidHost', 'servers[0].certificate', '"*"', 'fromSecret()'),
  server('every host twice on a port', [...ANY, GatewayServer.http(['*'])], 'InvalidServer', 'servers[1].hosts', '"*"', 'one of them'),
  server('certificates of clients, on one of two servers for a host', [
    GatewayServer.https([HOST], { certificate: CERTIFICATE, mutual: true }), GatewayServer.https(['*'], { certificate: CERTIFICATE, port: 9443 }),
  ], 'InvalidServer', 'servers[1].hosts', '"*"', 'no other server'),
  server('every host sent to HTTPS, which is for some', [GatewayServer.https(['*.example.com'], { certificate: CERTIFICATE }), GatewayServer.http(['*'], { redirectToHttps: true })],
    'InvalidServer', 'servers[1].redirectToHttps', '"*"', 'GatewayServer.https()'),
  exposed('every host, of servers that have some', { servers: [GatewayServer.http(['*.example.com'])] }, { hosts: ['*'] }, 'UnexposedHost', 'hosts[0]', '"*"', 'Use *.example.com'),
  exposed('every host beside a server\'s own', { servers: [...ANY, GatewayServer.https([HOST], { certificate: CERTIFICATE })] }, { hosts: ['*'] }, 'AmbiguousExposure', 'hosts[0]', '"*"',
    `Leave ${HOST} out`),
  exposed('every host, and one of them', { servers: ANY }, { hosts: [HOST, '*'] }, 'InvalidHost', 'hosts[0]', `"${HOST}"`, 'one of the two'),
  exposed('every host of connections, where servers have names', { servers: [GatewayServer.tlsPassthrough([HOST])] }, { hosts: ['*'] }, 'UnexposedHost', 'hosts[0]', '"*"', `Use ${HOST}`,
    { ports: [MeshPort.tls(443, { targetPort: 8443 })] }),
  exposed('every host of plain TCP', { servers: [GatewayServer.tcp(5432)] }, { hosts: ['*'] }, 'InvalidHost', 'hosts', '["*"]', 'Leave it out', { ports: [MeshPort.tcp(5432)] }),
  {
    mistake: 'two services for the rest of every host',
    make: (world) => {
      const edge = edgeIn(world, { servers: ANY });
      edge.exposes(world.service('orders'), { hosts: ['*'] });
      edge.exposes(world.service('frontend'), { hosts: ['*'] });
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(frontend)',
    received: '["*"]',
    fix: ['paths of its own'],
  },
  {
    mistake: 'every host sent to one of them, which is none of its own',
    make: (world) => {
      edgeIn(world, { servers: ANY }).redirects(['*'], Redirect.to({ host: HOST }));
      world.synth();
    },
    code: 'InvalidRedirect',
    path: 'shop/edge',
    property: 'redirects(*)',
    received: `["http://${HOST}:80/","http://${HOST}:80/"]`,
    fix: ['Lead out'],
  },
  {
    mistake: 'addresses asked of every host beside a wildcard',
    make: (world) => {
      const edge = edgeIn(world, { servers: ANY, externalTrafficPolicy: ExternalTrafficPolicy.LOCAL });
      edge.exposes(world.service('orders'), { hosts: ['*'], fromCidrs: ['203.0.113.0/24'] });
      edge.exposes(world.service('frontend'), { hosts: ['*.example.com'] });
      world.synth();
    },
    code: 'UnboundDemand',
    path: 'shop/edge',
    property: 'exposes(orders)',
    received: '["*","*.example.com"]',
    fix: ['gateway of its own'],
  },
  {
    mistake: 'addresses asked of every host but one, on ports of nodes',
    make: (world) => {
      const edge = edgeIn(world, { servers: ANY, externalTrafficPolicy: ExternalTrafficPolicy.LOCAL, serviceType: kplus.ServiceType.NODE_PORT });
      edge.exposes(world.service('orders'), { hosts: ['*'], fromCidrs: ['203.0.113.0/24'] });
      edge.exposes(world.service('frontend'), { hosts: [HOST] });
      world.synth();
    },
    code: 'UnboundDemand',
    path: 'shop/edge',
    property: 'serviceType',
    received: '"NodePort"',
    fix: ['LOAD_BALANCER'],
  },
];

function edgeIn(world: World, props: MeshGatewayProps): MeshGateway {
  return new MeshGateway(world.shop, 'edge', props);
}

function server(mistake: string, servers: GatewayServer[], code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => edgeIn(world, { servers }), code, path: 'shop/edge', property, received, fix: [fix] };
}

function exposed(
  mistake: string, props: MeshGatewayProps, options: ExposureOptions, code: ErrorCode, property: string, received: string, fix: string,
  of: Partial<MeshServiceProps> = {},
): WrongInput {
  return {
    mistake,
    make: world => edgeIn(world, props).exposes(world.service('orders', of), options),
    code,
    path: 'shop/edge',
    property: `exposes(orders).${property}`,
    received,
    fix: [fix],
  };
}
