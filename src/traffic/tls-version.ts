import { registerEnums } from '../diagnostics/type-fit';

/**
 * A version of TLS.
 */
export enum TlsVersion {
  /**
   * TLS 1.2.
   */
  V1_2 = 'TLSV1_2',

  /**
   * TLS 1.3.
   */
  V1_3 = 'TLSV1_3',
}

registerEnums({ TlsVersion });
