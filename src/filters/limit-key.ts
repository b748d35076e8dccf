import { LimitedRequests } from './limited-requests';
import { CALLER } from './request-expression';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { checkHeaderName } from '../traffic/header-name';
import { checkParameterName } from '../traffic/route-match';

/** One entry of a descriptor, as `RateLimit.Action` is written. */
export interface LimitActionManifest {
  extension?: { name: string; typed_config: { '@type': string; 'descriptor_key': string; 'text': string } };
  request_headers?: { header_name: string; descriptor_key: string };
  query_parameters?: { query_parameter_name: string; descriptor_key: string };
  masked_remote_address?: { v4_prefix_mask_len: number; v6_prefix_mask_len: number };
  generic_key?: { descriptor_key: string; descriptor_value: string };
}

/** An entry that an expression of CEL computes. */
export function computed(key: string, text: string): LimitActionManifest {
  return {
    extension: {
      name: 'envoy.rate_limit_descriptors.expr',
      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor', 'descriptor_key': key, text },
    },
  };
}

/** The key under which Envoy says an address: envoyproxy/envoy source/common/router/router_ratelimit.cc, MaskedRemoteAddressAction. */
const ADDRESS = 'masked_remote_address';

/** An entry of a descriptor: its key, and how its value is found. */
interface ResolvedKey {
  readonly key: string;
  readonly action: LimitActionManifest;
}

/**
 * Which addresses are taken for one client.
 */
export interface ClientAddressOptions {
  /**
   * How many bits of an IPv4 address tell clients apart, 1 to 32.
   *
   * Envoy: `v4_prefix_mask_len`.
   *
   * @default - 32: each address is a client
   */
  readonly ipv4Prefix?: number;

  /**
   * How many bits of an IPv6 address tell clients apart, 1 to 128.
   *
   * Envoy: `v6_prefix_mask_len`.
   *
   * @default - 64: a client has at least that many addresses, and may use another for each request
   */
  readonly ipv6Prefix?: number;
}

/**
 * What requests have in common that share one limit: each value of it has a bucket of its own.
 */
@checked
export class LimitKey {
  /**
   * The identity of who calls, by the certificate of its proxy. Those without one, where they are let in, share a bucket. Not at a gateway: clients outside have none.
   *
   * @example
   * LimitKey.caller();
   */
  public static caller(): LimitKey {
    return new LimitKey((site, { checkCaller }) => {
      checkCaller(site, 'caller()');
      return { key: 'caller', action: computed('caller', `connection.mtls ? ${CALLER} : "nobody"`) };
    });
  }

  /**
   * The value of a header. Requests without it do not count; let the program refuse them, or give them a limit of their own. A client that can make the value up gets a
   * full bucket for each that it makes up: ask for the header of a gateway, or one that is verified.
   *
   * @param name letter case does not count.
   *
   * @example
   * LimitKey.header('x-customer');
   */
  public static header(name: string): LimitKey {
    return new LimitKey((site) => {
      const key = checkHeaderName(site.in('header'), name);
      return { key, action: { request_headers: { header_name: key, descriptor_key: key } } };
    });
  }

  /**
   * The value of a parameter of the query, as it stands there, percent-encoded; of several the first. Requests without it do not count. A client that can make the value
   * up gets a full bucket for each that it makes up. Not where all requests are of gRPC, which have no query.
   *
   * Envoy: `query_parameters`.
   *
   * @param name letter case counts.
   *
   * @example
   * LimitKey.queryParameter('tenant');
   */
  public static queryParameter(name: string): LimitKey {
    return new LimitKey((site, { checkParameter }) => {
      const key = checkParameterName(site.in('queryParameter'), name);
      checkParameter(site.in('queryParameter'), key);
      return { key, action: { query_parameters: { query_parameter_name: key, descriptor_key: key } } };
    });
  }

  /**
   * The path, without its query; at a gateway as the client has written it. A client that asks for paths that there are not gets a full bucket for each: give it a limit
   * for all of them beside it.
   *
   * @example
   * LimitKey.path();
   */
  public static path(): LimitKey {
    return new LimitKey(() => ({ key: 'path', action: computed('path', 'request.url_path') }));
  }

  /**
   * The address of the client, at a `MeshGateway`: where its connection comes from, or, with `trustedProxies`, what the outermost of these proxies has written into
   * `X-Forwarded-For`. The gateway has to see it: by `externalTrafficPolicy: ExternalTrafficPolicy.LOCAL`, by `trustedProxies`, or within the cluster. Clients behind one
   * address share a bucket.
   *
   * Envoy: `masked_remote_address`.
   *
   * @example
   * LimitKey.clientAddress({ ipv6Prefix: 56 });
   */
  public static clientAddress(options: ClientAddressOptions = {}): LimitKey {
    const { ipv4Prefix = 32, ipv6Prefix = 64 } = options;
    return new LimitKey((site, { checkAddress }) => {
      const bits = (property: string, value: number, most: number) => (
        checkInteger(site.in(property), value, 1, most, 'InvalidCidr', `Write how many bits tell clients apart, ${most} for each address.`));
      checkAddress(site, 'clientAddress()');
      return {
        key: ADDRESS,
        action: { masked_remote_address: { v4_prefix_mask_len: bits('ipv4Prefix', ipv4Prefix, 32), v6_prefix_mask_len: bits('ipv6Prefix', ipv6Prefix, 128) } },
      };
    });
  }

  private constructor(private readonly resolve: (site: Site, requests: LimitedRequests) => ResolvedKey) {}

  /** @internal */
  public _resolve(site: Site, requests: LimitedRequests): ResolvedKey {
    return this.resolve(site, requests);
  }
}
