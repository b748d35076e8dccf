import { Duration } from 'cdk8s';
import {
  CertificateIssuer, ExistingGateway, ExistingGatewayProps, GatewayServer, MeshGateway, MeshPort, MeshService, ServerCertificate, TlsVersion,
} from '../src';
import { find, inventory, lookUp, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const HOST = 'shop.example.com';
const VAULT = 'vault.example.com';
const MQTT = 'mqtt.example.com';
const CERTIFICATE = ServerCertificate.fromSecret('shop-tls');

function edgeWith(world: World, ...servers: GatewayServer[]): MeshGateway {
  return new MeshGateway(world.shop, 'edge', { servers });
}

function existing(world: World, props: Partial<ExistingGatewayProps> = {}): ExistingGateway {
  return new ExistingGateway(world.shop, 'public', {
    namespace: 'istio-system', serviceAccount: 'ingress', podLabels: { istio: 'ingressgateway' }, servers: [GatewayServer.https([HOST], { certificate: CERTIFICATE })], ...props,
  });
}

const spec = (manifests: Manifest[], name: string) => find(manifests, 'VirtualService', name).spec;

describe('servers', () => {
  test('of requests, TLS that ends, TLS that goes through, and plain TCP stand beside each other', () => {
    const world = new World();
    edgeWith(world,
      GatewayServer.https([HOST], { certificate: CERTIFICATE, minimumVersion: TlsVersion.V1_3 }),
      GatewayServer.tls([MQTT], { certificate: CERTIFICATE, mutual: true }),
      GatewayServer.tlsPassthrough([VAULT]),
      GatewayServer.tcp(5432),
    );
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Gateway', 'edge').spec.servers).toEqual([
      { port: { number: 443, name: 'https-443', protocol: 'HTTPS' }, hosts: [`./${HOST}`], tls: { mode: 'SIMPLE', credentialName: 'shop-tls', minProtocolVersion: 'TLSV1_3' } },
      { port: { number: 443, name: 'tls-443', protocol: 'TLS' }, hosts: [`./${MQTT}`], tls: { mode: 'MUTUAL', credentialName: 'shop-tls' } },
      { port: { number: 443, name: 'tls-443-2', protocol: 'TLS' }, hosts: [`./${VAULT}`], tls: { mode: 'PASSTHROUGH' } },
      { port: { number: 5432, name: 'tcp-5432', protocol: 'TCP' }, hosts: ['./*'] },
    ]);
    expect(find(manifests, 'Service', 'edge').spec.ports.map(({ port, targetPort }: any) => [port, targetPort])).toEqual([[443, 8443], [5432, 5432]]);
  });

  test('without a certificate need no leave to read Secrets', () => {
    const world = new World();
    edgeWith(world, GatewayServer.tlsPassthrough([VAULT]), GatewayServer.tcp(5432));

    expect(lookUp(synthesize(world.shop), 'Role', 'edge')).toBeUndefined();
  });
});

