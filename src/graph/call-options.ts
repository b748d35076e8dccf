import { Duration } from 'cdk8s';
import { CallChain } from '../traffic/call-chain';
import { DirectResponse } from '../traffic/direct-response';
import { EndUsers } from '../traffic/end-users';
import { FaultInjection } from '../traffic/fault-injection';
import { HeaderChanges } from '../traffic/header-changes';
import { Redirect } from '../traffic/redirect';
import { Retries } from '../traffic/retries';
import { Rewrite } from '../traffic/rewrite';

/**
 * What a client may ask of a server.
 */
export interface AccessOptions {
  /**
   * The name of the server's port.
   *
   * @default - the server's only port; a server with several needs it
   */
  readonly port?: string;

  /**
   * The methods that are allowed, in capitals and each once: `GET`. gRPC knows only POST.
   *
   * Istio: `AuthorizationPolicy.rules.to.operation.methods`; of an ExternalService `VirtualService.http.match.method`.
   *
   * @default - every method
   */
  readonly methods?: string[];

  /**
   * The paths that are allowed, each once: `/orders`, `/orders/*`, `*.html`, or templates such as `/orders/{*}/items` and
   * `/files/{**}`. A gRPC method is `/orders.v1.Orders/Get`, all of a service's `/orders.v1.Orders/*`.
   *
   * A path is written as it stands in the request, percent-encoded, without query, and is compared letter by letter. `.` and `..`
   * are resolved before; `%2F` and `//` are not: of a program that decodes them, `/files/*` opens more than what is below `/files`.
   * https://istio.io/latest/docs/ops/best-practices/security/#understand-traffic-capture-limitations-and-path-normalization
   *
   * Istio: `AuthorizationPolicy.rules.to.operation.paths`; of an ExternalService `VirtualService.http.match.uri`.
   *
   * @default - every path
   */
  readonly paths?: string[];

  /**
   * Which end users a request may come from, by the token that it bears: the server's proxy asks for it, on HTTP ports; of what a gateway exposes, the gateway's.
   * A program in between has to hand the token on. Who asks for one holds for every request to the same proxy: an invalid token is
   * answered with 401 whatever is asked.
   *
   * Istio: `RequestAuthentication`, and `AuthorizationPolicy.rules.from.source.requestPrincipals`; of a gateway an AuthorizationPolicy of action DENY.
   *
   * @default - whoever: nobody looks for a token
   */
  readonly endUsers?: EndUsers;
}

/**
 * What a client asks of a server, and how.
 */
export interface CallOptions extends AccessOptions {
  /**
   * How long an answer may take, all retries together; at least 1 ms.
   *
   * Istio: `VirtualService.http.timeout`.
   *
   * @default - as long as it takes
   */
  readonly timeout?: Duration;

  /**
   * How often a failed request is sent again.
   *
   * Istio: `VirtualService.http.retries`.
   *
   * @default - twice, when the server has not begun to process the request: it was not reached, or refused the stream. Nothing
   * that was answered is repeated
   */
  readonly retries?: Retries;

  /**
   * What the server is asked in the place of what the program asks. `paths` are those of the program; the server lets in what results.
   *
   * Istio: `VirtualService.http.rewrite`, in a route with `sourceLabels`.
   *
   * @default - what the program asks
   */
  readonly rewrite?: Rewrite;

  /**
   * Headers that change on the way to the server, and back, for this client alone.
   *
   * Istio: `VirtualService.http.headers`, in a route with `sourceLabels`.
   *
   * @default - as they were sent
   */
  readonly headers?: HeaderChanges;

  /**
   * Failures that the client's proxy makes up for these requests, and for those of no other client. Of several delays, and of several aborts, a request
   * meets with the first that is for it; those of the call come before those of a route. Each delay with each abort is a route of its own, and
   * 1000000 bytes of them are the most that can be applied.
   *
   * Istio: `VirtualService.http.fault`, in a route with `sourceLabels`.
   *
   * @default - none
   */
  readonly faults?: FaultInjection[];

  /**
   * The answer that the client's own proxy gives to these requests, to this client alone: a stub for a server that is not there yet, is to be spared, or
   * must not be asked from here. The server gets nothing of them and is not opened for them. What is said of the way to a server does not stand beside
   * it: `timeout`, `retries`, `rewrite`, `faults`, `endUsers`, `chain`. It comes before an answer of a route of the server's.
   *
   * Istio: `VirtualService.http.directResponse`, in a route with `sourceLabels`.
   *
   * @default - the server's
   */
  readonly directResponse?: DirectResponse;

  /**
   * Another address to which this client alone is sent, by its own proxy: a program that follows it needs a call to what is there. As for
   * `directResponse`, the server gets nothing of the requests.
   *
   * Istio: `VirtualService.http.redirect`, in a route with `sourceLabels`.
   *
   * @default - none
   */
  readonly redirect?: Redirect;

  /**
   * Whether somebody who calls this client waits for this call, and the call for those that its server makes: what the mesh's `Budgets` go by.
   *
   * @default - both
   */
  readonly chain?: CallChain;

  /**
   * The environment variable that hands the program the server's address, host and port: `ORDERS_ADDR` becomes
   * `orders.shop.svc.cluster.local:50051`. So what is called and what the program is told cannot differ. Letters, digits and `_`.
   *
   * Kubernetes: `containers.env`.
   *
   * @default - none: the program knows
   */
  readonly addressVariable?: string;
}
