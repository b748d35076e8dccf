import { CaCertificates, pathOf, PROXY_FILES, ProxyFile } from './ca-certificates';
import { checked } from '../diagnostics/checked';
import { checkDnsName, checkHostname, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { ClientTlsManifest } from '../manifests/istio-networking';

/**
 * Options for `TlsOrigination`.
 */
export interface TlsOriginationOptions {
  /**
   * The name that the proxy asks the server for.
   *
   * Istio: `ClientTLSSettings.sni`.
   *
   * @default - the host of the external service
   */
  readonly sni?: string;

  /**
   * The names of which the server's certificate has to bear one, at least one.
   *
   * Istio: `ClientTLSSettings.subjectAltNames`.
   *
   * @default - the name that the proxy asks for
   */
  readonly subjectAltNames?: string[];

  /**
   * The authorities of which one has to have signed the server's certificate.
   *
   * Istio: `ClientTLSSettings.caCertificates`.
   *
   * @default - CaCertificates.system(): those of the proxy's operating system
   */
  readonly caCertificates?: CaCertificates;
}

/**
 * TLS that the caller's proxy speaks to something outside the mesh, for a program that speaks plain HTTP or TCP. Over HTTP the proxy
 * so sees the requests: what a call says of methods, paths, timeouts and retries holds. Of what is reached `through` an EgressGateway it is the
 * gateway that speaks it, and whose namespace has the Secrets and ConfigMaps.
 *
 * The server's certificate is always verified, its signer and its name.
 *
 * Istio: `DestinationRule.trafficPolicy.portLevelSettings.tls`.
 *
 * @see https://istio.io/latest/docs/tasks/traffic-management/egress/egress-tls-origination/
 */
@checked
export class TlsOrigination {
  /**
   * TLS in which the server alone says who it is.
   *
   * Istio: `ClientTLSSettings.mode: SIMPLE`.
   *
   * @example
   * MeshPort.http(80, { tls: TlsOrigination.simple() });
   */
  public static simple(options: TlsOriginationOptions = {}): TlsOrigination {
    return new TlsOrigination(undefined, options);
  }

  /**
   * TLS in which both sides say who they are: the proxy by a certificate that the server knows.
   *
   * The Secret is mounted into the proxies of the callers, not into their programs: it has to be in the namespace of each, or new pods do
   * not start. The field `credentialName` is not used: a proxy beside a program gets it only if the program's ServiceAccount may
   * list all Secrets of its namespace.
   *
   * Istio: `ClientTLSSettings.mode: MUTUAL`, `clientCertificate` and `privateKey`.
   *
   * @param secret the name of a Secret of type `kubernetes.io/tls`, with `tls.crt` and `tls.key`.
   *
   * @example
   * MeshPort.http(80, { tls: TlsOrigination.mutual('bank-client', { caCertificates: CaCertificates.fromSecret('bank-client') }) });
   */
  public static mutual(secret: string, options: TlsOriginationOptions = {}): TlsOrigination {
    return new TlsOrigination(secret, options);
  }

  private constructor(private readonly secret: string | undefined, private readonly options: TlsOriginationOptions) {}

  /**
   * What the callers' proxies have to be given.
   *
   * @internal
   */
  public get _files(): ProxyFile[] {
    const { _file } = this.options.caCertificates ?? CaCertificates.system();
    return [...this.own, ...(_file ? [_file] : [])];
  }

  /**
   * Name and SANs are both said: with a name alone Istio verifies none, and of a TCP connection it knows no host to verify.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/cluster_tls.go, setAutoSniAndAutoSanValidation.
   *
   * @internal
   */
  public _toManifest(site: Site, host: string): ClientTlsManifest {
    const { sni, subjectAltNames, caCertificates = CaCertificates.system() } = this.options;
    if (subjectAltNames) {
      if (subjectAltNames.length === 0) {
        site.in('subjectAltNames').fail('EmptyList', 'must not be empty', subjectAltNames, 'Leave it out for the name that the proxy asks for.');
      }
      subjectAltNames.forEach((name, index) => checkHostname(site.in('subjectAltNames').at(index), name));
      checkUnique(site.in('subjectAltNames'), subjectAltNames, 'DuplicateName', 'Write each name once.');
    }
    if (this.secret !== undefined) {
      checkDnsName(site.in('secret'), this.secret);
    }
    const name = sni === undefined ? host : checkHostname(site.in('sni'), sni);
    const [clientCertificate, privateKey] = this.own.map(file => `${PROXY_FILES}/${pathOf(file)}`);
    return {
      mode: this.secret === undefined ? 'SIMPLE' : 'MUTUAL',
      clientCertificate,
      privateKey,
      caCertificates: caCertificates._toManifest(site.in('caCertificates')),
      sni: name,
      subjectAltNames: subjectAltNames ?? [name],
    };
  }

  private get own(): ProxyFile[] {
    const { secret } = this;
    return secret === undefined ? [] : ['tls.crt', 'tls.key'].map(key => ({ kind: 'secret', name: secret, key }));
  }
}
