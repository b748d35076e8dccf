import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ApiObject, App, AppProps, Chart, Duration, JsonPatch, YamlOutputType } from 'cdk8s';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import {
  CanaryRelease, ChaosExperiment, ChaosNamespace, ChaosTarget, EndUsers, ExternalEgress, ExternalService, Fault, GatewayServer, Mesh,
  MeshGateway, MeshPort, MeshService, Redirect, TokenIssuer, ZeroTrustNamespace,
} from '../src';
import { build } from './support/build-app';
import { Manifest } from './support/manifests';
import { randomApps } from './support/random-app';
import { thrownBy } from './support/thrown-by';

const { FILE_PER_APP, FILE_PER_CHART, FILE_PER_RESOURCE, FOLDER_PER_CHART_FILE_PER_RESOURCE } = YamlOutputType;

/** The files of an app and their objects, as `kubectl apply -f` reads them: in the order of their names. */
function written(describe: (app: App) => void, props: AppProps = {}): { file: string; objects: Manifest[] }[] {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'dist-'));
  try {
    const app = new App({ outdir, ...props });
    describe(app);
    app.synth();
    return fs.readdirSync(outdir, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.yaml')).sort().map(file => ({
      file, objects: parseAllDocuments(fs.readFileSync(path.join(outdir, file), 'utf8')).map(document => document.toJSON()).filter(Boolean),
    }));
  } finally {
    fs.rmSync(outdir, { recursive: true });
  }
}

/** What would be refused for want of its namespace. */
function tooEarly(files: { objects: Manifest[] }[]): string[] {
  const objects = files.flatMap(({ objects: ofFile }) => ofFile);
  const described = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name));
  const there = new Set<string>();
  return objects.flatMap(({ kind, metadata }) => {
    if (kind === 'Namespace') {
      there.add(metadata.name);
    }
    const early = kind !== 'Namespace' && described.has(metadata.namespace!) && !there.has(metadata.namespace!);
    return early ? [`${kind} ${metadata.namespace}/${metadata.name}`] : [];
  });
}

const serviceIn = (chart: Chart, id: string) => new MeshService(chart, id, { image: `ghcr.io/acme/${id}:1.0.0`, ports: [MeshPort.http(8080)] });

