import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Configuration, ConfigurationFile, ConfigurationUpdates, ExternalSecret, ExternalSecretProps, ExternalSecretType, MeshJob, MeshPort,
  MeshServiceProps, PodException, Reload, RemoteSecret, SecretStore,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const { LIVE } = ConfigurationUpdates;
const TEXT = { 'orders.yaml': 'currency: EUR\n' };
const files = (path = '/etc/orders', data: { [name: string]: string } = TEXT) => Configuration.files(path, data);
const reloaded = (reload: Reload, updates?: ConfigurationUpdates) => Configuration.files('/etc/flags', TEXT, { updates, reload });
const RELOAD = Reload.request('POST', '/-/reload');
const signalled = (program: string, signal = 'HUP', image?: string) => reloaded(Reload.signal(signal, { program, image }), LIVE);
const SHARED = { exceptions: [PodException.sharedProcesses()] };

/** `props` beside the value that is wrong. */
type Row<T> = [mistake: string, value: T, code: ErrorCode, property: string, received: string, fix: string, props?: Partial<MeshServiceProps>];

export const wrongConfiguration: WrongInput[] = [
  ...([
    ['files in a relative directory', [files('etc/orders')], 'InvalidPath', '[0].path', '"etc/orders"', 'from the root'],
    ['files in a directory above', [files('/etc/..')], 'InvalidPath', '[0].path', '"/etc/.."', 'from the root'],
    ['files in place of those of the system', [files('/etc')], 'InvalidPath', '[0].path', '"/etc"', 'would hide'],
    ['no files', [files('/etc/orders', {})], 'EmptyList', '[0].files', '{}', 'nothing to say'],
    ['a file in a directory of its own', [files('/etc/orders', { 'conf.d/a.yaml': '' })], 'InvalidConfiguration', '[0].files.conf.d/a.yaml', '"conf.d/a.yaml"', 'a Configuration of its own'],
    ['a file with the name of the directory above', [files('/etc/orders', { '..': '' })], 'InvalidConfiguration', '[0].files...', '".."', 'a file alone'],
    ['files of more than a mebibyte', [files('/etc/orders', { a: 'é'.repeat(2 ** 19), b: '!' })], 'InvalidConfiguration', '[0].files', '"1048577 bytes"', 'into a volume'],
    ['files of two Configurations in one directory', [files(), files()], 'InvalidPath', '[1]', '"/etc/orders"', 'into one Configuration'],
    ['files where the program writes', [files('/var/cache/orders')], 'InvalidPath', '[0]', '"/var/cache/orders"', 'writablePaths', { writablePaths: ['/var/cache/orders'] }],
    ['a reload of files that never change', [reloaded(RELOAD)], 'InvalidConfiguration', '[0].reload', '"a Reload"', 'ConfigurationUpdates.LIVE'],
    ['a reload by a method in small letters', [reloaded(Reload.request('post', '/'), LIVE)], 'InvalidMethod', '[0].reload.method', '"post"', 'in capitals'],
    ['a reload at a path that is none', [reloaded(Reload.request('POST', 'reload'), LIVE)], 'InvalidPath', '[0].reload.path', '"reload"', '/-/reload'],
    ['a reload on port 0', [reloaded(Reload.request('POST', '/', { port: 0 }), LIVE)], 'InvalidPort', '[0].reload.port', '0', 'listens'],
    ['a reload that is to fail', [reloaded(Reload.request('POST', '/', { status: 500 }), LIVE)], 'InvalidConfiguration', '[0].reload.status', '500', '204'],
    ['a reload that is led elsewhere', [reloaded(Reload.request('POST', '/', { status: 300 }), LIVE)], 'InvalidConfiguration', '[0].reload.status', '300', '204'],
    ['a reload by latest', [reloaded(Reload.request('POST', '/', { image: 'reload:latest' }), LIVE)], 'UnpinnedImage', '[0].reload.image', '"reload:latest"', 'Add a tag'],
    ['a reload of a gRPC server at no port of its own', [reloaded(RELOAD, LIVE)], 'InvalidConfiguration', '[0].reload.port', 'undefined', 'port: 9090', { ports: [MeshPort.grpc(50051)] }],
    ['a reload by a signal, of files that never change', [reloaded(Reload.signal('HUP', { program: 'nginx' }))], 'InvalidConfiguration', '[0].reload', '"a Reload"', 'ConfigurationUpdates.LIVE', SHARED],
    ['a reload by a signal in pods that share no processes', [signalled('nginx')], 'InvalidException', '[0].reload', '"Reload.signal"', 'PodException.sharedProcesses()'],
    ['a reload by the signal that ends a program', [signalled('nginx', 'TERM')], 'InvalidConfiguration', '[0].reload.signal', '"TERM"', 'HUP', SHARED],
    ['a reload by a signal with SIG', [signalled('nginx', 'SIGHUP')], 'InvalidConfiguration', '[0].reload.signal', '"SIGHUP"', 'without SIG', SHARED],
    ['a signal to a path', [signalled('/usr/sbin/nginx')], 'InvalidConfiguration', '[0].reload.program', '"/usr/sbin/nginx"', 'without directory', SHARED],
    ['a signal to nothing', [signalled('')], 'InvalidConfiguration', '[0].reload.program', '""', 'without directory', SHARED],
    ['a signal to a name that Linux cuts', [signalled('alertmanager-ng2')], 'InvalidConfiguration', '[0].reload.program', '"alertmanager-ng2"', 'write alertmanager-ng.', SHARED],
    ['a signal to the watcher itself', [signalled('sh')], 'InvalidConfiguration', '[0].reload.program', '"sh"', 'another name', SHARED],
    ...['sleep', 'readlink', 'pgrep', 'pause', 'pilot-agent'].map((program): Row<Configuration[]> => (
      [`a signal to what runs in every such pod, ${program}`, [signalled(program)], 'InvalidConfiguration', '[0].reload.program', `"${program}"`, 'another name', SHARED])),
    ['a signal to the mesh\'s proxy', [signalled('envoy')], 'InvalidConfiguration', '[0].reload.program', '"envoy"', 'another name', SHARED],
    ['a reload by a signal from latest', [signalled('nginx', 'HUP', 'busybox:latest')], 'UnpinnedImage', '[0].reload.image', '"busybox:latest"', 'Add a tag', SHARED],
    ['files in two directories that make one name', ['/etc/a-b', '/etc/a_b'].map(path => Configuration.files(path, TEXT, { updates: LIVE })), 'DuplicateName', '[1]', '"orders-config-etc-a-b"', 'another name'],
    ['no variables', [Configuration.variables({})], 'EmptyList', '[0].variables', '{}', 'nothing to say'],
    ['a variable with a dash', [Configuration.variables({ 'LOG-LEVEL': 'info' })], 'InvalidVariable', '[0].variables.LOG-LEVEL', '"LOG-LEVEL"', 'LOG_LEVEL'],
    ['a variable that was put together of nothing', [Configuration.variables({ LOG_LEVEL: `${undefined}` })], 'UnsetValue', '[0].variables.LOG_LEVEL', '"undefined"', 'put together'],
    ['variables of more than a mebibyte', [Configuration.variables({ A: 'a'.repeat(2 ** 20 + 1) })], 'InvalidConfiguration', '[0].variables', '"1048577 bytes"', 'into a volume'],
    ['a variable of two Configurations', [Configuration.variables({ A: '1' }), Configuration.secret('db', { variables: { A: 'a' } })], 'InvalidVariable', '[1]', '"A"', 'hide the other'],
    ['a variable that env has too', [Configuration.variables({ A: '1' })], 'InvalidVariable', '[0]', '"A"', 'in env', { env: { A: kplus.EnvValue.fromValue('2') } }],
    ['a Secret with a name in capitals', [Configuration.secret('DB', { mountPath: '/etc/db' })], 'InvalidName', '[0].name', '"DB"', 'lower case'],
    ['a Secret for nothing', [Configuration.secret('db', {})], 'EmptyList', '[0]', '"db"', 'mountPath'],
    ['a Secret in place of the system', [Configuration.secret('db', { mountPath: '/run' })], 'InvalidPath', '[0].mountPath', '"/run"', 'would hide'],
    ['a Secret whose key is none', [Configuration.secret('db', { variables: { A: 'a/b' } })], 'InvalidConfiguration', '[0].variables.A', '"a/b"', 'a file alone'],
  ] as Row<Configuration[]>[]).map(([mistake, configuration, code, property, received, fix, props]): WrongInput => ({
    mistake, make: world => world.service('orders', { configuration, ...props }), code, path: 'shop/orders', property: `configuration${property}`, received, fix: [fix],
  })),
  {
    mistake: 'a reload of a job at no port',
    make: world => new MeshJob(world.shop, 'import', { image: 'import:1', configuration: [reloaded(RELOAD, LIVE)] }),
    code: 'InvalidConfiguration',
    path: 'shop/import',
    property: 'configuration[0].reload.port',
    received: 'undefined',
    fix: ['port: 9090'],
  },
  {
    mistake: 'a reload by a signal of a job that shares no processes',
    make: world => new MeshJob(world.shop, 'import', { image: 'import:1', configuration: [signalled('import')] }),
    code: 'InvalidException',
    path: 'shop/import',
    property: 'configuration[0].reload',
    received: '"Reload.signal"',
    fix: ['PodException.sharedProcesses()'],
  },
  {
    mistake: 'a variable that a call sets too',
    make: (world) => {
      world.service('frontend', { configuration: [Configuration.variables({ ORDERS_ADDR: 'x' })] }).calls(world.service('orders'), { addressVariable: 'ORDERS_ADDR' });
      world.synth();
    },
    code: 'InvalidVariable',
    path: 'shop/frontend',
    property: 'configuration[0]',
    received: '"ORDERS_ADDR"',
    fix: ['another addressVariable'],
  },
  ...([
    ['a value that is not set', { a: [1, undefined] }, 'a[1]', 'undefined'],
    ['a number that is none', { a: NaN }, 'a', 'NaN'],
    ['a function', { a: Math.max }, 'a', 'the function max'],
    ['an object of a class', { a: new Date(0) }, 'a', 'a Date'],
    ['a map within itself', circle(), 'a.a', '"a circle"'],
    ['nothing at all', undefined, '', 'undefined'],
  ] as [string, unknown, string, string][]).flatMap(([mistake, content, place, received]) => (['json', 'yaml'] as const).map((format): WrongInput => ({
    mistake: `${mistake}, as ${format}`,
    make: () => ConfigurationFile[format](content),
    code: 'InvalidConfiguration',
    path: `ConfigurationFile.${format}`,
    property: ['content', place].filter(Boolean).join('.'),
    received,
    fix: ['Leave it out'],
  }))),
  ...([
    ['an ExternalSecret of nothing', { data: {} }, 'EmptyList', 'data', '{}', 'RemoteSecret.of('],
    ['an ExternalSecret with a key that is none', { data: { 'a/b': RemoteSecret.of('a') } }, 'InvalidConfiguration', 'data.a/b', '"a/b"', 'key of a Secret'],
    ['an ExternalSecret that is never asked', { refreshInterval: Duration.seconds(0) }, 'InvalidDuration', 'refreshInterval', '0', 'from 1'],
    ['an ExternalSecret with a name in capitals', { name: 'DB' }, 'InvalidName', 'name', '"DB"', 'lower case'],
    ['a store with a name in capitals', { store: SecretStore.ofNamespace('Vault') }, 'InvalidName', 'store.name', '"Vault"', 'lower case'],
    ['a secret of the store without a name', { data: { a: RemoteSecret.of('') } }, 'InvalidConfiguration', 'data.a.key', '""', 'in the store'],
    ['a secret of a stage that is not set', { extract: [RemoteSecret.of(`${undefined}/db`)] }, 'UnsetValue', 'extract[0].key', '"undefined/db"', 'put together'],
    ['a pull secret with the key of another type', { type: ExternalSecretType.imagePull(), data: { config: RemoteSecret.of('a') } }, 'InvalidConfiguration', 'data.config', '"config"', 'Write .dockerconfigjson.'],
    ['a registry without a password', { type: ExternalSecretType.registryLogin('ghcr.io'), data: { username: RemoteSecret.of('a') } }, 'MissingProperty', 'data.password', 'undefined', 'username and password'],
    ['a registry with a key that nobody reads', { type: ExternalSecretType.registryLogin('ghcr.io'), data: { email: RemoteSecret.of('a') }, extract: [RemoteSecret.of('b')] }, 'InvalidConfiguration', 'data.email', '"email"', 'username and password'],
    ['a registry by its URL', { type: ExternalSecretType.registryLogin('https://ghcr.io/') }, 'InvalidHost', 'type.registry', '"https://ghcr.io/"', 'without https://'],
    ['a certificate without its key', { type: ExternalSecretType.tls(), data: { 'tls.crt': RemoteSecret.of('a'), 'ca.crt': RemoteSecret.of('b') } }, 'MissingProperty', 'data.tls.key', 'undefined', 'tls.crt and tls.key, and if you like ca.crt'],
    ['a certificate by the names of files', { type: ExternalSecretType.tls(), data: { 'cert.pem': RemoteSecret.of('a'), 'tls.key': RemoteSecret.of('b') } }, 'InvalidConfiguration', 'data.cert.pem', '"cert.pem"', 'tls.crt and tls.key'],
  ] as Row<Partial<ExternalSecretProps>>[]).map(([mistake, props, code, property, received, fix]): WrongInput => ({
    mistake, make: world => external(world, props), code, path: 'shop/db', property, received, fix: [fix],
  })),
  {
    mistake: 'two ExternalSecrets of one name',
    make: (world) => {
      external(world);
      external(world, { name: 'db' }, 'other');
    },
    code: 'DuplicateName',
    path: 'shop/other',
    property: 'name',
    received: '"db"',
    fix: ['another name'],
  },
];

function circle(): object {
  const map: { a?: object } = {};
  map.a = { a: map };
  return map;
}

function external(world: World, props: Partial<ExternalSecretProps> = {}, id = 'db'): ExternalSecret {
  return new ExternalSecret(world.shop, id, { store: SecretStore.ofCluster('vault'), data: { password: RemoteSecret.of('shop/db') }, ...props });
}
