import { checked } from '../diagnostics/checked';
import { checkInteger, checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { DirectResponseManifest } from '../manifests/istio-networking';

/** istiod warns of more, since every proxy gets it. */
const MOST_BYTES = 100 * 1024;

/**
 * What a `DirectResponse` says beside its status.
 */
export interface DirectResponseOptions {
  /**
   * The body, up to 100 KiB.
   *
   * Istio: `HTTPDirectResponse.body.string`.
   *
   * @default - none
   */
  readonly body?: string;

  /**
   * What the body is, as in the header `content-type`. A client of gRPC gets the body as the message of a status: where all
   * ports of the service are of gRPC, there is no type.
   *
   * @default - text/plain
   */
  readonly contentType?: string;
}

/**
 * An answer that the clients' proxies, or a gateway's, give by themselves: no server is asked. It is for what is gone, for a page while a service is down, and for what nobody is to ask.
 *
 * Istio: `VirtualService.http.directResponse`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPDirectResponse
 */
@checked
export class DirectResponse {
  /**
   * The answer.
   *
   * @param status from 200 to 599. To clients of gRPC alone it says a failure, from 300 on; one that leads somewhere else (301, 302, 303, 307, 308) is
   * for a `Redirect` to say.
   *
   * @example
   * orders.addRoute('gone', {
   *   match: [RouteMatch.path(StringMatch.prefix('/v1/'))],
   *   directResponse: DirectResponse.of(410, { body: '{"gone":"use /v2/"}', contentType: 'application/json' }),
   * });
   */
  public static of(status: number, options: DirectResponseOptions = {}): DirectResponse {
    return new DirectResponse(status, { ...options });
  }

  private constructor(private readonly status: number, private readonly options: DirectResponseOptions) {}

  /** @internal */
  public _toManifest(site: Site): DirectResponseManifest {
    const { body, contentType } = this.options;
    const status = checkInteger(site.in('status'), this.status, 200, 599, 'InvalidResponse', 'Use a status of HTTP, such as 503.');
    if (body !== undefined) {
      const size = Buffer.byteLength(body);
      if (size === 0 || size > MOST_BYTES) {
        site.in('body').fail('InvalidResponse', 'must have 1 byte to 100 KiB', `${size} bytes`, size === 0 ? 'Leave it out.' : 'Every proxy of the mesh gets it: let a server say more.');
      }
      if ([204, 304].includes(status)) {
        site.in('body').fail('InvalidResponse', `must be left out: an answer of status ${status} has none`, body, 'Leave it out, or use another status.');
      }
      checkSet(site.in('body'), body);
    }
    if (contentType !== undefined && body === undefined) {
      site.in('contentType').fail('InvalidResponse', 'must have a body that it is of', contentType, 'Give a body, or leave it out.');
    }
    if (contentType !== undefined && !/^[a-z]+\/[a-z0-9.+-]+(; ?[a-z]+=[A-Za-z0-9-]+)*$/.test(contentType)) {
      site.in('contentType').fail('InvalidResponse', 'must be type and subtype', contentType, 'Write application/json, or text/html; charset=utf-8.');
    }
    return { status, body: body === undefined ? undefined : { string: body } };
  }

  /** @internal */
  public get _contentType(): string | undefined {
    return this.options.contentType;
  }
}
