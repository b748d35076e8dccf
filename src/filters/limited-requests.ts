import { Site } from '../diagnostics/site';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { RouteMatch } from '../traffic/route-match';

/** What a limit may say of requests, where it holds. */
export interface LimitedRequests {
  readonly matches: (site: Site, matches: RouteMatch[]) => HttpMatchManifest[];
  /** Whether the proxy knows by which scheme a client has asked. */
  readonly seesScheme: boolean;
  /** These fail where it cannot be known. */
  readonly checkHosts: (site: Site, hosts: string[]) => void;
  readonly checkCaller: (site: Site, received: unknown) => void;
  readonly checkAddress: (site: Site, received: unknown) => void;
  readonly checkParameter: (site: Site, name: string) => void;
}

/** Where nobody knows yet whose requests they are. */
export const ANYWHERE: LimitedRequests = {
  matches: () => [],
  seesScheme: true,
  checkHosts: () => undefined,
  checkCaller: () => undefined,
  checkAddress: () => undefined,
  checkParameter: () => undefined,
};

/** What is said of a query parameter where all requests are of gRPC. */
export const NO_QUERY = 'must not be asked of gRPC, whose requests have no query';
export const BY_HEADER = 'Use a header: what a client says beside its message is metadata.';
