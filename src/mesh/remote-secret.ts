import { checked } from '../diagnostics/checked';
import { checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { RemoteReferenceManifest } from '../manifests/external-secrets';

/**
 * Options for `RemoteSecret.of`.
 */
export interface RemoteSecretOptions {
  /**
   * Which part of the secret is meant, where it has several.
   *
   * External Secrets: `remoteRef.property`.
   *
   * @default - the whole
   */
  readonly property?: string;

  /**
   * Which version of it is meant.
   *
   * External Secrets: `remoteRef.version`.
   *
   * @default - the latest
   */
  readonly version?: string;
}

/**
 * A secret of a store, by the name that it has there.
 *
 * External Secrets: `remoteRef`.
 */
@checked
export class RemoteSecret {
  /**
   * Throws `InvalidConfiguration` and `UnsetValue`, when a construct is given it.
   *
   * @param key the name in the store: a path in Vault, an ARN in AWS.
   *
   * @example
   * RemoteSecret.of('shop/orders/db', { property: 'password' });
   */
  public static of(key: string, options: RemoteSecretOptions = {}): RemoteSecret {
    return new RemoteSecret(key, options);
  }

  private constructor(private readonly key: string, private readonly options: RemoteSecretOptions) {}

  /** @internal */
  public _toManifest(site: Site): RemoteReferenceManifest {
    const { key, options: { property, version } } = this;
    for (const [name, value] of Object.entries({ key, property, version })) {
      if (value !== undefined && value.trim() === '') {
        site.in(name).fail('InvalidConfiguration', 'must not be empty', value, 'Write the name that it has in the store: shop/orders/db.');
      }
      checkSet(site.in(name), value ?? '');
    }
    return { key, property, version };
  }
}
