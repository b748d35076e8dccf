import { ApiObject, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { ExternalSecretType } from './external-secret-type';
import { RemoteSecret } from './remote-secret';
import { SecretStore } from './secret-store';
import { checked } from '../diagnostics/checked';
import { checkDnsName, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { externalSecret } from '../manifests/external-secrets';

/**
 * Properties of `ExternalSecret`.
 */
export interface ExternalSecretProps {
  /**
   * The name of the ExternalSecret and of the Secret that it becomes.
   *
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * Where the values are kept.
   *
   * External Secrets: `secretStoreRef`.
   */
  readonly store: SecretStore;

  /**
   * The keys of the Secret, each with where its value is found in the store. At least one, unless `extract` is given.
   *
   * External Secrets: `data`.
   *
   * @default - none
   */
  readonly data?: { [key: string]: RemoteSecret };

  /**
   * Secrets of the store with several properties, each of which becomes a key.
   *
   * External Secrets: `dataFrom.extract`.
   *
   * @default - none
   */
  readonly extract?: RemoteSecret[];

  /**
   * What kind of Secret it becomes: one by which images are pulled, or a certificate. It says which keys there have to be; those that
   * `extract` brings are only known to the store.
   *
   * External Secrets: `target.template`.
   *
   * @default - Opaque, with any keys
   */
  readonly type?: ExternalSecretType;

  /**
   * How often the store is asked for new values, in whole seconds from 1 to a year.
   *
   * External Secrets: `refreshInterval`.
   *
   * @default - 1 hour
   */
  readonly refreshInterval?: Duration;
}

/**
 * A Secret whose values the External Secrets operator, which has to be installed in the cluster, fetches from a store such as Vault. No value stands
 * in the program or in what it writes.
 *
 * Throws `EmptyList`, `InvalidConfiguration`, `InvalidDuration`, `InvalidName`, `DuplicateName`, `MissingNamespace`, `MissingProperty` and the errors of the values it is given.
 *
 * External Secrets: ExternalSecret of external-secrets.io/v1.
 *
 * @see https://external-secrets.io/latest/api/externalsecret/
 *
 * @example
 * const database = new ExternalSecret(chart, 'orders-db', {
 *   store: SecretStore.ofCluster('vault'),
 *   data: { password: RemoteSecret.of('shop/orders/db', { property: 'password' }) },
 * });
 * new MeshService(chart, 'orders', {
 *   image: 'ghcr.io/acme/orders:1.4.2',
 *   ports: [MeshPort.http(8080)],
 *   configuration: [Configuration.secret(database.secretName, { mountPath: '/etc/orders-db' })],
 * });
 */
@checked
export class ExternalSecret extends Construct {
  /**
   * The name of the Secret, for `Configuration.secret`, `imagePullSecrets` or `TlsOrigination.mutual`.
   */
  public readonly secretName: string;

  /**
   * The ExternalSecret, for JSON patches.
   */
  public readonly apiObject: ApiObject;

  constructor(scope: Construct, id: string, props: ExternalSecretProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const { store, type, data = {}, extract = [], refreshInterval = Duration.hours(1) } = props;
    const name = checkDnsName(at('name'), props.name ?? id);
    const keys = Object.keys(data).sort();
    if (keys.length + extract.length === 0) {
      at('data').fail('EmptyList', 'must name at least one key', data, 'Write data: { password: RemoteSecret.of(\'shop/orders/db\', { property: \'password\' }) }, or extract.');
    }
    keys.filter(key => !/^[-._a-zA-Z0-9]{1,253}$/.test(key)).forEach(key => at('data').in(key).fail(
      'InvalidConfiguration', 'must be named by letters, digits, \'-\', \'_\' and \'.\'', key, 'It names the key of a Secret, and its file: password.'));
    type?._check(at('type'), at('data'), keys, extract.length > 0);
    const seconds = checkInteger(at('refreshInterval'), refreshInterval.toSeconds({ integral: false }), 1, 31_536_000, 'InvalidDuration', 'Write whole seconds, from 1.');
    MeshGraph.of(this).claim(at('name'), ['ExternalSecret', 'Secret'], chartNamespace(this), name, this.node.path);
    this.secretName = name;
    this.apiObject = externalSecret(this, 'external-secret', { name, labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/managed-by': 'cdk8s-mesh' } }, {
      refreshInterval: `${seconds}s`,
      secretStoreRef: store._toManifest(at('store')),
      // The Secret goes with the ExternalSecret, and stays when the store has lost it: pods that run need it
      target: { name, creationPolicy: 'Owner', deletionPolicy: 'Retain', template: type?._toManifest() },
      data: keys.length > 0 ? keys.map(secretKey => ({ secretKey, remoteRef: data[secretKey]._toManifest(at('data').in(secretKey)) })) : undefined,
      dataFrom: extract.length > 0 ? extract.map((remote, index) => ({ extract: remote._toManifest(at('extract').at(index)) })) : undefined,
    });
  }
}
