import { Site } from '../diagnostics/site';
import { checkHeaderName } from '../traffic/header-name';
import { checkHeaderValue } from '../traffic/header-value';

const OF_THE_PROXY = /^(connection|content-length|date|keep-alive|server|te|trailer|transfer-encoding|upgrade|x-envoy-.*|x-ratelimit-.*)$/;

/** Upstream: grpc/grpc doc/PROTOCOL-HTTP2.md, Responses. What else begins so is a client's to read, as grpc-retry-pushback-ms is. */
const OF_GRPC = /^grpc-(status|message|status-details-bin|encoding)$/;

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
export function answerHeaders(
  site: Site, headers: { [name: string]: string } | undefined, { isGrpc }: { readonly isGrpc: boolean },
): HeaderOptionManifest[] {
  if (headers && Object.keys(headers).length === 0) {
    site.fail('EmptyList', 'must not be empty', headers, 'Leave it out for none.');
  }
  const keys = Object.keys(headers ?? {}).map(name => name.toLowerCase());
  return Object.entries(headers ?? {}).map(([name, value], index) => {
    const key = checkHeaderName(site.in(name), name);
    if (keys.indexOf(key) !== index) {
      site.in(name).fail('InvalidHeader', 'must be named once: its letter case does not count', name, 'Leave one of the two out.');
    }
    if (OF_GRPC.test(key) || (isGrpc && key === 'content-type')) {
      site.in(name).fail('InvalidHeader', 'must be none by which a client of gRPC reads the answer: it would take the refusal for something else', name,
        'Leave it out: on a port of MeshPort.grpc() the answer is RESOURCE_EXHAUSTED.');
    }
    if (OF_THE_PROXY.test(key)) {
      site.in(name).fail('InvalidHeader', 'must be none that the proxy writes itself', name, 'Choose a header of your own, such as retry-after.');
    }
    return header(key, checkHeaderValue(site.in(name), value));
  });
}

export function header(key: string, value: string): HeaderOptionManifest {
  return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}
