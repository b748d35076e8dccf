import { checkHeaderName } from './header-name';
import { checkHeaderValue } from './header-value';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { HeaderOperationsManifest, HeadersManifest } from '../manifests/istio-networking';

/**
 * What is done to the headers of a request, or of an answer. Each header is named once, its letter case does not count.
 */
export interface HeaderOperations {
  /**
   * Headers that get this value, whatever they had. Values are as for `add`.
   *
   * Istio: `Headers.HeaderOperations.set`.
   *
   * @default - none
   */
  readonly set?: { [name: string]: string };

  /**
   * Headers that get this value beside those that they have. A value may hold what Envoy knows of the request: `%START_TIME%`, `%PROTOCOL%`, `%HOSTNAME%`,
   * `%REQ(x-user)%`, `%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%`, `%DOWNSTREAM_TLS_VERSION%`, `%REQUESTED_SERVER_NAME%` and their like. A percent
   * sign itself is written `%%`. Names and values have at most 16384 characters.
   *
   * Istio: `Headers.HeaderOperations.add`.
   *
   * @default - none
   */
  readonly add?: { [name: string]: string };

  /**
   * Headers that are taken away, each by its whole name.
   *
   * Istio: `Headers.HeaderOperations.remove`.
   *
   * @default - none
   */
  readonly remove?: string[];
}

/**
 * Options for `HeaderChanges.of`: at least one of the two.
 */
export interface HeaderChangesOptions {
  /**
   * What the server gets.
   *
   * @default - as the client sent it
   */
  readonly request?: HeaderOperations;

  /**
   * What the client gets.
   *
   * @default - as the server sent it
   */
  readonly response?: HeaderOperations;
}

/**
 * Headers that change on the way. Routes and releases match a request by the headers that its client sent.
 *
 * Istio: `VirtualService.http.headers`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Headers
 */
@checked
export class HeaderChanges {
  /**
   * What is set, added and removed. What the proxies write themselves, and what the length of a message or a connection depends on, is refused; of gRPC
   * also what its ends understand each other by: `content-type`, `grpc-encoding`, and of answers `grpc-status` and `grpc-message`.
   *
   * @example
   * const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
   * edge.exposes(frontend, {
   *   hosts: ['shop.example.com'],
   *   headers: HeaderChanges.of({ request: { set: { 'x-edge': 'public' } }, response: { set: { 'x-frame-options': 'DENY' }, remove: ['x-powered-by'] } }),
   * });
   */
  public static of(options: HeaderChangesOptions): HeaderChanges {
    return new HeaderChanges({ ...options });
  }

  private constructor(private readonly options: HeaderChangesOptions) {}

  /**
   * Fails for what no client of gRPC could make sense of.
   *
   * @internal
   */
  public _checkGrpc(site: Site): void {
    for (const direction of ['request', 'response'] as const) {
      const at = site.in(direction);
      const { set = {}, add = {}, remove = [] } = this.options[direction] ?? {};
      const named: [Site, string][] = [
        ...Object.keys(set).map((name): [Site, string] => [at.in('set'), name]), ...Object.keys(add).map((name): [Site, string] => [at.in('add'), name]),
        ...remove.map((name, index): [Site, string] => [at.in('remove').at(index), name]),
      ];
      named.filter(([, name]) => OF_GRPC[direction].test(name.toLowerCase())).forEach(([where, name]) => where.fail(
        'InvalidHeader', 'must be none by which the two ends of a gRPC call understand each other', name, 'Leave it out: each call would fail, or be taken for another one.'));
    }
  }

  /** @internal */
  public _toManifest(site: Site): HeadersManifest {
    const { request, response } = this.options;
    if (!request && !response) {
      site.fail('InvalidHeader', 'must change something', this.options, 'Give request or response, or leave it out.');
    }
    return {
      request: request && operations(site.in('request'), request, 'request'),
      response: response && operations(site.in('response'), response, 'response'),
    };
  }
}

type Direction = 'request' | 'response';

/** What a client and a server of gRPC understand each other by. Upstream: grpc/grpc doc/PROTOCOL-HTTP2.md. */
const OF_GRPC = { request: /^(content-type|grpc-encoding)$/, response: /^(content-type|grpc-encoding|grpc-status|grpc-message)$/ };

