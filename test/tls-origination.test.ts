import { Duration } from 'cdk8s';
import { CaCertificates, ExternalService, MeshPort, MeshService, TlsOrigination } from '../src';
import { find, lookUp, Manifest, synthesize, synthesizeApp } from './support/manifests';
import { World } from './support/world';

const HOST = 'api.bank.example.com';
const SIMPLE = { mode: 'SIMPLE', caCertificates: 'system', sni: HOST, subjectAltNames: [HOST] };

function bank(world: World, ports: MeshPort[], id = 'bank', host = HOST): ExternalService {
  return new ExternalService(world.shop, id, { host, ports });
}

function called(ports: MeshPort[], port?: string): Manifest[] {
  const world = new World();
  world.service('orders').calls(bank(world, ports), { port });
  return synthesize(world.shop);
}

function settingsOf(tls: TlsOrigination) {
  return find(called([MeshPort.http(80, { tls })]), 'DestinationRule', 'bank').spec.trafficPolicy.portLevelSettings[0].tls;
}

function annotationsOf(manifests: Manifest[]) {
  return find(manifests, 'Deployment', 'orders').spec.template.metadata.annotations;
}

test('the proxy speaks TLS to 443 for a program that speaks HTTP to 80', () => {
  const manifests = called([MeshPort.http(80, { tls: TlsOrigination.simple() })]);

  expect(find(manifests, 'ServiceEntry', 'bank').spec.ports).toEqual([{ number: 80, name: 'http', protocol: 'HTTP', targetPort: 443 }]);
  expect(find(manifests, 'DestinationRule', 'bank').spec).toEqual({
    host: HOST, exportTo: ['.'], trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: SIMPLE }] },
  });
});

test('the network opens to the port on which the proxy arrives, and to no other', () => {
  expect(find(called([MeshPort.http(80, { tls: TlsOrigination.simple() })]), 'NetworkPolicy', 'orders').spec.egress[0].ports)
    .toEqual([{ port: 443, protocol: 'TCP' }]);
});

test('requests are held to what is declared of them, as over plain HTTP', () => {
  const world = new World();
  world.service('orders').calls(bank(world, [MeshPort.http(80, { tls: TlsOrigination.simple() })]), {
    methods: ['POST'], paths: ['/v1/transfers'], timeout: Duration.seconds(3),
  });

  expect(find(synthesize(world.shop), 'VirtualService', 'bank').spec.http).toMatchObject([
    { match: [{ method: { exact: 'POST' }, uri: { exact: '/v1/transfers' } }], timeout: '3s', route: [{ destination: { host: HOST } }] },
    { name: 'undeclared', directResponse: { status: 403 } },
  ]);
});

test('the rule is seen where the callers are', () => {
  const world = new World();
  const outside = bank(world, [MeshPort.http(80, { tls: TlsOrigination.simple() })]);
  new MeshService(world.chart('web', 'web'), 'client', { image: 'ghcr.io/acme/client:1.0.0', ports: [MeshPort.http(8080)] }).calls(outside);

  expect(find(synthesizeApp(world.app), 'DestinationRule', 'bank').spec.exportTo).toEqual(['web']);
});

test('each port has its own, or none', () => {
  const manifests = called([
    MeshPort.http(80, { tls: TlsOrigination.simple() }),
    MeshPort.grpc(50051, { tls: TlsOrigination.simple({ sni: 'grpc.bank.example.com' }) }),
    MeshPort.tcp(6380, { tls: TlsOrigination.simple(), targetPort: 6379 }),
    MeshPort.http(8080, { name: 'http-plain' }),
  ], 'http');

  expect(find(manifests, 'ServiceEntry', 'bank').spec.ports.map(({ number, targetPort = number }: Manifest) => [number, targetPort]))
    .toEqual([[80, 443], [50051, 50051], [6380, 6379], [8080, 8080]]);
  expect(find(manifests, 'DestinationRule', 'bank').spec.trafficPolicy.portLevelSettings.map(({ port, tls }: Manifest) => [port.number, tls.sni]))
    .toEqual([[80, HOST], [50051, 'grpc.bank.example.com'], [6380, HOST]]);
});

