import { Cron } from 'cdk8s';
import { Endpoint, ExternalService, ExternalServiceProps, Mesh, MeshCronJob, MeshPort } from '../src';
import { find, Manifest, synthesize, synthesizeApp } from './support/manifests';
import { World } from './support/world';

const POSTGRES = MeshPort.tcp(5432, { name: 'tcp-postgres' });
const CAPTURE = { proxyMetadata: { ISTIO_META_DNS_CAPTURE: 'true' } };

function ledger(world: World, props: Partial<ExternalServiceProps> = {}, id = 'ledger'): ExternalService {
  return new ExternalService(world.shop, id, { host: `${id}.db.example.com`, ports: [POSTGRES], ...props });
}

/** The ServiceEntry of something outside that orders calls, and what becomes of orders. */
function called(props: Partial<ExternalServiceProps>, port?: string) {
  const world = new World();
  world.service('orders').calls(ledger(world, props), { port });
  const manifests = synthesize(world.shop);
  return {
    entry: find(manifests, 'ServiceEntry', 'ledger'),
    config: configOf(find(manifests, 'Deployment', 'orders').spec.template),
    egress: find(manifests, 'NetworkPolicy', 'orders').spec.egress[0],
  };
}

function configOf({ metadata }: Manifest) {
  const config = metadata.annotations!['proxy.istio.io/config'];
  return config && JSON.parse(config);
}

const blocks = (...cidrs: string[]) => cidrs.map(cidr => ({ ipBlock: { cidr } }));

describe('TCP to a host', () => {
  test('without addresses has one allocated, which the caller\'s proxy gives the program for the name', () => {
    const { entry, config } = called({});

    expect(entry.metadata.labels!['networking.istio.io/enable-autoallocate-ip']).toBe('true');
    expect(entry.metadata.annotations).toEqual({ 'galley.istio.io/analyze-suppress': 'IST0134' });
    expect(entry.spec).toEqual({
      hosts: ['ledger.db.example.com'],
      location: 'MESH_EXTERNAL',
      resolution: 'DNS',
      ports: [{ number: 5432, name: 'tcp-postgres', protocol: 'TCP' }],
      exportTo: ['.'],
    });
    expect(config).toEqual(CAPTURE);
  });

  test('opens the network to the real addresses alone, whatever stands for them in the pod', () => {
    expect(called({ cidrs: ['10.8.0.0/16'] }).egress).toEqual({ to: blocks('10.8.0.0/16'), ports: [{ port: 5432, protocol: 'TCP' }] });
  });

  test('with addresses is known by them: the network opens to them, and the program\'s DNS stays as it is', () => {
    const { entry, config, egress } = called({ addresses: ['10.8.0.7', '2001:db8:0:0::1'] });

    expect(entry.metadata.labels).not.toHaveProperty('networking.istio.io/enable-autoallocate-ip');
    expect(entry.spec).toMatchObject({ addresses: ['10.8.0.7', '2001:db8::1'], resolution: 'DNS' });
    expect(config).toBeUndefined();
    expect(egress.to).toEqual(blocks('10.8.0.7/32', '2001:db8::1/128'));
  });

  test('of a block of addresses goes where the program wanted; a block of one is an address', () => {
    expect(called({ addresses: ['10.8.0.0/16'] }).entry.spec).toMatchObject({ addresses: ['10.8.0.0/16'], resolution: 'NONE' });
    expect(called({ addresses: ['10.8.0.7/32'] }).entry.spec).toMatchObject({ addresses: ['10.8.0.7'], resolution: 'DNS' });
  });

  test('of several hosts on one port is told apart by addresses', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.calls(ledger(world));
    orders.calls(ledger(world, {}, 'stock'));
    orders.calls(ledger(world, { addresses: ['10.8.0.7'] }, 'customers'));
    orders.calls(ledger(world, { addresses: ['10.8.0.0/16'] }, 'archive'));

    expect(() => world.synth()).not.toThrow();
  });

  test('on one address is another host on each port, and TLS is told by name', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.calls(ledger(world, { addresses: ['10.8.0.7'] }));
    orders.calls(ledger(world, { addresses: ['10.8.0.7'], ports: [MeshPort.tcp(3306)] }, 'stock'));
    orders.calls(ledger(world, { addresses: ['10.8.0.7'], ports: [MeshPort.tls(8443)] }, 'web'));
    orders.calls(ledger(world, { addresses: ['10.8.0.7'], ports: [MeshPort.tls(8443)] }, 'shop'));

    expect(() => world.synth()).not.toThrow();
  });
});