describe.each([['a file for each chart', FILE_PER_CHART], ['one file', FILE_PER_APP]])('with %s nothing stands before its namespace', (_, yamlOutputType) => {
  test('when the namespace is described last', () => {
    const files = written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      const job = new ApiObject(shop, 'job', { apiVersion: 'batch/v1', kind: 'Job' });
      job.node.addDependency(serviceIn(shop, 'orders'));
      new ZeroTrustNamespace(shop, 'namespace');
    }, { yamlOutputType });

    expect(files[0].objects[0].kind).toBe('Namespace');
    expect(files[0].objects.map(({ kind }) => kind)).toContain('Job');
    expect(tooEarly(files)).toEqual([]);
  });

  test('when the namespace is in a chart of a later file', () => {
    const files = written((app) => {
      serviceIn(new Chart(app, 'orders', { namespace: 'shop' }), 'orders');
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      new ZeroTrustNamespace(shop, 'namespace');
      serviceIn(shop, 'frontend');
    }, { yamlOutputType });

    expect(tooEarly(files)).toEqual([]);
  });

  test.each([['a', 'z'], ['z', 'a'], ['shop', 'shop-more']])('when the namespace is in the chart %s and something of it in %s, whichever is made first', (own, other) => {
    const describeIt = {
      [own]: (chart: Chart) => void new ZeroTrustNamespace(chart, 'namespace'), [other]: (chart: Chart) => void serviceIn(chart, 'orders'),
    };

    for (const ids of [[own, other], [other, own]]) {
      expect(tooEarly(written(app => ids.forEach(id => describeIt[id](new Chart(app, id, { namespace: 'shop' }))), { yamlOutputType }))).toEqual([]);
    }
  });

  test('when a drill looks into the namespace of what it hits', () => {
    const files = written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      const drills = new Chart(app, 'drills', { namespace: 'drills' });
      new ChaosExperiment(drills, 'loss', { target: ChaosTarget.service(serviceIn(shop, 'orders')), fault: Fault.podDelete() });
      new ChaosNamespace(drills, 'namespace');
      new ZeroTrustNamespace(shop, 'namespace');
    }, { yamlOutputType });

    expect(tooEarly(files)).toEqual([]);
  });

  test('when the namespace is in a chart within the one that stands in it', () => {
    const files = written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      serviceIn(shop, 'orders');
      new ZeroTrustNamespace(new Chart(shop, 'ground', { namespace: 'shop' }), 'namespace');
    }, { yamlOutputType });

    expect(tooEarly(files)).toEqual([]);
  });

  test('or it is refused: when the namespace is in the chart around the one that stands in it', () => {
    expect(thrownBy(() => written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      new ZeroTrustNamespace(shop, 'namespace');
      serviceIn(new Chart(shop, 'orders', { namespace: 'shop' }), 'orders');
    }, { yamlOutputType }))).toMatchObject([{ code: 'NamespaceTooLate', path: 'shop/namespace/namespace', received: '"shop"', fix: expect.stringContaining('a chart of its own') }]);
  });

  test('or it is refused: when the user has put its chart after', () => {
    const [problem] = thrownBy(() => written((app) => {
      const orders = new Chart(app, 'orders', { namespace: 'shop' });
      serviceIn(orders, 'orders');
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      new ZeroTrustNamespace(shop, 'namespace');
      shop.addDependency(orders);
    }, { yamlOutputType }));

    expect(problem).toMatchObject({ code: 'NamespaceTooLate', path: 'shop/namespace/namespace' });
  });

  test('or it is refused: when the user has put its chart after a third, which comes after', () => {
    const [problem] = thrownBy(() => written((app) => {
      const [orders, middle, shop] = ['a', 'b', 'c'].map(id => new Chart(app, id, { namespace: id === 'b' ? 'other' : 'shop' }));
      serviceIn(orders, 'orders');
      middle.addDependency(orders);
      shop.addDependency(middle);
      new ZeroTrustNamespace(shop, 'namespace');
    }, { yamlOutputType }));

    expect(problem).toMatchObject({ code: 'NamespaceTooLate', path: 'c/namespace/namespace', message: expect.stringContaining('chart c comes after the chart a') });
  });

  test.each([['ab'], ['ba']])('or it is refused: when an object of its chart needs one of the other, charts being called %s', ([other, own]) => {
    const [problem] = thrownBy(() => written((app) => {
      const [shop, orders] = [own, other].map(id => new Chart(app, id, { namespace: 'shop' }));
      const config = new ApiObject(orders, 'config', { apiVersion: 'v1', kind: 'ConfigMap' });
      new ZeroTrustNamespace(shop, 'namespace');
      new ApiObject(shop, 'job', { apiVersion: 'batch/v1', kind: 'Job' }).addDependency(config);
    }, { yamlOutputType }));

    expect(problem).toMatchObject({ code: 'NamespaceTooLate', path: `${own}/namespace/namespace`, message: expect.stringContaining(`chart ${own} comes after the chart ${other}`) });
  });

  test('or it is refused: when each of two charts has something of the other\'s namespace', () => {
    const problems = thrownBy(() => written((app) => {
      const charts = ['a', 'b'].map(name => new Chart(app, name, { namespace: name }));
      charts.forEach(chart => new ZeroTrustNamespace(chart, 'namespace'));
      charts.forEach((chart, index) => new ApiObject(chart, 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'ba'[index] } }));
    }, { yamlOutputType }));

    expect(problems).toMatchObject([{ code: 'NamespaceTooLate', message: expect.stringMatching(/chart [ab] comes after the chart [ab]/) }]);
  });

  test('when the namespace is the user\'s own object, which needs another', () => {
    const files = written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      serviceIn(shop, 'orders');
      const quota = new ApiObject(shop, 'crd', { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'x' } });
      new ApiObject(shop, 'namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }).addDependency(quota);
    }, { yamlOutputType });

    expect(files[0].objects.slice(0, 2).map(({ kind }) => kind)).toEqual(['CustomResourceDefinition', 'Namespace']);
  });

  test('but for what the namespace itself needs, and what that needs', () => {
    const files = written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      const [first, second, third] = ['first', 'second', 'third'].map(name => new ApiObject(shop, name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }));
      second.addDependency(first);
      new ZeroTrustNamespace(shop, 'namespace').node.addDependency(second);
      third.addDependency(first);
    }, { yamlOutputType });

    expect(files[0].objects.slice(0, 3).map(({ metadata }) => metadata.name)).toEqual(['first', 'second', 'shop']);
    expect(tooEarly(files)).toEqual(['ConfigMap shop/first', 'ConfigMap shop/second']);
  });

  test('but for a whole service that the user has put before it', () => {
    const files = written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      new ZeroTrustNamespace(shop, 'namespace').node.addDependency(serviceIn(shop, 'orders'));
    }, { yamlOutputType });

    expect(tooEarly(files)).toContain('NetworkPolicy shop/orders');
  });

  test('and what is called Namespace elsewhere is none', () => {
    const files = written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      serviceIn(shop, 'orders');
      new ApiObject(shop, 'other', { apiVersion: 'acme.example/v1', kind: 'Namespace', metadata: { name: 'shop' } });
    }, { yamlOutputType });

    expect(files[0].objects.at(-1)).toMatchObject({ apiVersion: 'acme.example/v1' });
  });

  test('in any app', () => {
    fc.assert(fc.property(randomApps(), (description) => {
      expect(tooEarly(written(app => build(app, description), { yamlOutputType }))).toEqual([]);
    }), { numRuns: 30 });
  });
});

