import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

export interface IssuerReferenceManifest {
  group: string;
  kind: string;
  name: string;
}

/** @see https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.CertificateSpec */
export interface CertificateSpec {
  secretName: string;
  dnsNames: string[];
  issuerRef: IssuerReferenceManifest;
  duration?: string;
  renewBefore?: string;
  usages: string[];
  privateKey: { rotationPolicy: string };
}

export function certificate(scope: Construct, id: string, head: Head, spec: CertificateSpec): ApiObject {
  return emit(scope, id, 'cert-manager.io/v1', 'Certificate', head, spec);
}
