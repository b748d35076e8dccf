import { RedirectManifest } from '../manifests/istio-networking';

/** Where a client connects to, and whether by TLS. */
export interface Connected {
  readonly port: number;
  readonly secure: boolean;
}

/** Where a redirect sends a client that is connected: another name or scheme has the port that is the scheme's own, unless one is said. */
export function redirectedTo({ authority, scheme, port }: RedirectManifest, from: Connected): Connected {
  const secure = scheme ? scheme === 'https' : from.secure;
  const own = authority || scheme ? secure ? 443 : 80 : from.port;
  return { secure, port: port ?? own };
}
