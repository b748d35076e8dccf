import { checkAnchors } from './impossible-match';
import { checked } from '../diagnostics/checked';
import { checkRegex } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { StringMatchManifest } from '../manifests/istio-networking';

/**
 * How a text of a request (a header's value, the path, the method) is compared.
 *
 * Istio: `StringMatch`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch
 */
@checked
export class StringMatch {
  /**
   * The text is exactly this, letter case included.
   *
   * @param value at least one character.
   *
   * @example
   * StringMatch.exactly('qa');
   */
  public static exactly(value: string): StringMatch {
    return new StringMatch('exact', value);
  }

  /**
   * The text starts with this.
   *
   * @param value at least one character.
   *
   * @example
   * StringMatch.prefix('/api/');
   */
  public static prefix(value: string): StringMatch {
    return new StringMatch('prefix', value);
  }

  /**
   * The WHOLE text matches this regular expression.
   *
   * @param pattern in the syntax of RE2, 1 to 1024 characters of ASCII: Envoy compares byte by byte, so that other characters are written as their bytes, `\\xd0\\xb0`.
   *
   * @example
   * StringMatch.regex('qa-[0-9]+');
   */
  public static regex(pattern: string): StringMatch {
    return new StringMatch('regex', pattern);
  }

  private constructor(private readonly kind: 'exact' | 'prefix' | 'regex', private readonly value: string) {}

  /**
   * @param any how to say that every text is meant.
   *
   * @internal
   */
  public _toManifest(site: Site, any?: string): StringMatchManifest {
    if (typeof this.value !== 'string' || this.value.length === 0) {
      site.fail('EmptyMatch', 'must compare with at least one character', this.value, `Give the value to look for${any === undefined ? '' : `; ${any}`}.`);
    }
    if (this.kind === 'regex') {
      checkRegex(site, this.value);
      checkAnchors(site, this.value);
    }
    return { [this.kind]: this.value };
  }
}
