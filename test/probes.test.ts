import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { GrpcProbe, MeshPort, MeshServiceProps } from '../src';
import { find, synthesize } from './support/manifests';
import { ordersWith, podOf, World } from './support/world';

const probesWith = (props: Partial<MeshServiceProps>) => {
  const { startupProbe, readinessProbe, livenessProbe } = podOf(ordersWith(props)).container;
  return { startupProbe, readinessProbe, livenessProbe };
};

test.each([
  ['HTTP', [MeshPort.http(80, { targetPort: 8080 })], 8080],
  ['HTTP/2', [MeshPort.http2(8080)], 8080],
  ['gRPC', [MeshPort.grpc(50051)], 50051],
  ['TCP', [MeshPort.tcp(6379)], 6379],
  ['several ports, of which the first is asked', [MeshPort.grpc(50051), MeshPort.http(8080)], 50051],
])('over %s the defaults connect: no healthy program is kept out, and none is restarted for being busy', (_, ports, port) => {
  expect(probesWith({ ports })).toEqual({
    startupProbe: { tcpSocket: { port }, periodSeconds: 2, failureThreshold: 150 },
    readinessProbe: { tcpSocket: { port }, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: undefined,
  });
});

test('the path of the readiness is one short property, beside which liveness connects', () => {
  expect(probesWith({ readinessPath: '/healthz/ready?full=1' })).toEqual({
    startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 2, failureThreshold: 150 },
    readinessProbe: { httpGet: { path: '/healthz/ready?full=1', port: 8080, scheme: 'HTTP' }, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 10, failureThreshold: 6 },
  });
});

test('beside a readiness that asks something of the program, liveness connects', () => {
  expect(probesWith({ readiness: kplus.Probe.fromHttpGet('/up') }).livenessProbe).toEqual({ tcpSocket: { port: 8080 }, periodSeconds: 10, failureThreshold: 6 });
  expect(probesWith({ ports: [MeshPort.grpc(50051)], readiness: GrpcProbe.of() }).livenessProbe)
    .toEqual({ tcpSocket: { port: 50051 }, periodSeconds: 10, failureThreshold: 6 });
});

test('beside a readiness that only connects, there is no liveness: it would ask the same', () => {
  expect(probesWith({ readiness: kplus.Probe.fromTcpSocket() }).livenessProbe).toBeUndefined();
});

test('a probe that names no port asks the first one', () => {
  const { startupProbe, readinessProbe, livenessProbe } = probesWith({
    ports: [MeshPort.http(80, { targetPort: 8080 }), MeshPort.http(9090, { name: 'http-admin' })],
    startup: kplus.Probe.fromTcpSocket(),
    readiness: kplus.Probe.fromHttpGet('/up'),
    liveness: kplus.Probe.fromHttpGet('/alive'),
  });

  expect([startupProbe.tcpSocket.port, readinessProbe.httpGet.port, livenessProbe.httpGet.port]).toEqual([8080, 8080, 8080]);
});

test('the ports keep their names', () => {
  const { container } = podOf(ordersWith({ ports: [MeshPort.http(80, { targetPort: 8080 }), MeshPort.http(9090, { name: 'http-admin' })] }));

  expect(container.ports).toEqual([{ name: 'http', containerPort: 8080 }, { name: 'http-admin', containerPort: 9090 }]);
});

describe('GrpcProbe', () => {
  test('asks the health service for start-up, readiness and liveness alike', () => {
    expect(probesWith({
      ports: [MeshPort.grpc(50051)],
      startup: GrpcProbe.of({ periodSeconds: Duration.seconds(1), failureThreshold: 300 }),
      readiness: GrpcProbe.of(),
      liveness: GrpcProbe.of({ port: 9000, service: 'orders.v1.Orders' }),
    })).toEqual({
      startupProbe: { grpc: { port: 50051 }, periodSeconds: 1, failureThreshold: 300 },
      readinessProbe: { grpc: { port: 50051 }, failureThreshold: 3 },
      livenessProbe: { grpc: { port: 9000, service: 'orders.v1.Orders' }, failureThreshold: 3 },
    });
  });

  test('asks an added container too', () => {
    const world = new World();
    world.service('orders').deployment.addContainer({ name: 'side', image: 'side:1', portNumber: 7000, readiness: GrpcProbe.of() });
    const { containers } = find(synthesize(world.shop), 'Deployment', 'orders').spec.template.spec;

    expect(containers[1].readinessProbe).toEqual({ grpc: { port: 7000 }, failureThreshold: 3 });
  });
});
