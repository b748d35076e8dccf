import { checked } from '../diagnostics/checked';
import { checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { CustomTagManifest } from '../manifests/istio-telemetry';
import { checkHeaderName } from '../traffic/header-name';

/**
 * What stands in a tag of every span.
 *
 * Istio: `Telemetry.spec.tracing.customTags`.
 *
 * @see https://istio.io/latest/docs/reference/config/telemetry/#Tracing-CustomTag
 */
@checked
export class TraceTag {
  /**
   * The same text in every span.
   *
   * @param value the text, not empty.
   *
   * @example
   * TraceTag.literal('shop');
   */
  public static literal(value: string): TraceTag {
    return new TraceTag((site) => {
      checkText(site, value);
      return { literal: { value } };
    });
  }

  /**
   * A header of the request.
   *
   * @param name the header's name.
   * @param defaultValue the text for a request without it; left out, such a span has no tag.
   *
   * @example
   * TraceTag.header('x-customer', 'none');
   */
  public static header(name: string, defaultValue?: string): TraceTag {
    return new TraceTag((site) => {
      const known = checkHeaderName(site, name, 'Write the name alone, such as x-customer.');
      return { header: { name: known, ...defaultOf(site, defaultValue) } };
    });
  }

  /**
   * A variable of the proxy's environment: not of the program's.
   *
   * @param name the variable's name.
   * @param defaultValue the text where the proxy has no such variable; left out, the span has no tag.
   *
   * @example
   * TraceTag.environment('ISTIO_META_CLUSTER_ID');
   */
  public static environment(name: string, defaultValue?: string): TraceTag {
    return new TraceTag((site) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        site.fail('InvalidVariable', 'must be the name of an environment variable', name, 'Use letters, digits and _, and begin with no digit: ISTIO_META_CLUSTER_ID.');
      }
      return { environment: { name, ...defaultOf(site, defaultValue) } };
    });
  }

  private constructor(private readonly manifest: (site: Site) => CustomTagManifest) {}

  /** @internal */
  public _toManifest(site: Site): CustomTagManifest {
    return this.manifest(site);
  }
}

function defaultOf(site: Site, defaultValue: string | undefined): { defaultValue?: string } {
  if (defaultValue === undefined) {
    return {};
  }
  checkText(site, defaultValue);
  return { defaultValue };
}

function checkText(site: Site, value: string): void {
  if (value === '') {
    site.fail('EmptyMatch', 'must not be an empty text', value, 'Write what the tag is to say, or leave it out.');
  }
  checkSet(site, value);
}
