import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { SecretTemplateManifest } from '../manifests/external-secrets';

const PULL = 'kubernetes.io/dockerconfigjson';
const PULL_KEY = '.dockerconfigjson';

/** A type of Secret, and the keys that it is made of. */
interface Shape {
  readonly type: string;
  readonly required: string[];
  readonly optional?: string[];
  /** What is made of the values, where they are not the Secret's own. */
  readonly data?: { [key: string]: string };
  readonly check?: (site: Site) => void;
}

/**
 * What an `ExternalSecret` becomes a Secret of, where something asks for another type than Opaque. Kubernetes lets nobody change the type of a
 * Secret that is there: give the ExternalSecret another name, or delete its Secret.
 *
 * External Secrets: `target.template`.
 *
 * @see https://external-secrets.io/latest/guides/common-k8s-secret-types/
 * @see https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
 */
@checked
export class ExternalSecretType {
  /**
   * For `imagePullSecrets`, where the store has the whole of Docker's `config.json`: its key is `.dockerconfigjson`.
   *
   * Kubernetes: the type `kubernetes.io/dockerconfigjson`.
   *
   * @example
   * const registry = new ExternalSecret(chart, 'registry', {
   *   store: SecretStore.ofCluster('vault'),
   *   type: ExternalSecretType.imagePull(),
   *   data: { '.dockerconfigjson': RemoteSecret.of('shop/registry', { property: 'config' }) },
   * });
   * new MeshService(chart, 'orders', { image: 'ghcr.io/acme/orders:1.4.2', ports: [MeshPort.http(8080)], imagePullSecrets: [registry.secretName] });
   */
  public static imagePull(): ExternalSecretType {
    return new ExternalSecretType({ type: PULL, required: [PULL_KEY] });
  }

  /**
   * For `imagePullSecrets`, where the store has a name and a password (or token): its keys are `username` and `password`. They are in the Secret
   * as part of its `.dockerconfigjson` alone.
   *
   * Throws `InvalidHost`, when a construct is given it.
   *
   * Kubernetes: the type `kubernetes.io/dockerconfigjson`. External Secrets: `target.template.data`, of the engine v2.
   *
   * @param registry where the images are, as they say it: `ghcr.io`, with a port or the begin of a path if need be. Docker Hub is `docker.io`.
   *
   * @example
   * new ExternalSecret(chart, 'registry', {
   *   store: SecretStore.ofCluster('vault'),
   *   type: ExternalSecretType.registryLogin('ghcr.io'),
   *   extract: [RemoteSecret.of('shop/registry')],
   * });
   */
  public static registryLogin(registry: string): ExternalSecretType {
    // A password may have quotes: toJson writes them as JSON does, b64enc has none
    const login = '"username":{{ .username | toJson }},"password":{{ .password | toJson }},"auth":"{{ printf "%s:%s" .username .password | b64enc }}"';
    return new ExternalSecretType({
      type: PULL,
      required: ['username', 'password'],
      data: { [PULL_KEY]: `{"auths":{"${registry}":{${login}}}}` },
      check: (site) => {
        // Upstream: kubernetes/kubernetes pkg/credentialprovider/keyring.go, URLsMatch
        if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(\/[a-z0-9._-]+)*$/.test(registry)) {
          site.in('registry').fail('InvalidHost', 'must be the host of a registry', registry, 'Write what images begin with, without https:// and a slash at its end: ghcr.io, or registry.example:5000/acme.');
        }
      },
    });
  }

  /**
   * A certificate and its key, for `TlsOrigination.mutual`, `Configuration.secret` or a gateway: its keys are `tls.crt` and `tls.key`, and if you
   * like `ca.crt`, the certificates of its signers. All of them are PEM.
   *
   * Kubernetes: the type `kubernetes.io/tls`.
   *
   * @example
   * const client = new ExternalSecret(chart, 'bank-client', {
   *   store: SecretStore.ofCluster('vault'),
   *   type: ExternalSecretType.tls(),
   *   data: {
   *     'tls.crt': RemoteSecret.of('shop/bank', { property: 'certificate' }),
   *     'tls.key': RemoteSecret.of('shop/bank', { property: 'key' }),
   *   },
   * });
   * MeshPort.http(80, { tls: TlsOrigination.mutual(client.secretName) });
   */
  public static tls(): ExternalSecretType {
    return new ExternalSecretType({ type: 'kubernetes.io/tls', required: ['tls.crt', 'tls.key'], optional: ['ca.crt'] });
  }

  private constructor(private readonly shape: Shape) {}

  /**
   * @param data where the keys are named.
   * @param extracted whether the store brings keys of its own, which only it knows.
   *
   * @internal
   */
  public _check(site: Site, data: Site, keys: string[], extracted: boolean): void {
    const { required, optional = [], check } = this.shape;
    check?.(site);
    const known = [...required, ...optional];
    const fix = `Write ${required.join(' and ')}${optional.map(key => `, and if you like ${key}`).join('')}.`;
    keys.filter(key => !known.includes(key)).forEach(key => data.in(key).fail('InvalidConfiguration', `must be ${known.join(' or ')} in a Secret of this type`, key, fix));
    if (!extracted) {
      required.filter(key => !keys.includes(key)).forEach(key => data.in(key).fail('MissingProperty', 'must be given for a Secret of this type', undefined, fix));
    }
  }

  /** @internal */
  public _toManifest(): SecretTemplateManifest {
    const { type, data } = this.shape;
    return { type, data };
  }
}