describe('connections', () => {
  test('of TLS that goes through are told apart by their name', () => {
    const world = new World();
    const edge = edgeWith(world, GatewayServer.tlsPassthrough(['*.example.com']));
    const vault = world.service('vault', { ports: [MeshPort.tls(8200)] });
    edge.exposes(vault, { hosts: [VAULT] });
    const manifests = synthesize(world.shop);

    expect(spec(manifests, 'vault-edge-443-tls')).toEqual({
      exportTo: ['.'],
      hosts: [VAULT],
      gateways: ['shop/edge'],
      tls: [{ match: [{ port: 443, sniHosts: [VAULT] }], route: [{ destination: { host: 'vault.shop.svc.cluster.local' } }] }],
    });
    expect(find(manifests, 'Gateway', 'edge').spec.servers[0].hosts).toEqual(['shop/*.example.com']);
    expect(find(manifests, 'AuthorizationPolicy', 'vault').spec.rules).toEqual([
      { from: [{ source: { principals: ['cluster.local/ns/shop/sa/edge'] } }], to: [{ operation: { ports: ['8200'] } }] },
    ]);
    expect(JSON.stringify(find(manifests, 'NetworkPolicy', 'edge').spec.egress)).toContain('"port":8200');
  });

  test('of a port belong to the port, and go to the one of the service\'s ports', () => {
    const world = new World();
    const edge = edgeWith(world, GatewayServer.tcp(5432), GatewayServer.tcp(3306));
    const database = world.service('database', { ports: [MeshPort.http(8080), MeshPort.tcp(15432), MeshPort.udp(9125)] });
    edge.exposes(database, { port: 'tcp', gatewayPort: 5432 });
    const manifests = synthesize(world.shop);

    expect(spec(manifests, 'database-edge-5432-tcp')).toEqual({
      exportTo: ['.'],
      hosts: ['*'],
      gateways: ['shop/edge'],
      tcp: [{ match: [{ port: 5432 }], route: [{ destination: { host: 'database.shop.svc.cluster.local', port: { number: 15432 } } }] }],
    });
    expect(find(manifests, 'Gateway', 'edge').spec.servers.map(({ hosts }: any) => hosts)).toEqual([['shop/*'], ['./*']]);
  });

  test('are led from another namespace by routes that the gateway\'s alone sees, and the Gateway names the namespaces in their order', () => {
    const world = new World();
    const edge = new MeshGateway(world.chart('edge', 'edge'), 'edge', { servers: [GatewayServer.tlsPassthrough(['*.example.com'])] });
    edge.exposes(world.service('vault', { ports: [MeshPort.tls(8200)] }), { hosts: [VAULT] });
    edge.exposes(new MeshService(world.chart('bank', 'bank'), 'safe', { image: 'ghcr.io/acme/safe:1.0.0', ports: [MeshPort.tls(8200)] }), { hosts: [HOST, MQTT] });

    expect(spec(synthesize(world.shop), 'vault-edge-443-tls')).toMatchObject({ exportTo: ['edge'], gateways: ['edge/edge'] });
    expect(find(synthesize(edge.node.scope as any), 'Gateway', 'edge').spec.servers[0].hosts).toEqual(['bank/*.example.com', 'shop/*.example.com']);
    expect(spec(synthesize(world.app.node.findChild('bank') as any), 'safe-edge-443-tls').tls.map(({ match }: any) => match)).toEqual([[{ port: 443, sniHosts: [MQTT] }], [{ port: 443, sniHosts: [HOST] }]]);
  });

  test('whose TLS ends go on as TCP', () => {
    const world = new World();
    const edge = edgeWith(world, GatewayServer.tls([MQTT], { port: 8883, certificate: CERTIFICATE }));
    edge.exposes(world.service('broker', { ports: [MeshPort.tcp(1883)] }), { hosts: [MQTT] });

    expect(spec(synthesize(world.shop), 'broker-edge-8883-tcp')).toMatchObject({ hosts: [MQTT], tcp: [{ match: [{ port: 8883 }] }] });
  });

  test('by two ports of the gateway are one call', () => {
    const world = new World();
    const edge = edgeWith(world, GatewayServer.tls([MQTT], { port: 8883, certificate: CERTIFICATE }), GatewayServer.tcp(1883));
    const broker = world.service('broker', { ports: [MeshPort.tcp(1883)] });
    edge.exposes(broker, { hosts: [MQTT] });
    edge.exposes(broker, {});
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'AuthorizationPolicy', 'broker').spec.rules).toHaveLength(1);
    expect(inventory(manifests).filter(name => name.startsWith('VirtualService'))).toEqual(['VirtualService shop/broker-edge-1883-tcp', 'VirtualService shop/broker-edge-8883-tcp']);
  });

  test.each(['tls', 'tcp'] as const)('of a release are shared at the gateway too (%s)', (field) => {
    const world = new World();
    const edge = edgeWith(world, field === 'tls' ? GatewayServer.tlsPassthrough([VAULT]) : GatewayServer.tcp(5432));
    const orders = world.service('orders', { ports: [MeshPort.tcp(5432)] });
    edge.exposes(orders, field === 'tls' ? { hosts: [VAULT] } : {});
    world.release(orders);
    const manifests = synthesize(world.shop);
    const { [field]: [{ route }] } = spec(manifests, field === 'tls' ? 'orders-edge-443-tcp' : 'orders-edge-5432-tcp');

    expect(route.map(({ destination, weight }: any) => [destination.subset, weight])).toEqual([['v1', 90], ['v2', 10]]);
    expect(route).toEqual(spec(manifests, 'orders').tcp[0].route);
  });

  test('a host is that of the server with the closest name', () => {
    const world = new World();
    const edge = edgeWith(world, GatewayServer.https(['*.example.com'], { certificate: CERTIFICATE }), GatewayServer.tlsPassthrough([VAULT]));
    edge.exposes(world.service('vault', { ports: [MeshPort.tls(8200)] }), { hosts: [VAULT] });

    expect(() => edge.exposes(world.service('orders'), { hosts: [HOST] })).not.toThrow();
    expect(() => edge.exposes(world.service('frontend'), { hosts: [VAULT] })).toThrow('UnexposedHost');
  });
});

test('requests of a service that also listens for UDP go to their port, and not to the gateway\'s', () => {
  const world = new World();
  edgeWith(world, GatewayServer.http([HOST])).exposes(world.service('orders', { ports: [MeshPort.http(8080), MeshPort.udp(8125)] }), { hosts: [HOST], port: 'http' });

  expect(spec(synthesize(world.shop), 'orders-edge').http[0].route).toEqual([{ destination: { host: 'orders.shop.svc.cluster.local', port: { number: 8080 } } }]);
});

