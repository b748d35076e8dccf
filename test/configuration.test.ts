import { ApiObject, Cron, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Configuration, ConfigurationFile, ConfigurationUpdates, ExternalSecret, ExternalSecretProps, ExternalSecretType, Mesh, MeshCronJob, MeshJob,
  MeshServiceProps, Reload, RemoteSecret, SecretStore, ZeroTrustNamespace,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { ordersWith, podOf, World } from './support/world';

const { LIVE } = ConfigurationUpdates;

const mapsOf = (manifests: Manifest[]) => manifests.filter(({ kind }) => kind === 'ConfigMap');
const nameOf = (...configuration: Configuration[]) => mapsOf(ordersWith({ configuration }))[0].metadata.name;
const FILES = Configuration.files('/etc/orders', { 'orders.yaml': 'currency: EUR\n', 'a.txt': 'a' });

describe('files', () => {
  const manifests = ordersWith({ configuration: [FILES] });

  test('are a ConfigMap that never changes and that the pods mount for reading', () => {
    const [map, ...others] = mapsOf(manifests);
    const { spec, container } = podOf(manifests);

    expect(others).toEqual([]);
    expect(map).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: map.metadata.name, namespace: 'shop', labels: { 'app.kubernetes.io/name': 'orders', 'app.kubernetes.io/managed-by': 'cdk8s-mesh' },
      },
      immutable: true,
      data: { 'a.txt': 'a', 'orders.yaml': 'currency: EUR\n' },
    });
    expect(map.metadata.name).toMatch(/^orders-config-[0-9a-f]{8}$/);
    expect(spec.volumes).toContainEqual({ name: 'configuration--0', configMap: { name: map.metadata.name } });
    expect(container.volumeMounts).toContainEqual({ name: 'configuration--0', mountPath: '/etc/orders', readOnly: true });
  });

  test('stand before the pods that wait for them', () => {
    const kinds = manifests.map(({ kind }) => kind);

    expect(kinds.indexOf('ConfigMap')).toBeLessThan(kinds.indexOf('Deployment'));
  });

  test('have a name of their content: an old one is found again, and the order of the files is none', () => {
    const name = (currency: string) => nameOf(Configuration.files('/etc/orders', { 'a.txt': 'a', 'orders.yaml': `currency: ${currency}\n` }));

    expect(name('EUR')).toBe(nameOf(FILES));
    expect(name('USD')).not.toBe(name('EUR'));
    expect(nameOf(FILES)).toBe('orders-config-b958ea56');
  });

  test('roll the pods when they change', () => {
    const template = (text: string) => find(ordersWith({ configuration: [Configuration.files('/etc/orders', { text })] }), 'Deployment', 'orders').spec.template;

    expect(template('a')).toEqual(template('a'));
    expect(template('b')).not.toEqual(template('a'));
  });

  test('of one content at two places are written once', () => {
    const twice = ordersWith({ configuration: ['/etc/one', '/etc/two'].map(path => Configuration.files(path, { a: 'a' })) });
    const [{ metadata: { name } }, ...others] = mapsOf(twice);

    expect(others).toEqual([]);
    expect(podOf(twice).spec.volumes.filter(({ configMap }: any) => configMap?.name === name)).toHaveLength(2);
  });
});

