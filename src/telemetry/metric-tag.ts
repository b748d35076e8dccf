import { celText, operationExpression } from './operations';
import { checked } from '../diagnostics/checked';
import { checkSet, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { TagOverrideManifest } from '../manifests/istio-telemetry';
import { checkHeaderName } from '../traffic/header-name';
import { PathPattern } from '../traffic/path-pattern';

/** Those of single requests that dashboards and alerts read. */
const OF_REQUESTS = ['REQUEST_COUNT', 'REQUEST_DURATION'];

/** What a tag is made of. */
interface Made {
  readonly metrics: string[];
  readonly mode?: 'SERVER';
  readonly ofOperation?: boolean;
  readonly check?: (site: Site) => void;
  readonly manifest: (patterns: PathPattern[]) => TagOverrideManifest;
}

/**
 * What stands in a tag of a metric.
 *
 * Istio: `Telemetry.spec.metrics.overrides.tagOverrides`.
 *
 * @see https://istio.io/latest/docs/reference/config/telemetry/#MetricsOverrides-TagOverride
 */
@checked
export class MetricTag {
  /**
   * The operation: the path that the service's callers have declared and that takes the request's path, such as `/orders/*` or `/orders/{*}/items`, and `other` for the
   * rest. No id of an order is ever in it. It stands in the number and the duration of requests, as the service's own proxies count them.
   *
   * @example
   * new MeshTelemetry(chart, 'orders-telemetry', { service: orders, metrics: ProxyMetrics.of({ tags: { operation: MetricTag.operation() } }) });
   */
  public static operation(): MetricTag {
    return new MetricTag({
      metrics: OF_REQUESTS, mode: 'SERVER', ofOperation: true, manifest: patterns => ({ operation: 'UPSERT', value: operationExpression(patterns) }),
    });
  }

  /**
   * What a header says, if it is one of these values; otherwise `other`, and `none` without the header. It stands in the number and the duration of requests.
   *
   * @param name the header's name.
   * @param values those that are told apart: 1 to 50.
   *
   * @example
   * MetricTag.header('x-tier', ['gold', 'silver']);
   */
  public static header(name: string, values: string[]): MetricTag {
    const header = `request.headers[${celText(name.toLowerCase())}]`;
    return new MetricTag({
      metrics: OF_REQUESTS,
      check: site => checkHeader(site, name, values),
      manifest: () => ({
        operation: 'UPSERT',
        value: `!(${celText(name.toLowerCase())} in request.headers) ? "none" : ${values.map(value => `${header} == ${celText(value)} ? ${celText(value)} : `).join('')}"other"`,
      }),
    });
  }

  /**
   * The same text in every metric.
   *
   * @param value the text, not empty.
   *
   * @example
   * MetricTag.literal('shop');
   */
  public static literal(value: string): MetricTag {
    return new MetricTag({
      metrics: [],
      check: site => checkText(site, value),
      manifest: () => ({ operation: 'UPSERT', value: celText(value) }),
    });
  }

  /**
   * The tag is left out, of all metrics. Queries that go by it find nothing any more.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { metrics: ProxyMetrics.of({ tags: { request_protocol: MetricTag.removed() } }) });
   */
  public static removed(): MetricTag {
    return new MetricTag({ metrics: [], manifest: () => ({ operation: 'REMOVE' }) });
  }

  private constructor(private readonly made: Made) {}

  /** @internal */
  public get _metrics(): string[] {
    return this.made.metrics;
  }

  /** @internal */
  public get _mode(): 'SERVER' | undefined {
    return this.made.mode;
  }

  /** @internal */
  public get _ofOperation(): boolean {
    return this.made.ofOperation ?? false;
  }

  /** @internal */
  public _check(site: Site): void {
    this.made.check?.(site);
  }

  /** @internal */
  public _toManifest(patterns: PathPattern[]): TagOverrideManifest {
    return this.made.manifest(patterns);
  }
}

function checkHeader(site: Site, name: string, values: string[]): void {
  checkHeaderName(site, name, 'Write the name alone, such as x-tier.');
  if (values.length === 0 || values.length > 50) {
    site.fail('EmptyList', 'must tell 1 to 50 values apart', values.length, 'Write those that matter: of the others each is other.');
  }
  checkUnique(site, values, 'DuplicateCondition', 'Write each value once.');
  values.forEach(value => checkText(site, value));
}

/** Within ASCII: what CEL and JSON write in the same way, and Prometheus shows. */
function checkText(site: Site, value: string): void {
  if (value === '' || !/^[ -~]+$/.test(value)) {
    site.fail('EmptyMatch', 'must be a text of ASCII that is not empty', value, 'Write letters, digits and marks.');
  }
  checkSet(site, value);
}