test('charts whose files are in order keep their names', () => {
  const files = written((app) => {
    const shop = new Chart(app, 'shop', { namespace: 'shop' });
    new ZeroTrustNamespace(shop, 'namespace');
    serviceIn(new Chart(app, 'shop2', { namespace: 'shop' }), 'orders');
    new ChaosExperiment(new Chart(app, 'drills', { namespace: 'drills' }), 'loss', { target: ChaosTarget.service(serviceIn(shop, 'cart')), fault: Fault.podDelete() });
  });

  expect(files.map(({ file }) => file)).toEqual(['drills.k8s.yaml', 'shop.k8s.yaml', 'shop2.k8s.yaml']);
});

test('a second chart of a namespace whose file would be the first waits for it', () => {
  const files = written((app) => {
    // '-' is before '.'
    serviceIn(new Chart(app, 'shop-more', { namespace: 'shop' }), 'orders');
    new ZeroTrustNamespace(new Chart(app, 'shop', { namespace: 'shop' }), 'namespace');
  });

  expect(files.map(({ file }) => file)).toEqual(['0000-shop.k8s.yaml', '0001-shop-more.k8s.yaml']);
});

test('a construct may get another id, and another place in the program: what it becomes goes by its name', () => {
  const fileOf = (id: string, within = false) => written((app) => {
    const shop = new Chart(app, 'shop', { namespace: 'shop' });
    const scope = within ? new Construct(shop, 'team') : shop;
    const props = { name: 'orders', ports: [MeshPort.http(8080)], replicas: 2 };
    const orders = new MeshService(scope, id, { image: 'ghcr.io/acme/orders:1.0.0', ...props });
    serviceIn(shop, 'frontend').calls(orders, { timeout: Duration.seconds(1), addressVariable: 'ORDERS' });
    new MeshGateway(shop, 'edge', { servers: [GatewayServer.http(['*'])] }).exposes(orders, { hosts: ['shop.example.com'] });
    new CanaryRelease(scope, 'orders-next', { service: orders, image: 'ghcr.io/acme/orders:2.0.0', stages: [0, 10, 100] });
  });
  const sorted = (files: ReturnType<typeof fileOf>) => files.map(({ file, objects }) => [file, objects.map(each => JSON.stringify(each)).sort()]);

  expect(fileOf('orders-api')).toEqual(fileOf('orders'));
  expect(sorted(fileOf('orders-api', true))).toEqual(sorted(fileOf('orders')));
});

