import { checked } from '../diagnostics/checked';
import { checkDnsName } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * The certificate and key by which a server of a gateway says who it is.
 *
 * Istio: `ServerTLSSettings.credentialName`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings
 */
@checked
export class ServerCertificate {
  /**
   * Those in a Secret of the gateway's namespace: of type `kubernetes.io/tls`, with `tls.crt` and `tls.key`, and with `ca.crt` where clients have to
   * show a certificate. istiod hands it to the gateway and follows its changes: no pod is replaced.
   *
   * @param name of the Secret.
   *
   * @example
   * GatewayServer.https(['shop.example.com'], { certificate: ServerCertificate.fromSecret('shop-tls') });
   */
  public static fromSecret(name: string): ServerCertificate {
    return new ServerCertificate(name);
  }

  private constructor(private readonly secret: string) {}

  /** @internal */
  public _credentialName(site: Site): string {
    return checkDnsName(site, this.secret);
  }
}
