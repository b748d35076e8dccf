import { App, Chart } from 'cdk8s';
import {
  EndUsers, ExternalService, GatewayServer, LoadBalancing, MeshDestination, MeshGateway, MeshPort, MeshService, MeshServiceProps, Percent,
  RouteMatch, RouteMirror, ServiceMirrorOptions, StringMatch, TokenIssuer,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const API = [RouteMatch.path(StringMatch.prefix('/api/'))];
const TOKEN = EndUsers.required(TokenIssuer.of('https://login.example.com', { audiences: ['shop'] }));

export const wrongServiceMirrors: WrongInput[] = [
  mirrored('copies to the service itself', (_, orders) => orders, 'IneffectiveMirror', '', '"shop/orders"', 'RouteMirror.toVersion()'),
  mirrored('copies to what is outside', world => new ExternalService(world.shop, 'pay', { host: 'pay.example.com', ports: [MeshPort.http(80)] }),
    'NotOurs', '', '"shop/pay"', 'a MeshService'),
  mirrored('copies to a worker', world => world.service('worker', { ports: undefined }), 'NotCallable', '', '"worker"', 'ports'),
  mirrored('copies to a service whose pods its clients pick', world => world.service('audit', { headless: true }), 'HeadlessService', '', '"audit"', 'Leave headless out'),
  mirrored('copies to a service past its proxies\' choice', world => world.service('audit', { loadBalancing: LoadBalancing.passthrough() }),
    'InvalidLoadBalancing', '', '"audit"', 'in another way'),
  mirrored('copies to a service of another app', () => new MeshService(new Chart(new App(), 'other', { namespace: 'other' }), 'audit', { image: 'ghcr.io/acme/audit:1.0.0', ports: [MeshPort.http(8080)] }),
    'OtherApp', '', '"other/audit"', 'of this app'),
  mirrored('copies to a port that there is not', audit(), 'UnknownPort', '.port', '"http-admin"', 'Use one of http', { port: 'http-admin' }),
  mirrored('copies to a port of connections', audit(MeshPort.http(8080), MeshPort.tcp(7000)), 'NotHttp', '', '"tcp"', 'another port', { port: 'tcp' }),
  mirrored('copies to connections alone', audit(MeshPort.tcp(7000)), 'NotHttp', '', '"tcp"', 'another service'),
  mirrored('copies to one of two ports', audit(MeshPort.http(8080, { name: 'http-a' }), MeshPort.http(8081, { name: 'http-b' })), 'AmbiguousPort', '.port', 'undefined', 'http-a, http-b'),
  mirrored('copies of HTTP to gRPC', audit(MeshPort.grpc(50051)), 'IneffectiveMirror', '.port', '"grpc"', 'a port of HTTP'),
  mirrored('copies of gRPC to HTTP', audit(MeshPort.http(8080)), 'IneffectiveMirror', '.port', '"http"', 'a port of gRPC', {}, { ports: [MeshPort.grpc(50051)] }),
  mirrored('copies of nothing to a service', audit(), 'InvalidPercent', '.share', '0', 'to copy nothing', { share: Percent.of(0) }),
  mirrored('copies of a share that is counted in no millionths', audit(), 'InvalidPercent', '.share', '0.00025', 'Envoy counts', { share: Percent.of(0.00025) }),
  {
    mistake: 'two copies for one service',
    make: (world) => {
      const other = world.service('audit', { ports: [MeshPort.http(8080), MeshPort.http(8081, { name: 'http-b' })] });
      world.service('orders').addRoute('some', { match: API, mirrors: [RouteMirror.to(other), RouteMirror.to(other, { port: 'http-b' })] });
    },
    code: 'IneffectiveMirror',
    path: 'shop/orders',
    property: 'addRoute(some).mirrors[1]',
    received: '"shop/audit"',
    fix: ['greater share'],
  },
  synthesized('copies to who sends the requests', (world, orders) => {
    const frontend = world.service('frontend');
    frontend.calls(orders);
    return frontend;
  }, 'CallToSelf', '"shop/frontend"', 'match none of its requests'),
  synthesized('copies to what the client is asked for a token for', (world, orders) => {
    const other = world.service('audit');
    const frontend = world.service('frontend');
    frontend.calls(orders, { paths: ['/api/carts/*', '/other'] });
    frontend.calls(other, { paths: ['/api/*'], endUsers: TOKEN });
    return other;
  }, 'UnboundDemand', '["/api/carts/*"]', 'other requests'),
  synthesized('copies of what the client is asked a token for', (world, orders) => {
    world.service('frontend').calls(orders, { paths: ['/api/*'], endUsers: TOKEN });
    return world.service('audit');
  }, 'UnboundDemand', '["/api/*"]', 'let a gateway ask'),
  synthesized('copies of an exposure to what another one asks a token for', (world, orders) => {
    const other = world.service('audit');
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com', 'audit.example.com'])] });
    edge.exposes(orders, { hosts: ['shop.example.com'] });
    edge.exposes(other, { hosts: ['audit.example.com'], endUsers: TOKEN });
    return other;
  }, 'UnboundDemand', '["/api/*"]', 'a port of its own'),
];

function audit(...ports: MeshPort[]) {
  return (world: World) => world.service('audit', ports.length > 0 ? { ports } : {});
}

function mirrored(
  mistake: string, to: (world: World, orders: MeshService) => MeshDestination, code: ErrorCode, property: string, received: string, fix: string,
  options: ServiceMirrorOptions = {}, server: Partial<MeshServiceProps> = {},
): WrongInput {
  const make = (world: World) => {
    const orders = world.service('orders', server);
    const match = server.ports ? [RouteMatch.grpc('orders.v1.Orders')] : API;
    orders.addRoute('some', { match, mirrors: [RouteMirror.to(to(world, orders), options)] });
  };
  return { mistake, make, code, path: 'shop/orders', property: `addRoute(some).mirrors[0]${property}`, received, fix: [fix] };
}

function synthesized(
  mistake: string, to: (world: World, orders: MeshService) => MeshService, code: ErrorCode, received: string, fix: string,
): WrongInput {
  const make = (world: World) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: API, mirrors: [RouteMirror.to(to(world, orders))] });
    world.synth();
  };
  return { mistake, make, code, path: 'shop/orders', property: 'addRoute(some).mirrors[0]', received, fix: [fix] };
}