test('what follows from calls, exposures and the mesh stands in one order, whichever was said first', () => {
  const statements = ['mesh', 'outside', 'users', 'one', 'two', 'elsewhere'] as const;
  const fileOf = (order: readonly typeof statements[number][]) => written((app) => {
    const shop = new Chart(app, 'shop', { namespace: 'shop' });
    const [orders, frontend] = ['orders', 'frontend'].map(id => serviceIn(shop, id));
    const [one, two] = ['one', 'two'].map(id => new MeshGateway(shop, id, { servers: [GatewayServer.http(['*'])] }));
    const bank = new ExternalService(shop, 'bank', { host: 'api.bank.example.com', ports: [MeshPort.tls(443)] });
    const endUsers = EndUsers.required(TokenIssuer.of('https://accounts.example.com', { audiences: ['shop'] }));
    const say: { [statement in typeof statements[number]]: () => unknown } = {
      mesh: () => new Mesh(app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns() }),
      outside: () => orders.calls(bank),
      users: () => frontend.calls(orders, { endUsers }),
      one: () => one.exposes(orders, { hosts: ['shop.example.com'] }),
      two: () => two.exposes(orders, { hosts: ['shop.example.com'], endUsers }),
      elsewhere: () => two.redirects(['old.example.com'], Redirect.to({ host: 'shop.example.com' })),
    };
    order.forEach(statement => say[statement]());
  }).map(({ file, objects }) => [file, objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)]);
  const told = fileOf(statements);

  const late = ['CiliumNetworkPolicy orders', 'RequestAuthentication orders', 'VirtualService orders-one', 'VirtualService orders-two'];
  expect(told.flat(2)).toEqual(expect.arrayContaining([...late, 'VirtualService two-old.example.com']));
  const shuffled = fc.shuffledSubarray([...statements], { minLength: statements.length });
  fc.assert(fc.property(shuffled, order => expect(fileOf(order)).toEqual(told)), { numRuns: 40 });
});

describe('with a file for each resource', () => {
  const two = (names: string[]) => (app: App) => names.forEach(namespace => serviceIn(new Chart(app, namespace, { namespace }), 'orders'));

  test('two of one kind and name in two namespaces are refused', () => {
    const problems = thrownBy(() => written(two(['shop', 'web']), { yamlOutputType: FILE_PER_RESOURCE }));

    expect(problems.map(({ code }) => code)).toEqual(problems.map(() => 'FileCollision'));
    expect(problems.map(({ path: where }) => where)).toContain('web/orders/network-policy');
    const { property, received, fix, message } = problems.find(({ path: where }) => where === 'web/orders/network-policy')!;
    expect({ property, received }).toEqual({ property: 'metadata.name', received: '"orders"' });
    expect(fix).toContain('FILE_PER_CHART or FOLDER_PER_CHART_FILE_PER_RESOURCE');
    expect(message).toContain('shop/orders/network-policy');
  });

  test('and a folder for each chart they are not', () => {
    expect(() => written(two(['shop', 'web']), { yamlOutputType: FOLDER_PER_CHART_FILE_PER_RESOURCE })).not.toThrow();
  });

  test('and a folder for each chart, two of one chart are', () => {
    const [problem, ...more] = thrownBy(() => written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      serviceIn(shop, 'orders');
      ['a', 'b'].forEach(namespace => new ApiObject(shop, namespace, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config', namespace } }));
    }, { yamlOutputType: FOLDER_PER_CHART_FILE_PER_RESOURCE }));

    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: 'FileCollision', path: 'shop/b', property: 'metadata.name', received: '"config"' });
    expect(problem.fix).toContain('Choose YamlOutputType.FILE_PER_CHART, or another name');
  });

  test('the order of charts is no matter: the files are in that of their kinds', () => {
    expect(() => written((app) => {
      const shop = new Chart(app, 'shop', { namespace: 'shop' });
      new ZeroTrustNamespace(shop, 'namespace');
      serviceIn(new Chart(shop, 'inner', { namespace: 'shop' }), 'orders');
    }, { yamlOutputType: FILE_PER_RESOURCE })).not.toThrow();
  });

  describe('the name counts that a patch gives:', () => {
    const configs = (names: string[], patched: string) => (app: App) => names.forEach((name, index) => {
      const config = new ApiObject(new Chart(app, `chart-${index}`, { namespace: `space-${index}` }), 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
      if (index === 1) {
        config.addJsonPatch(JsonPatch.replace('/metadata/name', patched));
      }
      serviceIn(Chart.of(config), `orders-${index}`);
    });

    test('made equal, the second is refused', () => {
      expect(thrownBy(() => written(configs(['a', 'b'], 'a'), { yamlOutputType: FILE_PER_RESOURCE }))).toMatchObject([{ code: 'FileCollision', path: 'chart-1/config' }]);
    });

    test('made different, none is', () => {
      expect(() => written(configs(['a', 'a'], 'b'), { yamlOutputType: FILE_PER_RESOURCE })).not.toThrow();
    });

    test('and of it what a file\'s name keeps', () => {
      expect(thrownBy(() => written(configs(['ab', 'b'], 'a:b'), { yamlOutputType: FILE_PER_RESOURCE }))).toMatchObject([{ code: 'FileCollision', received: '"a:b"' }]);
    });
  });

  test('one namespace alone is written whole', () => {
    const files = written(two(['shop']), { yamlOutputType: FILE_PER_RESOURCE });

    expect(files.map(({ file }) => file)).toContain('NetworkPolicy.orders.k8s.yaml');
  });

  test('the same names are no matter with a file for each chart', () => {
    expect(() => written(two(['shop', 'web']))).not.toThrow();
  });
});

