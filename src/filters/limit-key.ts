import { CALLER } from './request-expression';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { checkHeaderName } from '../traffic/header-name';

/** One entry of a descriptor, as `RateLimit.Action` is written. */
export interface LimitActionManifest {
  extension?: { name: string; typed_config: { '@type': string; 'descriptor_key': string; 'text': string } };
  request_headers?: { header_name: string; descriptor_key: string };
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

/**
 * What requests have in common that share one limit: each value of it has a bucket of its own.
 */
@checked
export class LimitKey {
  /**
   * The identity of who calls, by the certificate of its proxy. Those without one, where they are let in, share a bucket.
   *
   * @example
   * LimitKey.caller();
   */
  public static caller(): LimitKey {
    return new LimitKey('caller', undefined);
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
    return new LimitKey('header', name);
  }

  private constructor(private readonly kind: 'caller' | 'header', private readonly name?: string) {}

  /**
   * The entry's key, and how its value is found.
   *
   * @internal
   */
  public _resolve(site: Site): { key: string; action: LimitActionManifest } {
    if (this.kind === 'caller') {
      return { key: 'caller', action: computed('caller', `connection.mtls ? ${CALLER} : "nobody"`) };
    }
    const name = checkHeaderName(site.in('header'), this.name!);
    return { key: name, action: { request_headers: { header_name: name, descriptor_key: name } } };
  }
}