describe('the proxy answers DNS', () => {
  test('of every caller, a job too, and of nobody else', () => {
    const world = new World();
    const outside = ledger(world);
    world.service('orders').calls(outside);
    world.service('payments');
    new MeshCronJob(world.shop, 'export', { image: 'ghcr.io/acme/export:1.0.0', schedule: Cron.daily() }).calls(outside);
    const manifests = synthesize(world.shop);

    expect(configOf(find(manifests, 'Deployment', 'orders').spec.template)).toEqual(CAPTURE);
    expect(configOf(find(manifests, 'CronJob', 'export').spec.jobTemplate.spec.template)).toEqual(CAPTURE);
    expect(configOf(find(manifests, 'Deployment', 'payments').spec.template)).toBeUndefined();
  });

  test('of who calls another port of the host: its proxy knows the one of TCP, too', () => {
    expect(called({ ports: [POSTGRES, MeshPort.tls(8443)] }, 'tls').config).toEqual(CAPTURE);
  });

  test('of the pods of a release', () => {
    const world = new World();
    const orders = world.service('orders');
    world.release(orders);
    orders.calls(ledger(world));

    expect(configOf(find(synthesize(world.shop), 'Deployment', 'orders-v2').spec.template)).toEqual(CAPTURE);
  });

  test('beside what other sidecars than native ones need', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { nativeSidecars: false });
    world.service('orders').calls(ledger(world));

    expect(configOf(find(synthesizeApp(world.app), 'Deployment', 'orders').spec.template))
      .toEqual({ holdApplicationUntilProxyStarts: true, terminationDrainDuration: '35s', ...CAPTURE });
  });

  test('as a text of the user\'s own says, which replaces ours', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.calls(ledger(world));
    const own = JSON.stringify({ concurrency: 4, ...CAPTURE });
    orders.deployment.podMetadata.addAnnotation('proxy.istio.io/config', own);

    expect(find(synthesize(world.shop), 'Deployment', 'orders').spec.template.metadata.annotations!['proxy.istio.io/config']).toBe(own);
  });

  test.each([MeshPort.tls(443), MeshPort.http(80)])('of nobody for a port that tells the host by name (%#)', (port) => {
    expect(called({ ports: [port] }).config).toBeUndefined();
  });
});

describe('endpoints', () => {
  const endpoints = [Endpoint.of('10.8.0.7', { weight: 3, labels: { zone: 'eu-1a' } }), Endpoint.of('2001:db8:0:0::1')];

  test('are where the host is, and what the network opens to', () => {
    const { entry, egress } = called({ ports: [MeshPort.http(80)], endpoints });

    expect(entry.spec).toMatchObject({
      resolution: 'STATIC', endpoints: [{ address: '10.8.0.7', weight: 3, labels: { zone: 'eu-1a' } }, { address: '2001:db8::1' }],
    });
    expect(egress.to).toEqual(blocks('10.8.0.7/32', '2001:db8::1/128'));
  });

  test('have a name that no DNS has to know', () => {
    const { entry, config } = called({ ports: [MeshPort.http(80)], endpoints });

    expect(entry.metadata.labels!['networking.istio.io/enable-autoallocate-ip']).toBe('true');
    expect(config).toEqual(CAPTURE);
  });

  test('beside addresses are where what goes to these ends', () => {
    const { entry, config, egress } = called({ addresses: ['10.9.0.0/24'], endpoints, cidrs: ['10.8.0.0/16', '2001:db8::/32'] });

    expect(entry.spec).toMatchObject({ resolution: 'STATIC', addresses: ['10.9.0.0/24'] });
    expect(config).toBeUndefined();
    expect(egress.to).toEqual(blocks('10.8.0.0/16', '2001:db8::/32'));
  });
});

describe('a wildcard', () => {
  test('leads where the program wanted to, as far as the network lets it', () => {
    const world = new World();
    world.service('orders').calls(new ExternalService(world.shop, 's3', { host: '*.s3.example.com', ports: [MeshPort.tls(443)], cidrs: ['203.0.113.0/24'] }));
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'ServiceEntry', 's3').spec).toMatchObject({ hosts: ['*.s3.example.com'], resolution: 'NONE' });
    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toContain('shop/*.s3.example.com');
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0]).toEqual({ to: blocks('203.0.113.0/24'), ports: [{ port: 443, protocol: 'TCP' }] });
    expect(configOf(find(manifests, 'Deployment', 'orders').spec.template)).toBeUndefined();
  });

  test('stands beside one of its hosts', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.calls(new ExternalService(world.shop, 's3', { host: '*.s3.example.com', ports: [MeshPort.tls(443)] }));
    orders.calls(new ExternalService(world.shop, 'bucket', { host: 'bucket.s3.example.com', ports: [MeshPort.tls(443)] }));

    expect(() => world.synth()).not.toThrow();
  });
});