describe('files that change in place', () => {
  const live = (props: Partial<MeshServiceProps> = {}, reload?: Reload, text = 'off') => ordersWith({
    configuration: [FILES, Configuration.files('/etc/Flags.d', { express: text }, { updates: LIVE, reload })], ...props,
  });

  test('are a ConfigMap with the name of their directory, mounted as a whole', () => {
    const manifests = live();
    const { spec, container } = podOf(manifests);

    expect(find(manifests, 'ConfigMap', 'orders-config-etc-flags-d')).toMatchObject({ data: { express: 'off' } });
    expect('immutable' in find(manifests, 'ConfigMap', 'orders-config-etc-flags-d')).toBe(false);
    expect(spec.volumes).toContainEqual({ name: 'configuration--1', configMap: { name: 'orders-config-etc-flags-d' } });
    expect(container.volumeMounts).toContainEqual({ name: 'configuration--1', mountPath: '/etc/Flags.d', readOnly: true });
    expect(spec.initContainers).toBeUndefined();
  });

  test('do not touch the pods', () => {
    const deployment = (text: string) => find(live({}, undefined, text), 'Deployment', 'orders');

    expect(deployment('on')).toEqual(deployment('off'));
  });

  test('are told by a watcher beside the program, which sees them too', () => {
    const { spec } = podOf(live({}, Reload.request('POST', '/-/reload')));
    const [{ securityContext, resources, ...watcher }, ...others] = spec.initContainers;

    expect(others).toEqual([]);
    expect(watcher).toEqual({
      name: 'reload-1',
      image: 'ghcr.io/jimmidyson/configmap-reload:v0.14.0',
      restartPolicy: 'Always',
      args: [
        '--volume-dir=/etc/Flags.d', '--webhook-url=http://127.0.0.1:8080/-/reload', '--webhook-method=POST', '--webhook-status-code=200', '--webhook-retries=10',
        '--web.listen-address=127.0.0.1:9534',
      ],
      volumeMounts: [{ name: 'configuration--1', mountPath: '/etc/Flags.d', readOnly: true }],
    });
    expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, runAsNonRoot: true });
    expect(resources.limits).toEqual({ cpu: '100m', memory: '64Mi' });
  });

  test('are told in the program\'s own words', () => {
    const { spec } = podOf(live({}, Reload.request('PUT', '/admin/reload?all', { port: 9090, status: 204, image: 'registry.example/reload:1' })));

    expect(spec.initContainers[0]).toMatchObject({
      image: 'registry.example/reload:1',
      args: expect.arrayContaining(['--webhook-url=http://127.0.0.1:9090/admin/reload?all', '--webhook-method=PUT', '--webhook-status-code=204']),
    });
  });

  test('are told by a container where no init container stays', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { nativeSidecars: false });
    world.service('orders', { configuration: [Configuration.files('/etc/flags', { a: 'a' }, { updates: LIVE, reload: Reload.request('POST', '/') })] });
    const { spec } = podOf(synthesize(world.shop));

    expect(spec.containers.map(({ name }: any) => name)).toEqual(['orders', 'reload-0']);
    expect(spec.containers[1].restartPolicy).toBeUndefined();
  });

  test('are admitted, with their watcher, by a zero-trust namespace', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace');
    world.service('orders', { configuration: [Configuration.files('/etc/flags', { a: 'a' }, { updates: LIVE, reload: Reload.request('POST', '/') })] });

    expect(() => world.synth()).not.toThrow();
  });
});

describe('variables', () => {
  test('come from a ConfigMap that never changes', () => {
    const manifests = ordersWith({ configuration: [Configuration.variables({ CURRENCY: 'EUR' })], env: { MODE: kplus.EnvValue.fromValue('fast') } });
    const [map] = mapsOf(manifests);

    expect(map).toMatchObject({ immutable: true, data: { CURRENCY: 'EUR' } });
    expect(podOf(manifests).container.envFrom).toEqual([{ configMapRef: { name: map.metadata.name } }]);
    expect(podOf(manifests).container.env).toContainEqual({ name: 'MODE', value: 'fast' });
  });
});