/** What no route may do to a header, and what to write instead. */
interface Reserved {
  readonly names: RegExp;
  readonly of?: Direction;
  /** Whether it may still be taken away. */
  readonly removable?: boolean;
  readonly problem: string;
  readonly fix: string;
}

const RESERVED: Reserved[] = [
  { names: /^(host|:authority)$/, of: 'request', problem: 'must not be the name that was asked for', fix: 'Use rewrite: Rewrite.authority().' },
  { names: /^:path$/, of: 'request', problem: 'must not be the path', fix: 'Use rewrite: Rewrite.path().' },
  { names: /^(:.*|host)$/, problem: 'must not be a part of the request or of the status line', fix: 'Headers proper begin with no colon; method, scheme and status stay as they are.' },
  {
    names: /^(connection|content-length|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/,
    problem: 'must not be one by which the two ends of a connection understand each other',
    fix: 'Each proxy writes it for the connection that it has.',
  },
  {
    // By this the services know the identity of who calls (envoyproxy/envoy, forward_client_cert_details)
    names: /^x-forwarded-client-cert$/, of: 'request', removable: true, problem: 'must not be made up: the proxies say by it who calls', fix: 'Choose a header of your own.',
  },
  {
    names: /^(forwarded|x-forwarded-.*|x-real-ip|x-request-id)$/,
    of: 'request',
    removable: true,
    problem: 'must not be made up: the proxies write it, and policies and traces go by it',
    fix: 'Choose a header of your own: %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% is who connected.',
  },
  {
    names: /^x-envoy-/, removable: true, problem: 'must not be one that tells proxies how to treat the request', fix: 'Timeouts and retries are properties of their own.',
  },
  {
    names: /^access-control-/, of: 'response', removable: true, problem: 'must not be one of CORS', fix: 'Use cors: CorsPolicy.allow(), which also answers the question that browsers ask before.',
  },
  {
    // envoyproxy/envoy source/common/http/conn_manager_impl.cc, encodeHeaders: written after all routes
    names: /^(date|server)$/, of: 'response', problem: 'must not be one that the proxy writes last', fix: 'Leave it out: it would have no effect.',
  },
];

/** The headers that are named, whatever becomes of them. */
export function namedIn({ set = {}, add = {}, remove = [] }: HeaderOperationsManifest = {}): string[] {
  return [...Object.keys(set), ...Object.keys(add), ...remove];
}

/** The headers of which nothing is left that was there before. */
export function replaced({ set = {}, remove = [] }: HeaderOperationsManifest = {}): string[] {
  return [...Object.keys(set), ...remove];
}

function operations(site: Site, { set, add, remove }: HeaderOperations, direction: Direction): HeaderOperationsManifest {
  const named: string[] = [];
  const take = (at: Site, name: string, removing: boolean): string => {
    // A pseudo-header is told by what it is, and not as a name with a colon
    const known = name.startsWith(':') ? name.toLowerCase() : checkHeaderName(at, name);
    if (name.includes('*')) {
      at.fail('InvalidHeader', 'must be the whole name of one header', name, 'Name each of them: the proxy knows no patterns here.');
    }
    const reserved = RESERVED.find(({ names, of = direction, removable }) => of === direction && names.test(known) && !(removing && removable));
    if (reserved) {
      at.fail('InvalidHeader', reserved.problem, name, reserved.fix);
    }
    if (named.includes(known)) {
      at.fail('InvalidHeader', 'must be named once', name, 'A header is set, added to or removed: set takes the place of what it had.');
    }
    named.push(known);
    return known;
  };
  const values = (at: Site, headers?: { [name: string]: string }) => headers && Object.fromEntries(Object.entries(headers).map(([name, value]) => (
    [take(at, name, false), checkHeaderValue(at.in(name), value)])));
  const manifest = {
    set: values(site.in('set'), set),
    add: values(site.in('add'), add),
    remove: remove?.map((name, index) => take(site.in('remove').at(index), name, true)),
  };
  if (named.length === 0) {
    site.fail('InvalidHeader', 'must name a header', { set, add, remove }, 'Give set, add or remove a header, or leave it out.');
  }
  return manifest;
}
