import { Duration } from 'cdk8s';
import { ANY_HOST } from './any-host';
import { CertificateIssuer } from './certificate-issuer';
import { checked } from '../diagnostics/checked';
import { checkDnsName, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { CertificateSpec } from '../manifests/cert-manager';

/** What cert-manager has where nothing is said, and the least that it takes (pkg/apis/certmanager/v1/const.go). */
const DEFAULT_DURATION = Duration.days(90);
const MINIMUM_DURATION = Duration.hours(1);
const MINIMUM_RENEW_BEFORE = Duration.minutes(5);

/**
 * Options for `ServerCertificate.fromCertManager`.
 */
export interface CertManagerOptions {
  /**
   * Who signs it. A public one signs nothing that is valid for a name with a wildcard unless it is asked over DNS (ACME's `dns01`).
   *
   * cert-manager: `Certificate.spec.issuerRef`.
   */
  readonly issuer: CertificateIssuer;

  /**
   * How long it is valid; at least an hour, in whole seconds. An issuer may give less.
   *
   * cert-manager: `Certificate.spec.duration`.
   *
   * @default - 90 days
   */
  readonly duration?: Duration;

  /**
   * How long before its end another one is asked for; at least 5 minutes, and less than `duration`, in whole seconds.
   *
   * cert-manager: `Certificate.spec.renewBefore`.
   *
   * @default - a third of the time for which it is valid
   */
  readonly renewBefore?: Duration;
}

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
   * Those in a Secret of the namespace of the gateway's pods: of type `kubernetes.io/tls`, with `tls.crt` and `tls.key`, and with `ca.crt` where clients have to
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

  /**
   * Those that cert-manager, which has to be installed in the cluster, asks an issuer for and renews: for all hosts of the gateway's servers that have this
   * certificate, with a new key each time. Until the Secret is there, the servers refuse every handshake.
   *
   * cert-manager: Certificate of cert-manager.io/v1, in the namespace of the gateway's pods.
   *
   * @param name of the Certificate, and of the Secret that it becomes.
   *
   * @see https://cert-manager.io/docs/usage/certificate/
   *
   * @example
   * GatewayServer.https(['shop.example.com', 'api.example.com'], {
   *   certificate: ServerCertificate.fromCertManager('shop-tls', { issuer: CertificateIssuer.clusterIssuer('letsencrypt') }),
   * });
   */
  public static fromCertManager(name: string, options: CertManagerOptions): ServerCertificate {
    return new ServerCertificate(name, options);
  }

  private constructor(private readonly secret: string, private readonly wanted?: CertManagerOptions) {}

  /** @internal */
  public _credentialName(site: Site): string {
    return checkDnsName(site, this.secret);
  }

  /** @internal */
  public _check(site: Site, hosts: string[]): void {
    if (this._toManifest(site, []) && hosts.includes(ANY_HOST)) {
      site.fail('InvalidHost', 'cannot be issued for every name there is', ANY_HOST, 'Name the hosts, or bring a certificate: ServerCertificate.fromSecret().');
    }
    this._credentialName(site);
  }

  /**
   * What cert-manager is to do, if it is to do anything.
   *
   * @internal
   */
  public _toManifest(site: Site, dnsNames: string[]): CertificateSpec | undefined {
    const { secret: secretName, wanted } = this;
    return wanted && {
      secretName,
      dnsNames,
      issuerRef: wanted.issuer._toManifest(site.in('issuer')),
      ...lifetime(site, wanted),
      usages: ['digital signature', 'key encipherment', 'server auth'],
      privateKey: { rotationPolicy: 'Always' },
    };
  }
}

/** cert-manager's webhook refuses the same (internal/apis/certmanager/validation/certificate.go, ValidateDuration). */
function lifetime(site: Site, { duration, renewBefore }: CertManagerOptions) {
  const valid = secondsOf(site.in('duration'), duration ?? DEFAULT_DURATION, MINIMUM_DURATION);
  if (renewBefore && secondsOf(site.in('renewBefore'), renewBefore, MINIMUM_RENEW_BEFORE) >= valid) {
    site.in('renewBefore').fail('InvalidDuration', 'must be less than the time for which the certificate is valid', renewBefore.toHumanString(),
      `Renew it less than ${(duration ?? DEFAULT_DURATION).toHumanString()} before its end, or let it be valid for longer.`);
  }
  return { duration: duration && written(duration), renewBefore: renewBefore && written(renewBefore) };
}

function secondsOf(site: Site, value: Duration, least: Duration): number {
  return checkInteger(site, value.toSeconds({ integral: false }), least.toSeconds(), 10 * 365 * 86_400, 'InvalidDuration',
    `Write whole seconds, from ${least.toHumanString()} to ten years.`);
}

/** As Go writes it, whose units end at hours. */
function written(value: Duration): string {
  const seconds = value.toSeconds();
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds}s`;
}
