import { checked } from '../diagnostics/checked';
import { checkDnsName } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { StoreReferenceManifest } from '../manifests/external-secrets';

/**
 * Where an `ExternalSecret` finds its values.
 *
 * @see https://external-secrets.io/latest/api/secretstore/
 */
@checked
export class SecretStore {
  /**
   * A SecretStore of the same namespace.
   *
   * Throws `InvalidName`, when a construct is given it.
   *
   * @example
   * SecretStore.ofNamespace('vault');
   */
  public static ofNamespace(name: string): SecretStore {
    return new SecretStore('SecretStore', name);
  }

  /**
   * A ClusterSecretStore, which namespaces share.
   *
   * Throws `InvalidName`, when a construct is given it.
   *
   * @example
   * SecretStore.ofCluster('vault');
   */
  public static ofCluster(name: string): SecretStore {
    return new SecretStore('ClusterSecretStore', name);
  }

  private constructor(private readonly kind: string, private readonly name: string) {}

  /** @internal */
  public _toManifest(site: Site): StoreReferenceManifest {
    return { kind: this.kind, name: checkDnsName(site.in('name'), this.name) };
  }
}