test('what is changed after a synthesis, and after one that failed, is in the next one', () => {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'dist-'));
  try {
    const app = new App({ outdir });
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    const orders = serviceIn(chart, 'orders');
    const release = new CanaryRelease(chart, 'next', { service: orders, image: 'ghcr.io/acme/orders:2.0.0', stages: [0, 100] });
    const priorities = () => {
      app.synth();
      return parseAllDocuments(fs.readFileSync(path.join(outdir, 'shop.k8s.yaml'), 'utf8')).map(document => document.toJSON())
        .filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template.spec.priorityClassName);
    };
    const patch = (name: string) => ApiObject.of(orders.deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/priorityClassName', name));
    expect(priorities()).toEqual([undefined, undefined]);
    patch('high');
    expect(priorities()).toEqual(['high', 'high']);
    chart.node.addValidation({ validate: () => ['not today'] });
    expect(priorities).toThrow('not today');
    patch('higher');
    release.deployment.addJsonPatch(JsonPatch.add('/spec/template/spec/priorityClassName', 'own'));
    expect([orders.deployment, release.deployment].map(object => ApiObject.of(object).toJson().spec.template.spec.priorityClassName)).toEqual(['higher', 'own']);
  } finally {
    fs.rmSync(outdir, { recursive: true });
  }
});

describe('two objects of one kind and name', () => {
  const both = (...heads: { apiVersion?: string; kind?: string; name?: string; namespace?: string }[]) => (app: App) => {
    const shop = new Chart(app, 'shop', { namespace: 'shop' });
    serviceIn(shop, 'orders');
    heads.forEach(({ apiVersion = 'acme.example/v1', kind = 'Thing', ...metadata }, index) => new ApiObject(shop, `it-${index}`, { apiVersion, kind, metadata: { name: 'it', ...metadata } }));
  };

  test('are refused, each but the first', () => {
    const problems = thrownBy(() => written(both({}, {}, {})));

    expect(problems.map(({ code, path: where, property, received }) => [code, where, property, received])).toEqual([
      ['DuplicateName', 'shop/it-1', 'metadata.name', '"it"'], ['DuplicateName', 'shop/it-2', 'metadata.name', '"it"'],
    ]);
    problems.forEach(({ message }) => expect(message).toContain('shop/it-0 is the Thing of this name already'));
  });

  test('are refused in two versions of one API', () => {
    expect(thrownBy(() => written(both({}, { apiVersion: 'acme.example/v2' })))).toMatchObject([{ code: 'DuplicateName', path: 'shop/it-1' }]);
  });

  test('are refused of Namespaces, whatever the namespace of their chart', () => {
    const [problem] = thrownBy(() => written((app) => {
      new ZeroTrustNamespace(new Chart(app, 'shop', { namespace: 'shop' }), 'namespace');
      new ApiObject(new Chart(app, 'web', { namespace: 'web' }), 'mine', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    }));

    expect(problem).toMatchObject({ code: 'DuplicateName', path: 'web/mine', received: '"shop"' });
  });

  test.each([
    ['of two APIs', { apiVersion: 'other.example/v1' }], ['of two kinds', { kind: 'Other' }], ['of two namespaces', { namespace: 'web' }], ['but another name', { name: 'that' }],
  ])('%s are not', (_, head) => {
    expect(() => written(both({}, head))).not.toThrow();
  });
});
