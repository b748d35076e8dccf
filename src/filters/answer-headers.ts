import { Site } from '../diagnostics/site';
import { checkHeaderName } from '../traffic/header-name';
import { checkHeaderValue } from '../traffic/header-value';

const OF_THE_PROXY = /^(connection|content-length|date|keep-alive|server|te|trailer|transfer-encoding|upgrade|x-envoy-.*|x-ratelimit-.*)$/;

/** As `HeaderValueOption` is written. */
interface HeaderOptionManifest {
  header: { key: string; value: string };
  append_action: 'OVERWRITE_IF_EXISTS_OR_ADD';
}

/** What both of Envoy's limits are told of their answers, in the same words. */
export function limitedAnswers({ tellsWhatIsLeft }: { readonly tellsWhatIsLeft?: boolean }, headers: HeaderOptionManifest[], isGrpc: boolean) {
  return {
    ...(tellsWhatIsLeft && { enable_x_ratelimit_headers: 'DRAFT_VERSION_03' }),
    ...(headers.length > 0 && { response_headers_to_add: headers }),
    ...(isGrpc && { rate_limited_as_resource_exhausted: true }),
  };
}

/** Headers of the answer that a proxy gives itself. */
export function answerHeaders(site: Site, headers: { [name: string]: string } = {}): HeaderOptionManifest[] {
  return Object.entries(headers).map(([name, value]) => {
    const key = checkHeaderName(site.in(name), name);
    if (OF_THE_PROXY.test(key)) {
      site.in(name).fail('InvalidHeader', 'must be none that the proxy writes itself', name, 'Choose a header of your own, such as retry-after.');
    }
    return header(key, checkHeaderValue(site.in(name), value));
  });
}

export function header(key: string, value: string): HeaderOptionManifest {
  return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}
