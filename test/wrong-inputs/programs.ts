import * as kplus from 'cdk8s-plus-28';
import {
  Configuration, EgressGateway, ExistingService, ExistingWorkload, ExternalService, MeshJob, MeshPort, MeshTelemetry,
  Percent, ProgramTelemetry, ProgramTelemetryOptions, ServiceVersion, TelemetrySignal,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

function collector(world: World, ports: MeshPort[] = [MeshPort.grpc(4317)]): ExistingWorkload {
  return new ExistingWorkload(world.app, 'collector', { namespace: 'observability', podLabels: { app: 'collector' }, ports });
}

const IDENTITY = kplus.EnvValue.fromValue('shop/orders');

export const wrongPrograms: WrongInput[] = [
  told('no signals', { signals: [] }, 'EmptyList', 'signals', '[]', 'ProgramTelemetry.identity()'),
  told('a signal twice', { signals: [TelemetrySignal.LOGS, TelemetrySignal.LOGS] }, 'IneffectiveTelemetry', 'signals[1]', '"logs"', 'once'),
  told('a sampling of programs above all', { sampling: Percent.of(250) }, 'InvalidPercent', 'sampling', '250', 'in percent'),
  told('an attribute in capitals', { attributes: { Team: 'shop' } }, 'InvalidName', 'attributes', '"Team"', 'deployment.environment.name'),
  told('an attribute that follows from the pod', { attributes: { 'service.version': '2' } }, 'DuplicateName', 'attributes.service.version', '"2"', 'right for each version'),
  told('an attribute that says nothing', { attributes: { team: '' } }, 'EmptyMatch', 'attributes.team', '""', 'leave it out'),
  told('an attribute of a value that is not set', { attributes: { team: `${undefined}` } }, 'UnsetValue', 'attributes.team', '"undefined"', 'put together'),
  told('a port that the programs\' collector has not', { port: 'http' }, 'UnknownPort', 'port', '"http"', 'grpc'),
  {
    mistake: 'OTLP over gRPC from programs to a port of HTTP',
    make: world => new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(collector(world, [MeshPort.http(4318)])) }),
    code: 'InvalidPort',
    path: 'shop/telemetry',
    property: 'programs.port',
    received: '"http"',
    fix: ['ProgramTelemetry.otlpHttp()'],
  },
  {
    mistake: 'programs that send through an egress gateway',
    make: (world) => {
      const vendor = new ExternalService(world.shop, 'vendor', {
        host: 'otel.example.com', ports: [MeshPort.http(80)], through: new EgressGateway(world.shop, 'out'),
      });
      new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlpHttp(vendor) });
    },
    code: 'IneffectiveTelemetry',
    path: 'shop/telemetry',
    property: 'programs',
    received: '"shop/vendor"',
    fix: ['OpenTelemetryCollector'],
  },
  {
    mistake: 'programs of another app\'s collector',
    make: world => new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(collector(new World())) }),
    code: 'OtherApp',
    path: 'shop/telemetry',
    property: 'programs',
    received: '"collector"',
    fix: ['ExistingWorkload'],
  },
  {
    mistake: 'programs that something else deploys',
    make: (world) => {
      const service = new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { app: 'reports' }, ports: [MeshPort.http(80)] });
      new MeshTelemetry(world.shop, 'telemetry', { service, programs: ProgramTelemetry.identity() });
    },
    code: 'NotOurs',
    path: 'shop/telemetry',
    property: 'programs',
    received: '"shop/reports"',
    fix: ['where it is deployed'],
  },
  ...twice('a variable of telemetry in env', world => world.service('orders', { env: { OTEL_RESOURCE_ATTRIBUTES: IDENTITY } }), 'shop/orders', 'OTEL_RESOURCE_ATTRIBUTES'),
  ...twice('a variable of telemetry in a Configuration', world => world.service('orders', {
    configuration: [Configuration.variables({ OTEL_SERVICE_NAME: 'orders' })],
  }), 'shop/orders', 'OTEL_SERVICE_NAME'),
  ...twice('a variable of telemetry in a job', world => new MeshJob(world.shop, 'migrate', { image: 'migrate:1', env: { OTEL_SERVICE_NAME: IDENTITY } }),
    'shop/migrate', 'OTEL_SERVICE_NAME'),
  ...twice('a variable of telemetry in a version', world => new ServiceVersion(world.shop, 'eu', {
    service: world.service('orders'), env: { OTEL_SERVICE_NAME: IDENTITY },
  }), 'shop/eu', 'OTEL_SERVICE_NAME'),
  ...twice('a variable of telemetry as that of an address', (world) => {
    world.service('orders').calls(world.service('ledger'), { addressVariable: 'OTEL_EXPORTER_OTLP_ENDPOINT' });
  }, 'shop/orders', 'OTEL_EXPORTER_OTLP_ENDPOINT'),
  {
    mistake: 'programs that go around their proxy to the collector',
    make: (world) => {
      world.service('orders', { proxy: { excludedOutboundPorts: [4317] } });
      new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(collector(world)) });
      world.synth();
    },
    code: 'BypassedProxy',
    path: 'shop/orders',
    property: 'proxy.excludedOutboundPorts[0]',
    received: '4317',
    fix: ['proxy'],
  },
];

function told(mistake: string, options: ProgramTelemetryOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: world => new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(collector(world), options) }),
    code,
    path: 'shop/telemetry',
    property: `programs.${property}`,
    received,
    fix: [fix],
  };
}

function twice(mistake: string, make: (world: World) => void, path: string, variable: string): WrongInput[] {
  return [{
    mistake,
    make: (world) => {
      make(world);
      new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(collector(world)) });
      world.synth();
    },
    code: 'InvalidVariable',
    path,
    property: `env.${variable}`,
    received: JSON.stringify(variable),
    fix: ['Leave it out', 'ProgramTelemetry.none()'],
  }];
}
