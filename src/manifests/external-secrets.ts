import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

export interface RemoteReferenceManifest {
  key: string;
  property?: string;
  version?: string;
}

export interface StoreReferenceManifest {
  kind: string;
  name: string;
}

export interface SecretTemplateManifest {
  type: string;
  data?: { [key: string]: string };
}

/** @see https://external-secrets.io/latest/api/externalsecret/ */
export interface ExternalSecretSpec {
  refreshInterval: string;
  secretStoreRef: StoreReferenceManifest;
  target: { name: string; creationPolicy: string; deletionPolicy: string; template?: SecretTemplateManifest };
  data?: { secretKey: string; remoteRef: RemoteReferenceManifest }[];
  dataFrom?: { extract: RemoteReferenceManifest }[];
}

export function externalSecret(scope: Construct, id: string, head: Head, spec: ExternalSecretSpec): ApiObject {
  return emit(scope, id, 'external-secrets.io/v1', 'ExternalSecret', head, spec);
}
