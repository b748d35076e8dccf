import { Call } from './call';
import { RetryManifest } from '../manifests/istio-networking';
import { NOT_PROCESSED } from '../traffic/retry-on';

/** What one declared call may take and send, as far as it is said. */
export interface CallBudget {
  /** After how many milliseconds a single try is given up, and which property says so. */
  readonly patience?: { readonly millis: number; readonly text: string; readonly property: string };
  /** How long the client may wait for the answer, all tries together; that of the requests that may take longest. */
  readonly wait?: { readonly millis: number; readonly text: string };
  /** Whether some of its requests may take as long as they take. */
  readonly isOpen: boolean;
  /** How often a request may come to the server at most: repetitions of what it has not begun to process do not. */
  readonly tries: number;
}

/**
 * Envoy's own base of the pauses, and how often the base the longest one is.
 *
 * Upstream: envoyproxy/envoy source/common/router/retry_state_impl.cc, `upstream.base_retry_backoff_ms`; the API of RetryBackOff.max_interval.
 */
const DEFAULT_BACKOFF = 25;
const LONGEST_BACKOFF = 10;

export function budgetOf(call: Call): CallBudget {
  const { timeout } = call;
  const variants = variantsOf(call);
  const whole = timeout === undefined ? undefined : { millis: millisOf(timeout), text: timeout, property: 'timeout' };
  const waits = variants.map(variant => shortest([whole, triesTogether(variant)])).filter(isSaid);
  const limits = variants.map(variant => variant?.perTryTimeout).filter(isSaid);
  const perTry = limits.map(limit => ({ millis: millisOf(limit), text: limit, property: 'retries.perTryTimeout' }));
  return {
    patience: shortest([...perTry, whole]),
    wait: waits.reduce<CallBudget['wait']>((longest, wait) => longest && longest.millis >= wait.millis ? longest : wait, undefined),
    isOpen: waits.length < variants.length,
    tries: Math.max(...variants.map(variant => (variant && repeatsProcessed(variant) ? variant.attempts + 1 : 1))),
  };
}

/** Those that some of its methods are repeated by. */
function variantsOf({ retries, methods: asked }: Call): (RetryManifest | undefined)[] {
  const apart = retries?.flatMap(({ methods }) => methods ?? []) ?? [];
  return retries?.filter(({ methods }) => asked?.some(method => methods ? methods.includes(method) : !apart.includes(method)) ?? true)
    .map(variant => variant.retries) ?? [undefined];
}

/** How long all tries take that are cut one by one, with the longest pauses between them. */
function triesTogether(retries?: RetryManifest): CallBudget['wait'] {
  if (retries?.perTryTimeout === undefined) {
    return undefined;
  }
  const base = retries.backoff === undefined ? DEFAULT_BACKOFF : millisOf(retries.backoff);
  const pauses = Array.from({ length: retries.attempts }, (_, index) => base * Math.min(2 ** index, LONGEST_BACKOFF))
    .reduce((sum, pause) => sum + pause, 0);
  const millis = (retries.attempts + 1) * millisOf(retries.perTryTimeout) + pauses;
  return { millis, text: `${millis / 1000}s in ${retries.attempts + 1} tries` };
}

function repeatsProcessed({ attempts, retryOn = '' }: RetryManifest): boolean {
  return attempts > 0 && !retryOn.split(',').every(condition => (NOT_PROCESSED as string[]).includes(condition));
}

function shortest<T extends { readonly millis: number }>(limits: (T | undefined)[]): T | undefined {
  return limits.filter(isSaid).reduce<T | undefined>((least, limit) => least && least.millis <= limit.millis ? least : limit, undefined);
}

/** A duration as `checkDuration` writes it. */
export function millisOf(text: string): number {
  return text.endsWith('ms') ? Number(text.slice(0, -2)) : Number(text.slice(0, -1)) * 1000;
}

function isSaid<T>(value: T | undefined): value is T {
  return value !== undefined;
}
