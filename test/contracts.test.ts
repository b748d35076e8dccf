import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Chart } from 'cdk8s';
import { AppContract, ExistingWorkload, ImportedApp, MeshJob, MeshPort, MeshService, VirtualMachine, VirtualMachineService } from '../src';
import { find, lookUp, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'contract-'));
  file = path.join(folder, 'contracts/shop.json');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

interface Asked { methods?: string[]; paths?: string[]; port?: string }

/** The shop, which offers its stock to the account `billing` of the namespace `billing`. */
function shop(promises: Asked[], options: { version?: number; ports?: MeshPort[]; write?: boolean } = {}): void {
  const app = new App({ outdir: path.join(folder, 'dist') });
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const stock = new MeshService(chart, 'stock', { image: 'stock:1', ports: options.ports ?? [MeshPort.http(80, { targetPort: 8080 })] });
  new MeshService(chart, 'cart', { image: 'cart:1', ports: [MeshPort.http(8080)] }).calls(stock);
  const client = new ExistingWorkload(app, 'billing', { namespace: 'billing', serviceAccount: 'billing' });
  promises.forEach(promise => client.calls(stock, promise));
  new AppContract(app, 'contract', { name: 'shop', file, version: options.version });
  app.synth();
}

/** An app of another team, of which `billing` asks for the stock. */
function billing(asked: Asked, options: { version?: number; name?: string; service?: string } = {}) {
  const app = new App();
  const chart = new Chart(app, 'billing', { namespace: 'billing' });
  const client = new MeshService(chart, options.name ?? 'billing', { image: 'billing:1', ports: [MeshPort.http(8080)] });
  const imported = new ImportedApp(app, 'shop', { file, version: options.version ?? 1 });
  client.calls(imported.service(options.service ?? 'stock'), asked);
  return synthesize(chart);
}

test('the file says what is offered to others, and nothing else', () => {
  shop([{ methods: ['GET'], paths: ['/items/*', '/items'] }]);

  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual({
    format: 'cdk8s-mesh/contract/v1',
    app: 'shop',
    version: 1,
    services: [{
      name: 'stock',
      namespace: 'shop',
      service: 'stock',
      podLabels: { 'service.istio.io/canonical-name': 'stock' },
      ports: [{ name: 'http', protocol: 'http', port: 80, targetPort: 8080 }],
      offers: [{ to: { namespace: 'billing', serviceAccount: 'billing' }, port: 'http', methods: ['GET'], paths: ['/items', '/items/*'] }],
    }],
  });
});

test('machines are offered with their addresses, to which the network of the other app\'s client is open', () => {
  const app = new App({ outdir: path.join(folder, 'dist') });
  const stock = new VirtualMachineService(new Chart(app, 'shop', { namespace: 'shop' }), 'stock', {
    machines: [VirtualMachine.at('10.8.0.7')], ports: [MeshPort.http(80, { targetPort: 8080 })],
  });
  new ExistingWorkload(app, 'billing', { namespace: 'billing', serviceAccount: 'billing' }).calls(stock);
  new AppContract(app, 'contract', { name: 'shop', file });
  app.synth();

  expect(JSON.parse(fs.readFileSync(file, 'utf8')).services[0].addresses).toEqual(['10.8.0.7']);
  expect(find(billing({}), 'NetworkPolicy', 'billing').spec.egress[0]).toEqual({
    to: [{ ipBlock: { cidr: '10.8.0.7/32' } }], ports: [{ port: 8080, protocol: 'TCP' }],
  });
});

test('other addresses of machines are another promise', () => {
  const machines = (address: string) => {
    const app = new App({ outdir: path.join(folder, 'dist') });
    new ExistingWorkload(app, 'billing', { namespace: 'billing', serviceAccount: 'billing' }).calls(new VirtualMachineService(
      new Chart(app, 'shop', { namespace: 'shop' }), 'stock', { machines: [VirtualMachine.at(address)], ports: [MeshPort.http(8080)] }));
    new AppContract(app, 'contract', { name: 'shop', file });
    app.synth();
  };
  machines('10.8.0.7');

  expect(() => machines('10.8.0.7')).not.toThrow();
  expect(thrownBy(() => machines('10.8.0.8'))).toMatchObject([{ code: 'ContractBroken' }]);
});

