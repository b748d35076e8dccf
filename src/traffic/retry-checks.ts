import { STATUS_CODES } from 'http';
import { Duration } from 'cdk8s';
import { RetryOn } from './retry-on';
import { RetryOptions } from './retry-options';
import { checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** Methods that change nothing on the server (RFC 9110, 9.2.1). */
export const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * A try that runs out of time counts as a reset, which only these conditions take up
 * (envoy source/common/router/retry_state_impl.cc, RetryStateImpl::wouldRetryFromReset).
 */
const TAKES_UP_TIMEOUTS = [RetryOn.GATEWAY_ERROR, RetryOn.SERVER_ERROR, RetryOn.RESET];

const GRPC_CODES = [RetryOn.CANCELLED, RetryOn.DEADLINE_EXCEEDED, RetryOn.RESOURCE_EXHAUSTED, RetryOn.INTERNAL, RetryOn.UNAVAILABLE];

/** What is known of the requests that are retried. */
export interface RetriedRequests {
  readonly grpc: boolean;
  readonly methods?: string[];
  readonly timeout?: Duration;
}

export function noneIsSafe({ methods }: RetriedRequests): boolean {
  return methods !== undefined && !methods.some(method => SAFE_METHODS.includes(method));
}

export function checkConditions(site: Site, on: RetryOn[], requests: RetriedRequests, perTryTimeout?: string): void {
  if (on.length === 0) {
    site.in('on').fail('InvalidRetries', 'must list at least one condition', on, 'Leave it out for the safe default, or use Retries.none().');
  }
  checkUnique(site.in('on'), on, 'InvalidRetries', 'Name each condition once.');
  if (!requests.grpc && on.every(condition => GRPC_CODES.includes(condition))) {
    site.in('on').fail('InvalidRetries', 'must list a condition that can occur on an HTTP port', on, 'gRPC codes occur on MeshPort.grpc() only: add RetryOn.GATEWAY_ERROR.');
  }
  if (perTryTimeout && !on.some(condition => TAKES_UP_TIMEOUTS.includes(condition))) {
    site.in('perTryTimeout').fail('IneffectivePerTryTimeout', 'would cut each try without repeating it', perTryTimeout,
      `Add RetryOn.GATEWAY_ERROR to "on": none of [${on.join(', ')}] repeats a try that ran out of time.`);
  }
}

/**
 * The codes of 400 and above that Istio knows: it takes a number that is none for the name of a condition, and refuses that.
 *
 * Upstream: istio/istio pkg/config/validation/validation.go, validateHTTPRetry, which asks Go's http.StatusText; Node's list lacks none of these.
 */
const UNKNOWN_TO_ISTIO = [509];

export function checkCodes(site: Site, { on, codes }: RetryOptions, requests: RetriedRequests): void {
  if (!codes) {
    return;
  }
  if (codes.length === 0) {
    site.fail('EmptyList', 'must not be empty', codes, 'Leave it out: the conditions hold without codes.');
  }
  if (requests.grpc) {
    site.fail('IneffectiveRetries', 'must be left out on a gRPC port, where every answer has the code 200', codes, 'Name the gRPC status in on: RetryOn.UNAVAILABLE and its like.');
  }
  codes.forEach((code, index) => {
    if (!Number.isInteger(code) || code < 400 || STATUS_CODES[code] === undefined || UNKNOWN_TO_ISTIO.includes(code)) {
      site.at(index).fail('InvalidRetries', 'must be an HTTP code of a failure', code, 'Use one from 400 to 599 that HTTP knows: 429, 500.');
    }
    const among = named(on ?? [RetryOn.GATEWAY_ERROR], code);
    if (among) {
      site.at(index).fail('IneffectiveRetries', `has no effect: ${among} names it already`, code, 'Leave it out.');
    }
  });
  checkUnique(site, codes.map(String), 'InvalidRetries', 'Name each once.');
  if (!on && noneIsSafe(requests)) {
    site.fail('IneffectiveRetries', 'has no effect: none of the methods is repeated after an answer', codes,
      `If ${requests.methods!.join(' and ')} may happen twice, say so with on: [RetryOn.GATEWAY_ERROR].`);
  }
}

/** The condition that a code is among. */
function named(on: RetryOn[], code: number): string | undefined {
  const gateway = [502, 503, 504].includes(code);
  return on.find(condition => (condition === RetryOn.SERVER_ERROR && code >= 500) || (condition === RetryOn.GATEWAY_ERROR && gateway));
}
