import { Chart } from 'cdk8s';
import { ExistingWorkload, ExternalService, Mesh, MeshPort, MeshService } from '../src';
import { find, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';

const OTEL = { namespace: 'observability', podLabels: { app: 'otel' }, service: 'otel', ports: [MeshPort.grpc(4317)], inMesh: false };

test('what the proxies call by themselves is open for every workload, whichever comes first', () => {
  const world = new World();
  world.service('orders');
  new Mesh(world.app, 'mesh').proxiesCall(new ExistingWorkload(world.app, 'otel', OTEL));
  world.service('mailer', { ports: undefined });
  const manifests = synthesize(world.shop);

  for (const name of ['orders', 'mailer']) {
    expect(find(manifests, 'Sidecar', name).spec.egress[0].hosts).toContain('observability/otel.observability.svc.cluster.local');
    expect(find(manifests, 'NetworkPolicy', name).spec.egress[0]).toEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'observability' } }, podSelector: { matchLabels: { app: 'otel' } } }],
      ports: [{ port: 4317, protocol: 'TCP' }],
    });
  }
});

test('a collector of this app lets all others in, on that port alone, and does not call itself', () => {
  const world = new World();
  const collector = world.service('collector', { ports: [MeshPort.grpc(4317), MeshPort.http(8888)] });
  world.service('orders');
  new Mesh(world.app, 'mesh').proxiesCall(collector, { port: 'grpc' });
  const manifests = synthesize(world.shop);

  expect(find(manifests, 'AuthorizationPolicy', 'collector').spec.rules).toEqual([{
    from: [{ source: { principals: ['cluster.local/ns/shop/sa/orders'] } }], to: [{ operation: { ports: ['4317'] } }],
  }]);
  expect(find(manifests, 'Sidecar', 'collector').spec.egress[0].hosts).toEqual(['istio-system/*']);
  expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual(['shop/collector.shop.svc.cluster.local', 'istio-system/*']);
});

test('what is outside is visible to the proxies of every namespace', () => {
  const world = new World();
  world.service('orders');
  new MeshService(new Chart(world.app, 'web', { namespace: 'web' }), 'frontend', { image: 'frontend:1', ports: [MeshPort.http(8080)] });
  const collector = new ExternalService(world.shop, 'collector', { host: 'otel.example.com', ports: [MeshPort.tls(443)] });
  new Mesh(world.app, 'mesh').proxiesCall(collector);

  expect(find(synthesize(world.shop), 'ServiceEntry', 'collector').spec.exportTo).toEqual(['.', 'web']);
});

test('a worker cannot be called by proxies either, nor a server of two ports without saying which', () => {
  const world = new World();
  const mesh = new Mesh(world.app, 'mesh');

  expect(thrownBy(() => mesh.proxiesCall(world.service('mailer', { ports: undefined })))).toMatchObject([{ code: 'NotCallable', property: 'proxiesCall(mailer)' }]);
  expect(thrownBy(() => mesh.proxiesCall(world.service('two', { ports: [MeshPort.grpc(4317), MeshPort.http(8888)] })))).toMatchObject([{
    code: 'AmbiguousPort', path: 'mesh', property: 'proxiesCall(two).port',
  }]);
});