test('without it there is no rule', () => {
  expect(lookUp(called([MeshPort.http(80)]), 'DestinationRule', 'bank')).toBeUndefined();
});

test('another port without TLS is where the proxy connects', () => {
  const manifests = called([MeshPort.http(8080, { targetPort: 80 })]);

  expect(find(manifests, 'ServiceEntry', 'bank').spec.ports[0]).toMatchObject({ number: 8080, targetPort: 80 });
  expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0].ports).toEqual([{ port: 80, protocol: 'TCP' }]);
});

describe('the server is verified', () => {
  test('by the system\'s authorities, and the name that is asked for', () => {
    expect(settingsOf(TlsOrigination.simple())).toEqual(SIMPLE);
    expect(settingsOf(TlsOrigination.simple({ caCertificates: CaCertificates.system() }))).toEqual(SIMPLE);
    expect(settingsOf(TlsOrigination.simple({ sni: 'eu.bank.example.com' }))).toEqual({ ...SIMPLE, sni: 'eu.bank.example.com', subjectAltNames: ['eu.bank.example.com'] });
  });

  test('by other names', () => {
    expect(settingsOf(TlsOrigination.simple({ subjectAltNames: ['bank.example.com'] }))).toEqual({ ...SIMPLE, subjectAltNames: ['bank.example.com'] });
  });

  test('by authorities that the callers\' proxies, and not the programs, are given', () => {
    const manifests = called([MeshPort.http(80, { tls: TlsOrigination.simple({ caCertificates: CaCertificates.fromConfigMap('corporate-ca') }) })]);
    const { 'sidecar.istio.io/userVolume': volume, 'sidecar.istio.io/userVolumeMount': mount } = annotationsOf(manifests);

    expect(find(manifests, 'DestinationRule', 'bank').spec.trafficPolicy.portLevelSettings[0].tls.caCertificates)
      .toBe('/etc/cdk8s-mesh/configMap/corporate-ca/ca.crt');
    expect(JSON.parse(volume)).toEqual({
      'cdk8s-mesh': { projected: { sources: [{ configMap: { name: 'corporate-ca', items: [{ key: 'ca.crt', path: 'configMap/corporate-ca/ca.crt' }] } }] } },
    });
    expect(JSON.parse(mount)).toEqual({ 'cdk8s-mesh': { mountPath: '/etc/cdk8s-mesh', readOnly: true } });
    expect(JSON.stringify(find(manifests, 'Deployment', 'orders').spec.template.spec)).not.toContain('corporate-ca');
  });
});

describe('the proxy says who it is', () => {
  const tls = TlsOrigination.mutual('bank-client', { caCertificates: CaCertificates.fromSecret('bank-client', 'issuer.pem') });

  test('by a certificate of a Secret', () => {
    expect(settingsOf(tls)).toEqual({
      ...SIMPLE,
      mode: 'MUTUAL',
      clientCertificate: '/etc/cdk8s-mesh/secret/bank-client/tls.crt',
      privateKey: '/etc/cdk8s-mesh/secret/bank-client/tls.key',
      caCertificates: '/etc/cdk8s-mesh/secret/bank-client/issuer.pem',
    });
  });

  test('with each file mounted once, however many want it, in an order that the statements do not change', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.calls(bank(world, [MeshPort.http(80, { tls })]));
    orders.calls(bank(world, [MeshPort.http(80, { tls: TlsOrigination.mutual('another') })], 'other', 'api.other.example.com'));
    orders.calls(bank(world, [MeshPort.http(80, { tls })], 'third', 'api.third.example.com'));
    const [volume] = Object.values<Manifest>(JSON.parse(annotationsOf(synthesize(world.shop))['sidecar.istio.io/userVolume']));

    expect(volume.projected.sources.map(({ secret }: Manifest) => secret.items[0].path)).toEqual([
      'secret/another/tls.crt', 'secret/another/tls.key', 'secret/bank-client/issuer.pem', 'secret/bank-client/tls.crt', 'secret/bank-client/tls.key',
    ]);
  });
});
