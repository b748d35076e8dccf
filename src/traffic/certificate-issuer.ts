import { checked } from '../diagnostics/checked';
import { checkDnsName } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { IssuerReferenceManifest } from '../manifests/cert-manager';

const GROUP = 'cert-manager.io';

/**
 * Who signs certificates: an issuer of cert-manager, which has to be installed in the cluster.
 *
 * cert-manager: `Certificate.spec.issuerRef`.
 *
 * @see https://cert-manager.io/docs/concepts/issuer/
 */
@checked
export class CertificateIssuer {
  /**
   * One for the whole cluster.
   *
   * @param name of the ClusterIssuer.
   *
   * @example
   * CertificateIssuer.clusterIssuer('letsencrypt');
   */
  public static clusterIssuer(name: string): CertificateIssuer {
    return new CertificateIssuer('ClusterIssuer', name, GROUP);
  }

  /**
   * One of the namespace in which the gateway's pods are.
   *
   * @param name of the Issuer.
   *
   * @example
   * CertificateIssuer.issuer('company-ca');
   */
  public static issuer(name: string): CertificateIssuer {
    return new CertificateIssuer('Issuer', name, GROUP);
  }

  /**
   * One of a kind that a controller beside cert-manager's own knows.
   *
   * @param group of the kind's API, without version.
   * @param kind of the issuer.
   * @param name of the issuer.
   *
   * @example
   * CertificateIssuer.external('awspca.cert-manager.io', 'AWSPCAClusterIssuer', 'company-ca');
   */
  public static external(group: string, kind: string, name: string): CertificateIssuer {
    return new CertificateIssuer(kind, name, group);
  }

  private constructor(private readonly kind: string, private readonly name: string, private readonly group: string) {}

  /** @internal */
  public _toManifest(site: Site): IssuerReferenceManifest {
    if (!/^[A-Z][A-Za-z0-9]{0,62}$/.test(this.kind)) {
      site.in('kind').fail('InvalidName', 'must be the name of a kind', this.kind, 'Write it as it stands in the issuer\'s manifest: AWSPCAClusterIssuer.');
    }
    return { group: checkDnsName(site.in('group'), this.group), kind: this.kind, name: checkDnsName(site.in('name'), this.name) };
  }
}
