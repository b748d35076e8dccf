import { RouteTable, virtualServiceSpec } from './virtual-service';
import { Call, compare } from '../graph/call';
import { unbalanced } from '../graph/host-traffic';
import { ledName } from '../graph/led-host';
import { MeshPort } from '../graph/mesh-port';
import { DestinationRuleSpec, GatewayServerManifest, HttpRouteManifest, TcpRouteManifest, TlsRouteManifest, VirtualServiceSpec } from '../manifests/istio-networking';
import { UNASKED_RETRIES } from '../traffic/retries';

/** Something outside, as a gateway leads to it. */
export interface Passage {
  readonly host: string;
  /** That of what describes it, and of its routes. */
  readonly namespace: string;
  /** By which the callers' proxies tell the gateway which of its hosts is meant. */
  readonly subset: string;
  /** As its callers know them: the gateway's own, with the numbers of those outside. */
  readonly ports: MeshPort[];
  /** All that were declared. */
  readonly calls: Call[];
}

/**
 * What the gateway's proxies add for a next proxy of the mesh: who asked, from which address, and what their own pod is. It is nothing for somebody outside.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/gateway.go, buildGatewayConnectionManager (SANITIZE_SET and UseRemoteAddress), and
 * pilot/pkg/networking/core/listener_builder.go (the filter that exchanges metadata, which sends them outside as well).
 */
const OUR_OWN = [
  'x-envoy-decorator-operation', 'x-envoy-external-address', 'x-envoy-peer-metadata', 'x-envoy-peer-metadata-id', 'x-forwarded-client-cert', 'x-forwarded-for',
];

/**
 * The first step, from a caller's proxy to the gateway: what the calls declare, with their timeouts and retries, and 403 for all other requests.
 * The subset is what bears the name: a route has none, and so the gateway gets the same one for requests, for TLS and for TCP.
 */
export function towardsGatewaySpec({ host, subset, ports, calls }: Passage, gatewayHost: string): VirtualServiceSpec {
  const table: RouteTable = { host, ports, routes: [], calls, closed: true };
  const { http, ...rest } = virtualServiceSpec(table);
  const to = (number: number) => [{ destination: { host: gatewayHost, subset, port: { number } } }];
  const towards = (rule: HttpRouteManifest): HttpRouteManifest => (
    rule.route ? { ...rule, route: rule.route.flatMap(({ destination: { port } }) => to(port?.number ?? ports[0].port)) } : rule);
  const encrypted = ports.filter(port => !port._isHttp && !port._isTcp);
  const tls: TlsRouteManifest[] = encrypted.map(({ port }) => ({ match: [{ port, sniHosts: [host] }], route: to(port) }));
  const tcp: TcpRouteManifest[] = ports.filter(port => port._isTcp).map(({ port }) => ({ match: [{ port }], route: to(port) }));
  return { ...rest, http: http?.map(towards), tls: tls.length > 0 ? tls : undefined, tcp: tcp.length > 0 ? tcp : undefined };
}

/**
 * The second step, from the gateway to the host. Who may ask for what is the AuthorizationPolicy's to say: it knows who asks, and a route does not.
 * It has no timeout, and repeats nothing that was sent: both were the first step's to do. What never left the gateway nobody else could repeat.
 *
 * A route's `port` is that of the gateway's Service here.
 */
export function beyondGatewaySpec({ host, ports, calls }: Passage): VirtualServiceSpec {
  const several = ports.length > 1;
  const to = (number: number) => [{ destination: { host, port: several ? { number } : undefined } }];
  const http: HttpRouteManifest[] = ports.filter(port => port._isHttp).map(port => ({
    name: several ? `egress.${port.name}` : 'egress',
    match: several ? [{ port: port.port }] : undefined,
    route: to(port.port),
    retries: calls.some(call => call.port === port && isNever(call)) ? { attempts: 0 } : UNASKED_RETRIES,
    headers: { request: { remove: OUR_OWN } },
  }));
  const tcp: TcpRouteManifest[] = ports.filter(port => !port._isHttp).map(({ port }) => ({ match: [{ port }], route: to(port) }));
  return { hosts: [host], http: http.length > 0 ? http : undefined, tcp: tcp.length > 0 ? tcp : undefined };
}

function isNever({ retries }: Call): boolean {
  return retries?.every(variant => variant.retries.attempts === 0) ?? false;
}

/**
 * One server for each port of each host: on it the gateway knows the routes of this one alone. All of them take mutual TLS of the mesh, whatever is
 * within: so the gateway knows who asks, and which host is meant where what is within bears no name.
 *
 * istiod lets HTTPS and TLS share a port if no two servers there have a host in common.
 *
 * Upstream: istio/istio pilot/pkg/model/gateway.go, mergeGateways; pilot/pkg/networking/core/gateway.go, createGatewayTCPFilterChainOpts.
 */
export function egressServers({ host, namespace, subset, ports }: Passage): GatewayServerManifest[] {
  return ports.map(port => ({
    port: { number: port.port, name: `${subset}-${port.port}`, protocol: port._isHttp ? 'HTTPS' : 'TLS' },
    hosts: [`${namespace}/${host}`],
    tls: { mode: 'ISTIO_MUTUAL' },
  }));
}

/**
 * How the callers' proxies reach the gateway: one subset for each host, which says its name. All have the same pods.
 *
 * A proxy would ask the gateway over HTTP/1.1, whatever its program speaks, and gRPC would lose its trailers: `useClientProtocol` keeps to what the
 * program speaks.
 */
export function egressDestinationRuleSpec(gatewayHost: string, passages: Passage[], exportTo: string[]): DestinationRuleSpec {
  return {
    host: gatewayHost,
    exportTo,
    trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' }, loadBalancer: unbalanced() },
    subsets: passages.map(({ subset, host, ports }) => ({
      name: subset,
      trafficPolicy: {
        tls: { mode: 'ISTIO_MUTUAL', sni: ledName(host) },
        connectionPool: ports.some(port => port._isHttp) ? { http: { useClientProtocol: true } } : undefined,
      },
    })),
  };
}

/** Those that a gateway takes, in an order that no statement changes. */
export function sortedPassages<P extends Passage>(passages: P[]): P[] {
  return [...passages].sort((a, b) => compare(a.subset, b.subset));
}