describe('a Secret', () => {
  test('is files, variables, or both, and its values are nowhere', () => {
    const manifests = ordersWith({ configuration: [Configuration.secret('orders-db', { mountPath: '/etc/orders-db', variables: { DB_USER: 'username' } })] });
    const { spec, container } = podOf(manifests);

    expect(spec.volumes).toContainEqual({ name: 'configuration--0', secret: { secretName: 'orders-db' } });
    expect(container.volumeMounts).toContainEqual({ name: 'configuration--0', mountPath: '/etc/orders-db', readOnly: true });
    expect(container.env).toContainEqual({ name: 'DB_USER', valueFrom: { secretKeyRef: { name: 'orders-db', key: 'username' } } });
    expect(manifests.filter(({ kind }) => kind === 'ConfigMap' || kind === 'Secret')).toEqual([]);
  });

  test('that is fetched from a store is an ExternalSecret', () => {
    const { metadata, spec, apiVersion } = externalSecret({
      data: { password: RemoteSecret.of('shop/orders/db', { property: 'password' }), ca: RemoteSecret.of('shop/ca', { version: '3' }) },
    });

    expect(apiVersion).toBe('external-secrets.io/v1');
    expect(metadata.name).toBe('orders-db');
    expect(spec).toEqual({
      refreshInterval: '3600s',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name: 'orders-db', creationPolicy: 'Owner', deletionPolicy: 'Retain' },
      data: [
        { secretKey: 'ca', remoteRef: { key: 'shop/ca', version: '3' } }, { secretKey: 'password', remoteRef: { key: 'shop/orders/db', property: 'password' } },
      ],
    });
  });

  test('may be extracted from one of the namespace\'s own store', () => {
    expect(externalSecret({ store: SecretStore.ofNamespace('vault'), extract: [RemoteSecret.of('shop/orders')] }).spec).toMatchObject({
      secretStoreRef: { kind: 'SecretStore' }, dataFrom: [{ extract: { key: 'shop/orders' } }],
    });
  });

  test('may be one by which images are pulled, that the store has as a whole', () => {
    const { target, data } = externalSecret({ type: ExternalSecretType.imagePull(), data: { '.dockerconfigjson': RemoteSecret.of('shop/registry') } }).spec;

    // Without data in the template the operator takes that of the store
    expect(target).toEqual({ name: 'orders-db', creationPolicy: 'Owner', deletionPolicy: 'Retain', template: { type: 'kubernetes.io/dockerconfigjson' } });
    expect(data).toEqual([{ secretKey: '.dockerconfigjson', remoteRef: { key: 'shop/registry' } }]);
  });

  test.each([
    ['words', 'robot$ci', 'token'],
    ['what JSON writes otherwise', 'a"b', 'p\\w"\n<{{ x }}>'],
  ])('may be one by which images are pulled, made of name and password: %s', (_, username, password) => {
    const { template } = externalSecret({
      type: ExternalSecretType.registryLogin('registry.example:5000/acme'),
      data: { username: RemoteSecret.of('shop/registry', { property: 'user' }), password: RemoteSecret.of('shop/registry', { property: 'token' }) },
    }).spec.target;
    const { '.dockerconfigjson': text, ...others } = template.data;
    // What the operator's functions do, as those of sprig of the same name
    const functions: { [call: string]: string } = {
      '{{ .username | toJson }}': JSON.stringify(username),
      '{{ .password | toJson }}': JSON.stringify(password),
      '{{ printf "%s:%s" .username .password | b64enc }}': Buffer.from(`${username}:${password}`).toString('base64'),
    };

    expect(template.type).toBe('kubernetes.io/dockerconfigjson');
    expect(others).toEqual({});
    expect(JSON.parse(text.replace(/\{\{.*?\}\}/g, (call: string) => functions[call]))).toEqual({
      auths: { 'registry.example:5000/acme': { username, password, auth: functions['{{ printf "%s:%s" .username .password | b64enc }}'] } },
    });
  });

  test('may be a certificate, with its signers or without', () => {
    const own = { 'tls.crt': RemoteSecret.of('bank/crt'), 'tls.key': RemoteSecret.of('bank/key') };
    const keysOf = (data: { [key: string]: RemoteSecret }) => {
      const { spec } = externalSecret({ type: ExternalSecretType.tls(), data });
      expect(spec.target.template).toEqual({ type: 'kubernetes.io/tls' });
      return spec.data.map(({ secretKey }: any) => secretKey);
    };

    expect(keysOf(own)).toEqual(['tls.crt', 'tls.key']);
    expect(keysOf({ ...own, 'ca.crt': RemoteSecret.of('bank/ca') })).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  });

  test.each([
    ['images', ExternalSecretType.imagePull()], ['a registry', ExternalSecretType.registryLogin('ghcr.io')], ['TLS', ExternalSecretType.tls()],
  ])('for %s may be extracted, whose keys only the store knows', (_, type) => {
    expect(externalSecret({ type, extract: [RemoteSecret.of('shop/any')] }).spec.dataFrom).toEqual([{ extract: { key: 'shop/any' } }]);
  });

  test('gives its name to pods that pull by it', () => {
    const world = new World();
    const data = { '.dockerconfigjson': RemoteSecret.of('shop/registry') };
    const { secretName } = new ExternalSecret(world.shop, 'registry', { store: SecretStore.ofCluster('vault'), type: ExternalSecretType.imagePull(), data });
    world.service('orders', { imagePullSecrets: [secretName] });

    expect(podOf(synthesize(world.shop)).spec.imagePullSecrets).toEqual([{ name: 'registry' }]);
  });

  function externalSecret(props: Partial<ExternalSecretProps>): Manifest {
    const world = new World();
    const secret = new ExternalSecret(world.shop, 'db', { name: 'orders-db', store: SecretStore.ofCluster('vault'), ...props });
    return find(synthesize(world.shop), 'ExternalSecret', secret.secretName);
  }
});