describe('a gateway that exists', () => {
  test('gets a Gateway that selects its pods, and is let in by its identity', () => {
    const world = new World();
    existing(world).exposes(world.service('orders'), { hosts: [HOST], methods: ['GET'], paths: ['/orders/*'] });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Gateway', 'public').spec).toEqual({
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 443, name: 'https-443', protocol: 'HTTPS' }, hosts: [`shop/${HOST}`], tls: { mode: 'SIMPLE', credentialName: 'shop-tls' } }],
    });
    expect(spec(manifests, 'orders-public')).toMatchObject({ gateways: ['shop/public'], exportTo: ['istio-system'], hosts: [HOST] });
    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules).toEqual([{
      from: [{ source: { principals: ['cluster.local/ns/istio-system/sa/ingress'] } }], to: [{ operation: { ports: ['8080'], methods: ['GET'], paths: ['/orders/*'] } }],
    }]);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0].from).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-system' } }, podSelector: { matchLabels: { istio: 'ingressgateway' } } },
    ]);
    expect(inventory(manifests).filter(name => name.endsWith('/public'))).toEqual(['Gateway shop/public']);
  });

  test('with a Gateway of its own gets none', () => {
    const world = new World();
    existing(world, { gateway: 'istio-system/public-gateway', servers: [GatewayServer.https(['*.example.com'], {})] }).exposes(world.service('orders'), { hosts: [HOST] });
    const manifests = synthesize(world.shop);

    expect(lookUp(manifests, 'Gateway', 'public')).toBeUndefined();
    expect(spec(manifests, 'orders-public')).toMatchObject({ gateways: ['istio-system/public-gateway'], exportTo: ['istio-system'] });
  });

  test('keeps the stages of a release, which is not held up', () => {
    const world = new World();
    const orders = world.service('orders');
    existing(world).exposes(orders, { hosts: [HOST] });
    world.release(orders);
    const manifests = synthesize(world.shop);

    expect(spec(manifests, 'orders-public').http[0].route.map(({ weight }: any) => weight)).toEqual([90, 10]);
  });
});

describe('a certificate of cert-manager', () => {
  const issued = ServerCertificate.fromCertManager('shop-tls', {
    issuer: CertificateIssuer.clusterIssuer('letsencrypt'), duration: Duration.days(30), renewBefore: Duration.minutes(90),
  });

  test('is for all hosts of the servers that have it', () => {
    const world = new World();
    edgeWith(world, GatewayServer.https([HOST, '*.example.org'], { certificate: issued }), GatewayServer.tls([MQTT], { port: 8883, certificate: issued }));
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Certificate', 'shop-tls')).toMatchObject({ apiVersion: 'cert-manager.io/v1', metadata: { namespace: 'shop' } });
    expect(find(manifests, 'Certificate', 'shop-tls').spec).toEqual({
      secretName: 'shop-tls',
      dnsNames: ['*.example.org', MQTT, HOST],
      issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'letsencrypt' },
      duration: '720h',
      renewBefore: '5400s',
      usages: ['digital signature', 'key encipherment', 'server auth'],
      privateKey: { rotationPolicy: 'Always' },
    });
    expect(find(manifests, 'Gateway', 'edge').spec.servers[0].tls).toEqual({ mode: 'SIMPLE', credentialName: 'shop-tls' });
  });

  test('stands where the pods are, whose Secrets alone istiod gives them', () => {
    const world = new World();
    existing(world, { servers: [GatewayServer.https([HOST], { certificate: issued })] });

    expect(find(synthesize(world.shop), 'Certificate', 'shop-tls').metadata.namespace).toBe('istio-system');
  });

  test.each([
    [CertificateIssuer.issuer('ca'), { group: 'cert-manager.io', kind: 'Issuer', name: 'ca' }],
    [CertificateIssuer.external('awspca.cert-manager.io', 'AWSPCAClusterIssuer', 'ca'), { group: 'awspca.cert-manager.io', kind: 'AWSPCAClusterIssuer', name: 'ca' }],
  ])('may come from other issuers (%#)', (issuer, issuerRef) => {
    const world = new World();
    edgeWith(world, GatewayServer.https([HOST], { certificate: ServerCertificate.fromCertManager('own', { issuer }) }));
    const { spec: { issuerRef: written, ...rest } } = find(synthesize(world.shop), 'Certificate', 'own');

    expect(written).toEqual(issuerRef);
    expect(rest).not.toHaveProperty('duration');
  });
});
