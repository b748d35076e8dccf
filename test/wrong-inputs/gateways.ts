import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Autoscaling, ExistingService, ExistingWorkload, ExposureOptions, GatewayServer, GlobalRateLimit, KedaTrigger, Mesh, MeshGateway, MeshGatewayProps,
  MeshPort, MeshServiceProps, ProxyInjection,
  Rate, RateLimit, RateLimitDomain, Retries, RouteMatch, ScalingMetric, ServerCertificate, StringMatch,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HOST = 'shop.example.com';
const CERTIFICATE = ServerCertificate.fromSecret('shop-tls');
const https = (hosts: string[], port?: number) => GatewayServer.https(hosts, { certificate: CERTIFICATE, port });
const EXPOSED = { hosts: [HOST] };

/** What comes in, and how. */
export const wrongGateways: WrongInput[] = [
  server('a gateway that listens for nothing', [], 'EmptyList', 'servers', '[]', 'GatewayServer.https'),
  server('a server without a host', [GatewayServer.http([])], 'EmptyList', 'servers[0].hosts', '[]', 'shop.example.com'),
  server('a server\'s host with a scheme', [GatewayServer.http([`https://${HOST}`])], 'InvalidHost', 'servers[0].hosts[0]', `"https://${HOST}"`, 'no scheme'),
  server('a server\'s host with a namespace', [GatewayServer.http([`shop/${HOST}`])], 'InvalidHost', 'servers[0].hosts[0]', `"shop/${HOST}"`, 'the name alone'),
  server('a server with a host twice', [GatewayServer.http([HOST, HOST])], 'InvalidHost', 'servers[0].hosts[1]', `"${HOST}"`, 'once'),
  server('a server on port 0', [GatewayServer.http([HOST], { port: 0 })], 'InvalidPort', 'servers[0].port', '0', 'clients connect'),
  server('a server on the proxy\'s port', [GatewayServer.http([HOST], { port: 15021 })], 'InvalidPort', 'servers[0].port', '15021', '15090'),
  server('a certificate with a file\'s name', [GatewayServer.https([HOST], { certificate: ServerCertificate.fromSecret('shop_tls.pem') })], 'InvalidName', 'servers[0].certificate',
    '"shop_tls.pem"', 'lower case'),
  server('a certificate in another namespace', [GatewayServer.https([HOST], { certificate: ServerCertificate.fromSecret('edge/shop-tls') })], 'InvalidName', 'servers[0].certificate',
    '"edge/shop-tls"', 'lower case'),
  server('two of a gateway\'s ports that are one of its pod', [https([HOST]), https(['api.example.com'], 8443)], 'DuplicatePort', 'servers[1].port', '8443', '8000 higher'),
  server('plain text and TLS on one port', [https([HOST], 8080), GatewayServer.http([HOST], { port: 8080 })], 'InvalidServer', 'servers[1].port', '8080', 'on 443'),
  server('a host of two servers on one port', [https([HOST]), https(['api.example.com', HOST])], 'InvalidServer', 'servers[1].hosts', `"${HOST}"`, 'one of them'),
  server('a redirect to where nobody listens', [GatewayServer.http([HOST], { redirectToHttps: true })], 'InvalidServer', 'servers[0].redirectToHttps', `"${HOST}"`, 'GatewayServer.https()'),
  server('a redirect to another port than 443', [https([HOST], 8443), GatewayServer.http([HOST], { redirectToHttps: true })], 'InvalidServer', 'servers[1].redirectToHttps', `"${HOST}"`,
    'GatewayServer.https()'),
  gateway('a gateway of no pods', { replicas: 0 }, 'InvalidReplicas', 'replicas', '0', 'for three'),
  gateway('a gateway\'s replicas beside its autoscaler', { replicas: 4, autoscaling: Autoscaling.horizontal({ min: 2, max: 4, metrics: [ScalingMetric.cpu(70)] }) }, 'InvalidReplicas', 'replicas',
    '4', 'Leave it out'),
  gateway('a gateway that requests more than it may use', { resources: { cpu: { request: kplus.Cpu.units(3) } } }, 'RequestAboveLimit', 'resources.cpu', '"3 > 2000m"', 'Set both'),
  gateway('a gateway that is scaled by its servers\' requests', { autoscaling: Autoscaling.keda({ min: 2, max: 4, triggers: [KedaTrigger.requestsPerSecond(100)] }) }, 'NotHttp',
    'autoscaling.triggers[0]', '100', ''),
  gateway('a gateway\'s Service that is a name', { serviceType: kplus.ServiceType.EXTERNAL_NAME }, 'InvalidServer', 'serviceType', '"ExternalName"', 'LOAD_BALANCER'),
  gateway('a gateway\'s Service of no kind', { serviceType: 'Foo' as any }, 'InvalidServer', 'serviceType', '"Foo"', 'LOAD_BALANCER'),
  {
    mistake: 'a gateway of a service\'s name',
    make: (world) => {
      world.service('entrance', { name: 'edge' });
      edgeIn(world);
    },
    code: 'DuplicateName',
    path: 'shop/edge',
    property: 'id',
    received: '"edge"',
    fix: ['another name'],
  },
  {
    mistake: 'pods that bear the labels of a gateway\'s',
    make: (world) => {
      edgeIn(world);
      new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { app: 'edge' } });
      world.synth();
    },
    code: 'AmbiguousPods',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"app":"edge"}',
    fix: ['tells them apart'],
  },
  {
    mistake: 'an exposure with the name of a service',
    make: (world) => {
      world.service('orders-edge');
      edgeIn(world).exposes(world.service('orders'), EXPOSED);
    },
    code: 'DuplicateName',
    path: 'shop/edge',
    property: 'exposes(orders)',
    received: '"orders-edge"',
    fix: ['another name'],
  },
  {
    mistake: 'a gateway where no webhook completes its pods',
    make: (world) => {
      new Mesh(world.app, 'mesh', { proxyInjection: ProxyInjection.written({ image: 'docker.io/istio/proxyv2:1.31.0' }) });
      edgeIn(world);
      world.synth();
    },
    code: 'UninjectedNamespace',
    path: 'shop/edge',
    property: 'servers',
    received: '"ProxyInjection.written()"',
    fix: ['ExistingWorkload'],
  },
  exposure('a service that is exposed on no host', { hosts: [] }, 'EmptyList', 'hosts', '[]', 'clients ask for'),
  exposure('a host that no server of the gateway has', { hosts: ['api.example.com'] }, 'UnexposedHost', 'hosts[0]', '"api.example.com"', HOST),
  exposure('a wildcard that is wider than the server', { hosts: ['*.example.com'] }, 'UnexposedHost', 'hosts[0]', '"*.example.com"', HOST),
  {
    mistake: 'a host that only ends like a server\'s wildcard',
    make: world => edgeIn(world, { servers: [https(['*.example.com'])] }).exposes(world.service('orders'), { hosts: ['evil-example.com'] }),
    code: 'UnexposedHost',
    path: 'shop/edge',
    property: 'exposes(orders).hosts[0]',
    received: '"evil-example.com"',
    fix: ['*.example.com'],
  },
  exposure('an exposed host with a path', { hosts: [`${HOST}/orders`] }, 'InvalidHost', 'hosts[0]', `"${HOST}/orders"`, 'no scheme'),
  exposure('an exposed host twice', { hosts: [HOST, HOST] }, 'InvalidHost', 'hosts[1]', `"${HOST}"`, 'once'),
  exposure('an exposed path of another syntax', { ...EXPOSED, paths: ['/orders/:id'] }, 'InvalidPath', 'paths[0]', '"/orders/:id"', '{*}'),
  exposure('an exposure of no methods', { ...EXPOSED, methods: [] }, 'EmptyList', 'methods', '[]', 'all methods'),
  exposure('an exposed method in small letters', { ...EXPOSED, methods: ['get'] }, 'InvalidMethod', 'methods[0]', '"get"', 'GET'),
  exposure('an exposure\'s timeout of nothing', { ...EXPOSED, timeout: Duration.millis(0) }, 'InvalidDuration', 'timeout', '"0ms"', 'positive'),
  exposure('an exposure\'s retries beyond all measure', { ...EXPOSED, retries: Retries.upTo(99) }, 'InvalidRetries', 'retries.attempts', '99', ''),
  exposure('an exposed port that the service has not', { ...EXPOSED, port: 'grpc' }, 'UnknownPort', 'port', '"grpc"', 'http'),
  exposure('an exposed service of several ports', EXPOSED, 'AmbiguousPort', 'port', 'undefined', 'http-admin', { ports: [MeshPort.http(80, { targetPort: 8080 }), MeshPort.http(9090, { name: 'http-admin' })] }),
  exposure('an exposed database', EXPOSED, 'NotHttp', 'port', '"tcp"', 'MeshPort.http()', { ports: [MeshPort.tcp(5432)] }),
  {
    ...exposure('an exposed service whose clients pick the pod', EXPOSED, 'HeadlessService', '', '"orders"', 'headless', { headless: true }),
    property: 'exposes(orders)',
  },
  {
    mistake: 'an exposed worker',
    make: world => edgeIn(world).exposes(world.service('orders', { ports: undefined }), EXPOSED),
    code: 'NotCallable',
    path: 'shop/edge',
    property: 'exposes(orders)',
    received: '"shop/orders"',
    fix: ['ports'],
  },
  {
    mistake: 'an exposed service of another app',
    make: world => edgeIn(world).exposes(new World().service('orders'), EXPOSED),
    code: 'OtherApp',
    path: 'shop/edge',
    property: 'exposes(orders)',
    received: '"shop/orders"',
    fix: ['one app'],
  },
  twice('the same requests exposed twice', { ...EXPOSED, paths: ['/a'] }, { ...EXPOSED, paths: ['/a'] }, 'DuplicateCall', '', '"* /a"', 'its own paths'),
  twice('a service that is exposed on other hosts by another statement', { ...EXPOSED, paths: ['/a'] }, { hosts: ['api.example.com'], paths: ['/b'] }, 'AmbiguousExposure', 'hosts',
    '["api.example.com"]', HOST),
  twice('two ports of a service for one path', { ...EXPOSED, port: 'http', paths: ['/a/*'] }, { ...EXPOSED, port: 'http-admin', paths: ['/a/b'] }, 'AmbiguousExposure', 'port', '"http-admin"', 'paths of its own',
    [MeshPort.http(80, { targetPort: 8080 }), MeshPort.http(9090, { name: 'http-admin' })]),
  crowded('two services for one path of a host', ['/a/*'], ['/a/b'], '["/a/b"]'),
  crowded('two services for all the rest of a host', ['/*'], undefined, '["*"]'),
  crowded('two services for paths that cannot be told apart', ['*.html'], ['/a/{*}'], '["/a/{*}"]'),
  {
    mistake: 'a service for some methods of all that is left of a host',
    make: (world) => {
      const edge = edgeIn(world);
      edge.exposes(world.service('orders'), { ...EXPOSED, paths: ['/orders/*'] });
      edge.exposes(world.service('frontend'), { ...EXPOSED, methods: ['GET'] });
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(frontend)',
    received: '["*"]',
    fix: ['without paths, methods'],
  },
  {
    mistake: 'a release with a match, of what has the rest of a host',
    make: (world) => {
      const edge = edgeIn(world);
      const frontend = world.service('frontend');
      edge.exposes(world.service('cart'), { ...EXPOSED, paths: ['/cart/*'] });
      edge.exposes(frontend, EXPOSED);
      world.release(frontend, { match: [RouteMatch.headerPresent('x-user')] });
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(frontend)',
    received: '["*"]',
    fix: ['matches of its routes'],
  },
  {
    mistake: 'a route whose pattern cannot be joined with that of an exposure',
    make: (world) => {
      const orders = world.service('orders');
      edgeIn(world).exposes(orders, { ...EXPOSED, paths: ['/orders/{*}/items'] });
      orders.addRoute('odd', { match: [RouteMatch.path(StringMatch.regex('/orders/[0-9]+/.*'))], version: 'v1' });
      world.synth();
    },
    code: 'UnresolvedOverlap',
    path: 'shop/edge',
    property: 'exposes(orders)',
    received: '[{"regex":"/orders/[0-9]+/.*"},{"regex":"/orders/[^/]+/items"}]',
    fix: ['by a header'],
  },
  {
    mistake: 'a release that a gateway of others may not keep',
    make: (world) => {
      const orders = world.service('orders');
      new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'ingress' }).calls(orders);
      world.release(orders);
      world.synth();
    },
    code: 'UnkeptStages',
    path: 'shop/orders-next',
    property: 'service',
    received: '["ingress"]',
    fix: ['keepsRoutes: true', 'MeshGateway'],
  },
  {
    mistake: 'a release of what proxies ask by themselves',
    make: (world) => {
      const limiter = world.service('limiter', { ports: [MeshPort.grpc(8081)] });
      const domain = RateLimitDomain.of('orders', { all: RateLimit.of(Rate.perSecond(10)) });
      new GlobalRateLimit(world.shop, 'limit', { service: world.service('orders'), rateLimitService: limiter, domain });
      world.release(limiter);
      world.synth();
    },
    code: 'UnkeptStages',
    path: 'shop/orders-next',
    property: 'service',
    received: '"shop/limiter"',
    fix: ['a service of its own'],
  },
  {
    mistake: 'routes that are kept by what has no proxy',
    make: world => new ExistingWorkload(world.app, 'kafka', { namespace: 'streams', inMesh: false, keepsRoutes: true }),
    code: 'NoIdentity',
    path: 'kafka',
    property: 'keepsRoutes',
    received: 'true',
    fix: ['Leave it out'],
  },
];

