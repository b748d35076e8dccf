import { MeshPort, TlsOrigination } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { WrongInput } from '../support/wrong-input';

export const wrongPorts: WrongInput[] = [
  ports('an empty list of ports', () => [], 'MissingPorts', 'ports', '[]', 'MeshPort.http(8080)'),
  ...[0, -80, 65536, 1.5, NaN].map(port => ports(
    `the port ${port}`, () => [MeshPort.http(port)], 'InvalidPort', 'ports[0].port', String(port), 'to which the clients connect')),
  ports('a low port without a target', () => [MeshPort.http(80)], 'InvalidPort', 'ports[0].targetPort', '80', 'MeshPort.http(80, { targetPort: 8080 })'),
  ports('a low target port', () => [MeshPort.grpc(50051, { targetPort: 1023 })], 'InvalidPort', 'ports[0].targetPort', '1023', 'below 1024'),
  ports('a target port over 65535', () => [MeshPort.http(80, { targetPort: 70000 })], 'InvalidPort', 'ports[0].targetPort', '70000', 'targetPort: 8080'),
  ...[15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090].map(port => ports(
    `the proxy's own port ${port}`, () => [MeshPort.http(80, { targetPort: port })], 'InvalidPort', 'ports[0].targetPort', String(port), 'Choose one other than')),
  ports('TLS within the mesh', () => [MeshPort.http(8080), MeshPort.tls(8443)], 'InvalidPort', 'ports[1]', '8443', 'MeshPort.tcp()'),
  ports('TLS of the proxy within the mesh', () => [MeshPort.http(8080, { tls: TlsOrigination.simple() })], 'InvalidPort', 'ports[0].tls', '8080', 'encrypt between themselves'),
  ports('two ports of one name', () => [MeshPort.http(8080), MeshPort.http(9090)], 'DuplicatePort', 'ports[1]', '"http"', 'Name each port'),
  ports('two ports of one number', () => [MeshPort.http(8080), MeshPort.grpc(8080, { targetPort: 9090 })], 'DuplicatePort', 'ports[1]', '"8080"', 'number'),
  ports('two ports of one target', () => [MeshPort.http(80, { targetPort: 8080 }), MeshPort.grpc(8080)], 'DuplicatePort', 'ports[1]', '"8080"', 'on which the container listens'),
  ports('a port name of another protocol', () => [MeshPort.http(8080, { name: 'web' })], 'InvalidPortName', 'ports[0].name', '"web"', 'http-web'),
  ports('a port name that only looks like the protocol', () => [MeshPort.http(8080, { name: 'httpx' })], 'InvalidPortName', 'ports[0].name', '"httpx"', 'http-httpx'),
  ports('the name http2 on an HTTP/1.1 port', () => [MeshPort.http(8080, { name: 'http2' })], 'InvalidPortName', 'ports[0].name', '"http2"', 'http-http2'),
  ports('a port name in capitals', () => [MeshPort.http(8080, { name: 'http-Admin' })], 'InvalidName', 'ports[0].name', '"http-Admin"', 'lower case'),
  ports('an empty port name', () => [MeshPort.http(8080, { name: '' })], 'InvalidName', 'ports[0].name', '""', 'lower case'),
  ports('a port name of two dashes in a row', () => [MeshPort.http(8080, { name: 'http--admin' })], 'InvalidName', 'ports[0].name', '"http--admin"', 'one dash'),
  ports('a port name over 15 characters', () => [MeshPort.http(8080, { name: 'http-administration' })], 'NameTooLong', 'ports[0].name', '"http-administration"', 'Shorten it by 4'),
];

function ports(mistake: string, list: () => MeshPort[] | undefined, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => world.service('orders', { ports: list() as MeshPort[] }), code, path: 'shop/orders', property, received, fix: [fix] };
}