describe('what is offered', () => {
  const offering = (offer: object, protocol = 'http') => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify({
      format: 'cdk8s-mesh/contract/v1',
      app: 'shop',
      version: 1,
      services: [{
        name: 'stock',
        namespace: 'shop',
        service: 'stock',
        podLabels: { app: 'stock' },
        ports: [{ name: protocol, protocol, port: 80, targetPort: 8080 }],
        offers: [{ to: { namespace: 'billing' }, port: protocol, ...offer }],
      }],
    }));
  };

  test('by POST alone is all of gRPC, whether the call says so or not', () => {
    offering({ methods: ['POST'] }, 'grpc');

    expect(() => billing({})).not.toThrow();
    expect(() => billing({ methods: ['POST'] })).not.toThrow();
  });

  test('by POST alone is not all that a browser asks of gRPC-Web', () => {
    offering({ methods: ['POST'] }, 'grpc-web');

    expect(thrownBy(() => billing({}))).toMatchObject([{ code: 'NotOffered' }]);
    expect(() => billing({ methods: ['POST'] })).not.toThrow();
  });

  test('by POST alone is not all of HTTP', () => {
    offering({ methods: ['POST'] });

    expect(thrownBy(() => billing({}))).toMatchObject([{ code: 'NotOffered' }]);
  });

  test('to pods by a label that they carry is for them', () => {
    offering({ to: { namespace: 'billing', podLabels: { 'service.istio.io/canonical-name': 'billing', 'app.kubernetes.io/name': 'billing' } } });

    expect(() => billing({})).not.toThrow();
  });

  test('to pods by a label of the user\'s is for a job that carries it', () => {
    offering({ to: { namespace: 'billing', podLabels: { team: 'money' } } });
    const job = (podLabels?: { [key: string]: string }) => {
      const app = new App();
      const chart = new Chart(app, 'billing', { namespace: 'billing' });
      new MeshJob(chart, 'report', { image: 'report:1', podLabels }).calls(new ImportedApp(app, 'shop', { file, version: 1 }).service('stock'));
    };

    expect(() => job({ team: 'money' })).not.toThrow();
    expect(thrownBy(() => job())).toMatchObject([{ code: 'NotOffered' }]);
  });

  test.each([
    [{ 'app.kubernetes.io/name': 'billing', 'team': 'money' }],
    [{ 'service.istio.io/canonical-name': 'invoices' }],
  ])('to pods that carry %j is for no others', (podLabels) => {
    offering({ to: { namespace: 'billing', podLabels } });

    expect(thrownBy(() => billing({}))).toMatchObject([{ code: 'NotOffered' }]);
  });
});

test('the same promises are the same bytes, in whatever order they are made', () => {
  shop([{ methods: ['GET'] }, { methods: ['PUT'], paths: ['/items'] }]);
  const before = fs.readFileSync(file);
  shop([{ methods: ['PUT'], paths: ['/items'] }, { methods: ['GET'] }]);

  expect(fs.readFileSync(file)).toEqual(before);
});

test('nothing is written by an app in which something is wrong', () => {
  thrownBy(() => {
    const app = new App({ outdir: path.join(folder, 'dist') });
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    new MeshService(chart, 'stock', { image: 'stock:1', ports: [MeshPort.http(8080)] }).addRoute('qa', { match: [], version: 'v2' });
    new AppContract(app, 'contract', { file });
    app.synth();
  });

  expect(fs.existsSync(file)).toBe(false);
});

describe('the other app', () => {
  beforeEach(() => shop([{ methods: ['GET', 'HEAD'], paths: ['/items/*', '/health'] }]));

  test('opens its own side of what was offered', () => {
    const manifests = billing({ methods: ['GET'], paths: ['/items/{*}', '/health'] });

    expect(find(manifests, 'Sidecar', 'billing').spec.egress[0].hosts).toContain('shop/stock.shop.svc.cluster.local');
    expect(find(manifests, 'NetworkPolicy', 'billing').spec.egress[0]).toMatchObject({
      to: [{ podSelector: { matchLabels: { 'service.istio.io/canonical-name': 'stock' } } }], ports: [{ port: 8080 }],
    });
    expect(lookUp(manifests, 'DestinationRule', 'stock')).toBeUndefined();
  });

  test.each<[string, Asked, Parameters<typeof billing>[1]?]>([
    ['every method', { paths: ['/health'] }],
    ['another method', { methods: ['GET', 'PUT'], paths: ['/health'] }],
    ['every path', { methods: ['GET'] }],
    ['another path', { methods: ['GET'], paths: ['/health', '/admin'] }],
    ['a wider path', { methods: ['GET'], paths: ['/*'] }],
    ['what was offered to another account', { methods: ['GET'], paths: ['/health'] }, { name: 'reporting' }],
  ])('may not ask for %s', (_, asked, options = {}) => {
    const [problem] = thrownBy(() => billing(asked, options));

    expect(problem).toMatchObject({ code: 'NotOffered', property: 'calls(shop-stock)' });
  });

  test('is told when the contract has another version', () => {
    expect(thrownBy(() => billing({}, { version: 2 }))).toMatchObject([{ code: 'ContractBroken', path: 'shop', property: 'version', received: '2' }]);
  });

  test('is told which services there are', () => {
    expect(thrownBy(() => billing({}, { service: 'stocks' }))).toMatchObject([{ code: 'InvalidContract', property: 'service(stocks)', fix: 'There are shop/stock.' }]);
  });
});

describe('what was promised', () => {
  beforeEach(() => shop([{ methods: ['GET'], paths: ['/items'] }]));

  test.each<[string, Asked[], { ports?: MeshPort[] }]>([
    ['the client', [], {}],
    ['a path', [{ methods: ['GET'], paths: ['/things'] }], {}],
    ['the port', [{ methods: ['GET'], paths: ['/items'] }], { ports: [MeshPort.http(81, { targetPort: 8080 })] }],
  ])('is not taken back under the same version: %s', (_, promises, options) => {
    const before = fs.readFileSync(file);

    expect(thrownBy(() => shop(promises, options))).toMatchObject([{
      code: 'ContractBroken', path: 'contract', property: 'version', fix: expect.stringContaining('raise the version to 2'),
    }]);
    expect(fs.readFileSync(file)).toEqual(before);
  });

  test('may be added to', () => {
    expect(() => shop([{ methods: ['GET'], paths: ['/items'] }, { methods: ['GET'], paths: ['/more'] }])).not.toThrow();
  });

  test('is another under another version, which does not fall again', () => {
    shop([], { version: 2 });

    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ version: 2, services: [] });
    expect(thrownBy(() => shop([], { version: 1 }))).toMatchObject([{ code: 'ContractBroken', received: '1' }]);
  });
});
