import { Duration } from 'cdk8s';
import { GrpcStatus } from './grpc-status';
import { Percent } from './percent';
import { RouteMatch } from './route-match';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { AbortManifest, DelayManifest, HttpMatchManifest } from '../manifests/istio-networking';

/**
 * Which requests meet with a fault.
 */
export interface FaultInjectionOptions {
  /**
   * The share of the requests, drawn for each one. A delay and an abort for the same requests are drawn by themselves.
   *
   * Istio: `HTTPFaultInjection.percentage`.
   *
   * @default - all of them
   */
  readonly share?: Percent;

  /**
   * The requests that the fault is for: any of these, at least one.
   *
   * Istio: `VirtualService.http.match`.
   *
   * @default - all that the call, or the route, is for
   */
  readonly match?: RouteMatch[];
}

/**
 * A failure that the clients' proxies make up, to see what the clients make of it: the server is asked later, or not at all. Of one client's alone it is
 * said in `calls()`, of all in `addRoute()`.
 *
 * What is aborted is not sent again by the proxy, and a delay is no part of what the `timeout` of the same call bounds: both happen before the proxy
 * looks for the server. They are there for timeouts and retries of the program's own, and of those that call it in turn. Of several delays, and of several aborts, a request meets
 * with the first that is for it.
 *
 * Istio: `VirtualService.http.fault`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPFaultInjection
 */
@checked
export class FaultInjection {
  /**
   * Requests reach the server later.
   *
   * @param duration at least 1 ms.
   *
   * @example
   * frontend.calls(orders, { faults: [FaultInjection.delay(Duration.seconds(5), { share: Percent.of(10) })] });
   */
  public static delay(duration: Duration, options: FaultInjectionOptions = {}): FaultInjection {
    return new FaultInjection({ kind: 'delay', duration }, { ...options });
  }

  /**
   * Requests are answered with a failure, and do not reach the server. A gRPC client gets the status that the HTTP status stands for.
   *
   * @param status of HTTP, from 400 to 599.
   *
   * @example
   * frontend.calls(orders, { faults: [FaultInjection.abort(503, { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))] })] });
   */
  public static abort(status: number, options: FaultInjectionOptions = {}): FaultInjection {
    return new FaultInjection({ kind: 'abort', status }, { ...options });
  }

  /**
   * Calls over gRPC fail with a status, and do not reach the server.
   *
   * @example
   * FaultInjection.abortGrpc(GrpcStatus.RESOURCE_EXHAUSTED, { match: [RouteMatch.grpc('orders.v1.Orders', 'List')] });
   */
  public static abortGrpc(status: GrpcStatus, options: FaultInjectionOptions = {}): FaultInjection {
    return new FaultInjection({ kind: 'abortGrpc', status }, { ...options });
  }

  private constructor(private readonly fault: Kind, private readonly options: FaultInjectionOptions) {}

  /**
   * @param grpc whether all requests that it is for are gRPC calls.
   *
   * @internal
   */
  public _toRule(site: Site, grpc: boolean): FaultRule {
    const { share = Percent.of(100), match } = this.options;
    const percentage = { value: share._toNumber(site.in('share')) };
    if (percentage.value === 0) {
      site.in('share').fail('IneffectiveFault', 'must be more than 0: nothing would fail', 0, 'Leave the fault out.');
    }
    if (match?.length === 0) {
      site.in('match').fail('EmptyList', 'must not be empty', match, 'Leave it out for all requests, or give at least one RouteMatch.');
    }
    const matches = match?.map((each, index) => {
      const manifest = each._toManifest(site.in('match').at(index));
      if (grpc) {
        each._checkGrpc(site.in('match').at(index));
      }
      return manifest;
    });
    return { match: matches, ...effectOf(site, this.fault, grpc, percentage) };
  }
}

/** One fault, and which of the requests it is for: any of these, or all. */
export interface FaultRule {
  readonly match?: HttpMatchManifest[];
  readonly delay?: DelayManifest;
  readonly abort?: AbortManifest;
}

type Kind = { kind: 'delay'; duration: Duration } | { kind: 'abort'; status: number } | { kind: 'abortGrpc'; status: GrpcStatus };

function effectOf(site: Site, fault: Kind, grpc: boolean, percentage: { value: number }): FaultRule {
  switch (fault.kind) {
    case 'delay': return { delay: { percentage, fixedDelay: checkDuration(site.in('duration'), fault.duration) } };
    case 'abort': return {
      abort: {
        percentage,
        httpStatus: checkInteger(site.in('status'), fault.status, 400, 599, 'InvalidFault', 'Use the status of a failure, such as 503.'),
      },
    };
    case 'abortGrpc': {
      if (!grpc) {
        site.in('status').fail('InvalidFault', 'is for gRPC: the requests are of other protocols, too', fault.status, 'Use FaultInjection.abort(503), which gRPC clients understand as well.');
      }
      return { abort: { percentage, grpcStatus: fault.status } };
    }
  }
}