function edgeIn(world: World, props: Partial<MeshGatewayProps> = {}): MeshGateway {
  return new MeshGateway(world.shop, 'edge', { servers: [https([HOST])], ...props });
}

function gateway(mistake: string, props: Partial<MeshGatewayProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => edgeIn(world, props), code, path: 'shop/edge', property, received, fix: [fix] };
}

function server(mistake: string, servers: GatewayServer[], code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return gateway(mistake, { servers }, code, property, received, fix);
}

function exposure(
  mistake: string, options: ExposureOptions, code: ErrorCode, property: string, received: string, fix: string, props: Partial<MeshServiceProps> = {},
): WrongInput {
  return {
    mistake,
    make: world => edgeIn(world).exposes(world.service('orders', props), options),
    code,
    path: 'shop/edge',
    property: `exposes(orders).${property}`,
    received,
    fix: [fix],
  };
}

function twice(
  mistake: string, first: ExposureOptions, second: ExposureOptions, code: ErrorCode, property: string, received: string, fix: string,
  ports?: MeshPort[],
): WrongInput {
  return {
    mistake,
    make: (world) => {
      const edge = edgeIn(world, { servers: [https([HOST, 'api.example.com'])] });
      const orders = world.service('orders', ports ? { ports } : {});
      edge.exposes(orders, first);
      edge.exposes(orders, second);
    },
    code,
    path: 'shop/edge',
    property: ['exposes(orders)', property].filter(Boolean).join('.'),
    received,
    fix: [fix],
  };
}

function crowded(mistake: string, first: string[] | undefined, second: string[] | undefined, received: string): WrongInput {
  return {
    mistake,
    make: (world) => {
      const edge = edgeIn(world);
      edge.exposes(world.service('orders'), { ...EXPOSED, paths: first });
      edge.exposes(world.service('cart'), { ...EXPOSED, paths: second });
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(cart)',
    received,
    fix: ['paths of its own'],
  };
}
