import * as kplus from 'cdk8s-plus-28';
import {
  Autoscaling, EgressGateway, EgressGatewayProps, ExternalService, ExternalServiceProps, KedaTrigger, Mesh, MeshPort, MeshService, MeshTelemetry,
  ProxyInjection, ProxyOptions, ScalingMetric, TlsOrigination, Tracing,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HOST = 'api.bank.example.com';

/** What goes out through a gateway. */
export const wrongEgress: WrongInput[] = [
  gateway('a gateway out of no pods', { replicas: 0 }, 'InvalidReplicas', 'replicas', '0', 'for three'),
  gateway('replicas of a gateway out, beside its autoscaler', { replicas: 4, autoscaling: Autoscaling.horizontal({ min: 2, max: 4, metrics: [ScalingMetric.cpu(70)] }) }, 'InvalidReplicas', 'replicas', '4',
    'Leave it out'),
  gateway('a gateway out that requests more than it may use', { resources: { cpu: { request: kplus.Cpu.units(3) } } }, 'RequestAboveLimit', 'resources.cpu', '"3 > 2000m"', 'Set both'),
  gateway('a gateway out that is scaled by requests of its own', { autoscaling: Autoscaling.keda({ min: 2, max: 4, triggers: [KedaTrigger.requestsPerSecond(100)] }) }, 'NotHttp', 'autoscaling.triggers[0]',
    '100', ''),
  {
    mistake: 'a gateway out of a service\'s name',
    make: (world) => {
      world.service('exit', { name: 'out' });
      outOf(world);
    },
    code: 'DuplicateName',
    path: 'shop/out',
    property: 'id',
    received: '"out"',
    fix: ['another name'],
  },
  {
    mistake: 'a gateway out that nothing goes through',
    make: (world) => {
      outOf(world);
      world.synth();
    },
    code: 'IneffectiveEgress',
    path: 'shop/out',
    property: 'id',
    received: '"out"',
    fix: ['through'],
  },
  {
    mistake: 'a gateway out where no webhook completes its pods',
    make: (world) => {
      new Mesh(world.app, 'mesh', { proxyInjection: ProxyInjection.written({ image: 'docker.io/istio/proxyv2:1.31.0' }) });
      outside(world);
      world.synth();
    },
    code: 'UninjectedNamespace',
    path: 'shop/out',
    property: 'id',
    received: '"ProxyInjection.written()"',
    fix: ['proxyInjection', 'callers\' own proxies'],
  },
  {
    mistake: 'a gateway out of another app',
    make: world => outside(world, { through: outOf(new World()) }),
    code: 'OtherApp',
    path: 'shop/bank',
    property: 'through',
    received: '"shop/out"',
    fix: ['in this app'],
  },
  led('a wildcard through a gateway', { host: '*.example.com', ports: [MeshPort.tls(443)] }, 'WildcardHost', 'through', '"shop/bank"', 'servedBy'),
  led('UDP out through a gateway', { ports: [MeshPort.tls(443), MeshPort.udp(514, { name: 'udp-syslog' })] }, 'InvalidPort', 'ports[1]', '"udp-syslog"', 'without through'),
  led('gRPC-Web through a gateway', { ports: [MeshPort.grpcWeb(8080)] }, 'InvalidPort', 'ports[0]', '"grpc-web"', 'MeshPort.grpc()'),
  led('a block of addresses through a gateway', { ports: [MeshPort.tcp(5432)], addresses: ['10.8.0.7', '10.9.0.0/16'] }, 'InvalidAddress', 'addresses[1]', '"10.9.0.0/16"', 'single address'),
  led('two ports of a gateway that are one of its pods', { ports: [MeshPort.http(80), MeshPort.http2(20080)] }, 'DuplicatePort', 'ports[1].port', '20080', 'another gateway'),
  {
    mistake: 'two hosts\' ports that are one of the gateway\'s pods',
    make: (world) => {
      const through = outOf(world);
      outside(world, { through });
      new ExternalService(world.shop, 'mail', { host: 'mail.example.com', ports: [MeshPort.tcp(20080)], through });
    },
    code: 'DuplicatePort',
    path: 'shop/mail',
    property: 'ports[0].port',
    received: '20080',
    fix: ['another gateway'],
  },
  {
    mistake: 'a host that two namespaces lead through one gateway',
    make: (world) => {
      const through = outOf(world);
      outside(world, { through });
      new ExternalService(world.chart('web', 'web'), 'bank', { host: HOST, ports: [MeshPort.http(80)], through });
    },
    code: 'AmbiguousHost',
    path: 'web/bank',
    property: 'host',
    received: `"${HOST}"`,
    fix: ['shop/bank'],
  },
  {
    mistake: 'a host that is reached without its gateway from where the gateway stands',
    make: (world) => {
      const edge = world.chart('egress', 'egress');
      outside(world, { through: new EgressGateway(edge, 'out') });
      const direct = new ExternalService(world.chart('web', 'web'), 'bank', { host: HOST, ports: [MeshPort.http(80)] });
      new MeshService(edge, 'scout', { image: 'ghcr.io/acme/scout:1' }).calls(direct);
      world.synth();
    },
    code: 'AmbiguousHost',
    path: 'web/bank',
    property: 'host',
    received: `"${HOST}"`,
    fix: ['shop/bank', 'namespace of its own'],
  },
  {
    mistake: 'names that are one to a gateway',
    make: (world) => {
      const through = outOf(world);
      new ExternalService(world.chart('a', 'a'), 'b-c', { host: 'x.example.com', ports: [MeshPort.http(80)], through });
      new ExternalService(world.chart('a-b', 'a-b'), 'c', { host: 'y.example.com', ports: [MeshPort.http(80)], through });
    },
    code: 'DuplicateName',
    path: 'a-b/c',
    property: 'id',
    received: '"a-b-c"',
    fix: ['another name'],
  },
  {
    mistake: 'a name that is too long for a gateway',
    make: world => new ExternalService(world.shop, 'b'.repeat(60), { host: HOST, ports: [MeshPort.http(80)], through: outOf(world) }),
    code: 'NameTooLong',
    path: `shop/${'b'.repeat(60)}`,
    property: 'id',
    received: `"${'b'.repeat(60)}"`,
    fix: ['Shorten'],
  },
  {
    mistake: 'a proxy\'s own call through a gateway',
    make: (world) => {
      world.service('orders');
      new Mesh(world.app, 'mesh').proxiesCall(outside(world));
      world.synth();
    },
    code: 'IneffectiveEgress',
    path: 'shop/bank',
    property: 'through',
    received: '"out"',
    fix: ['Leave through out'],
  },
  {
    mistake: 'spans through a gateway',
    make: (world) => {
      world.service('orders');
      new MeshTelemetry(world.shop, 'telemetry', { tracing: Tracing.otlp(outside(world, { ports: [MeshPort.grpc(4317)] })) });
      world.synth();
    },
    code: 'IneffectiveEgress',
    path: 'shop/bank',
    property: 'through',
    received: '"out"',
    fix: ['within the mesh'],
  },
  {
    mistake: 'a call through a gateway that goes around the proxy',
    make: (world) => {
      world.service('orders', { proxy: { excludedOutboundPorts: [443] } as ProxyOptions }).calls(outside(world, { ports: [MeshPort.tls(443)] }));
      world.synth();
    },
    code: 'BypassedProxy',
    path: 'shop/orders',
    property: 'proxy.excludedOutboundPorts[0]',
    received: '443',
    fix: ['Leave it out', 'the way there'],
  },
  {
    mistake: 'methods of TLS through a gateway',
    make: world => world.service('orders').calls(outside(world, { ports: [MeshPort.tls(443)] }), { methods: ['GET'] }),
    code: 'NotHttp',
    path: 'shop/orders',
    property: 'calls(bank).methods',
    received: '["GET"]',
    fix: ['MeshPort.http()'],
  },
  led('TLS within TLS through a gateway', { ports: [MeshPort.tls(443, { tls: TlsOrigination.simple() })] }, 'InvalidPort', 'ports[0].tls', '443', 'MeshPort.http()'),
];

function outOf(world: World, props: EgressGatewayProps = {}): EgressGateway {
  return new EgressGateway(world.shop, 'out', props);
}

function outside(world: World, props: Partial<ExternalServiceProps> = {}): ExternalService {
  return new ExternalService(world.shop, 'bank', { host: HOST, ports: [MeshPort.http(80)], through: props.through ?? outOf(world), ...props });
}

function gateway(mistake: string, props: EgressGatewayProps, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => outOf(world, props), code, path: 'shop/out', property, received, fix: [fix] };
}

function led(mistake: string, props: Partial<ExternalServiceProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => outside(world, props), code, path: 'shop/bank', property, received, fix: [fix] };
}
