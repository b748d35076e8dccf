import { checked } from '../diagnostics/checked';
import { checkDnsName } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** A file that the proxy of a caller gets from an object of the caller's namespace. */
export interface ProxyFile {
  readonly kind: 'secret' | 'configMap';
  readonly name: string;
  readonly key: string;
}

/** Where those files are within the proxy, and nowhere in the program. */
export const PROXY_FILES = '/etc/cdk8s-mesh';

/** Below `PROXY_FILES`. Kind, name and key tell the files apart, whoever wants them. */
export function pathOf({ kind, name, key }: ProxyFile): string {
  return `${kind}/${name}/${key}`;
}

export function checkKey(site: Site, key: string): string {
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || ['.', '..'].includes(key)) {
    site.fail('InvalidName', 'must be a key of a Secret or ConfigMap', key, 'Use letters, digits, \'-\', \'_\' and \'.\': ca.crt.');
  }
  return key;
}

/**
 * The authorities by which a proxy knows the server to which it speaks TLS.
 *
 * Istio: `ClientTLSSettings.caCertificates`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings
 */
@checked
export class CaCertificates {
  /**
   * Those of the proxy's operating system: what browsers trust, too.
   *
   * @example
   * TlsOrigination.simple({ caCertificates: CaCertificates.system() });
   */
  public static system(): CaCertificates {
    return new CaCertificates();
  }

  /**
   * Those of a ConfigMap, as trust-manager writes one. It has to be in the namespace of every caller: without it a caller's new pods do
   * not start. What changes in it is followed within minutes.
   *
   * @param name of the ConfigMap.
   * @param key under which the certificates stand, in PEM; by default `ca.crt`.
   *
   * @example
   * TlsOrigination.simple({ caCertificates: CaCertificates.fromConfigMap('corporate-ca') });
   */
  public static fromConfigMap(name: string, key: string = 'ca.crt'): CaCertificates {
    return new CaCertificates({ kind: 'configMap', name, key });
  }

  /**
   * Those of a Secret, as cert-manager writes one. It has to be in the namespace of every caller: without it a caller's new pods do
   * not start. What changes in it is followed within minutes.
   *
   * @param name of the Secret.
   * @param key under which the certificates stand, in PEM; by default `ca.crt`.
   *
   * @example
   * TlsOrigination.mutual('bank-client', { caCertificates: CaCertificates.fromSecret('bank-client') });
   */
  public static fromSecret(name: string, key: string = 'ca.crt'): CaCertificates {
    return new CaCertificates({ kind: 'secret', name, key });
  }

  private constructor(
    /** @internal */
    public readonly _file?: ProxyFile,
  ) {}

  /**
   * `system` said aloud: it is what an absent field means, too, but the analyzer asks for one (IST0129).
   *
   * Upstream: istio/istio pilot/pkg/networking/core/cluster_tls.go, constructUpstreamTLS.
   *
   * @internal
   */
  public _toManifest(site: Site): string {
    if (!this._file) {
      return 'system';
    }
    checkDnsName(site.in('name'), this._file.name);
    checkKey(site.in('key'), this._file.key);
    return `${PROXY_FILES}/${pathOf(this._file)}`;
  }
}
