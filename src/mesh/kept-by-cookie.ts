import { HttpMatchManifest } from '../manifests/istio-networking';
import { escapeRegex } from '../traffic/path-pattern';
import { AffinityCookie } from '../traffic/session-affinity';

/** By what those are known who were given a version. */
export interface KeptByCookie {
  /** The cookie's name. */
  readonly name: string;
  /** What the version's answers set. */
  readonly setCookie: string;
  /** Of the requests that bear it. */
  readonly match: HttpMatchManifest;
}

export function keptByCookie({ name, maxAgeSeconds }: AffinityCookie, value: string): KeptByCookie {
  return {
    name,
    setCookie: `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly`,
    match: { headers: { cookie: { regex: `(.*;\\s*)?${name}=${escapeRegex(value)}(;.*)?` } } },
  };
}