describe('the pods of every version', () => {
  test('have the same configuration, whatever is patched', () => {
    const world = new World();
    const orders = world.service('orders', {
      configuration: [
        FILES,
        Configuration.variables({ A: 'a' }),
        Configuration.files('/etc/flags', { b: 'b' }, { updates: LIVE, reload: Reload.request('POST', '/') }),
      ],
    });
    world.release(orders);
    ApiObject.of(orders.deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/priorityClassName', 'high'));
    const manifests = synthesize(world.shop);
    const of = (deployment: string) => {
      const { spec, container } = podOf(manifests, deployment);
      return { volumes: spec.volumes, watchers: spec.initContainers, mounts: container.volumeMounts, from: container.envFrom };
    };

    expect(of('orders').from).toHaveLength(1);
    expect(of('orders-v2')).toEqual(of('orders'));
    expect(mapsOf(manifests)).toHaveLength(3);
  });
});

describe('jobs', () => {
  test('are configured as services are', () => {
    const world = new World();
    new MeshJob(world.shop, 'migrate', { image: 'migrate:1', configuration: [FILES] });
    new MeshCronJob(world.shop, 'report', { image: 'report:1', schedule: Cron.daily(), configuration: [FILES] });
    const manifests = synthesize(world.shop);
    const mounted = [find(manifests, 'Job', 'migrate').spec.template, find(manifests, 'CronJob', 'report').spec.jobTemplate.spec.template]
      .map(({ spec }) => spec.volumes.find(({ configMap }: any) => configMap).configMap.name);

    expect(mounted).toEqual([expect.stringMatching(/^migrate-config-/), expect.stringMatching(/^report-config-/)]);
    expect(mapsOf(manifests).map(({ metadata }) => metadata.name)).toEqual(mounted);
  });
});

describe('the content of a file', () => {
  const content = { currency: 'EUR', flags: { express: 'on' }, limits: [1, 2.5], none: null };

  test('may be JSON', () => {
    expect(JSON.parse(ConfigurationFile.json(content))).toEqual(content);
  });

  test('may be YAML, in which texts stay texts', () => {
    expect(ConfigurationFile.yaml(content)).toBe('currency: EUR\nflags:\n  express: "on"\nlimits:\n  - 1\n  - 2.5\nnone: null\n');
  });
});
