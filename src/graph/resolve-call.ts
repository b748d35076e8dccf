import { Duration } from 'cdk8s';
import { Call, Client, compare } from './call';
import { CallOptions } from './call-options';
import { Destination } from './destination';
import { faultsOf, matchesOf } from './faults-of';
import { MeshPort } from './mesh-port';
import { notCallable } from './port-checks';
import { checkDuration, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { METHODS } from '../traffic/methods';
import { PathPattern } from '../traffic/path-pattern';

/** What a user wrote, checked. */
export function resolveCall(site: Site, client: Client, server: Destination, options: CallOptions): Call {
  const port = portOf(site, server, options.port);
  const { methods, paths, timeout, retries, endUsers } = options;
  const faults = options.faults && options.faults.map(fault => `a ${fault.constructor.name}`);
  const requestOptions = { methods, paths, timeout, retries, endUsers, faults };
  for (const [property, value] of port._isHttp ? [] : Object.entries(requestOptions)) {
    if (value !== undefined) {
      site.in(property).fail('NotHttp', `cannot be kept on port ${port.name}, where the proxy sees no requests`, value instanceof Duration ? value.toHumanString() : value,
        'Leave it out, or declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks.');
    }
  }
  if (port._isUdp && client.elsewhere && !client.podLabels && (client.namespace === undefined || client.serviceAccount !== undefined)) {
    site.fail('NoIdentity', `must be known by its pods' labels, or by its namespace alone: on port ${port.name}, which is UDP, nobody asks for an identity`, client.name,
      'Give the caller podLabels: the network knows it by them.');
  }
  if (options.chain && port._isUdp) {
    site.in('chain').fail('IneffectiveChain', `has no effect on port ${port.name}, where nobody waits for an answer`, port._protocol, 'Leave it out.');
  }
  options.methods?.forEach((method, index) => {
    if (!METHODS.includes(method)) {
      site.in('methods').at(index).fail('InvalidMethod', 'must be an HTTP method in capitals', method, `Use one of ${METHODS.join(', ')}.`);
    }
    if (port._isGrpc && method !== 'POST' && !(port._protocol === 'grpc-web' && method === 'OPTIONS')) {
      site.in('methods').at(index).fail('InvalidMethod', 'must be POST on a gRPC port', method, 'Every gRPC call is a POST: name its method in paths, as /orders.v1.Orders/Get.');
    }
  });
  for (const property of ['methods', 'paths'] as const) {
    if (options[property]?.length === 0) {
      site.in(property).fail('EmptyList', 'must not be empty', [], `Leave it out to allow all ${property}.`);
    }
  }
  for (const property of ['methods', 'paths'] as const) {
    checkUnique(site.in(property), options[property] ?? [], 'DuplicateCondition', 'Name each once.');
  }
  options.endUsers?._check(site.in('endUsers'));
  const allowed = options.methods && [...options.methods].sort();
  const patterns = options.paths && pathsOf(site.in('paths'), options.paths, port);
  return {
    client,
    server,
    port,
    endUsers: options.endUsers,
    methods: allowed,
    paths: patterns,
    timeout: options.timeout && checkDuration(site.in('timeout'), options.timeout),
    addressVariable: options.addressVariable,
    faults: options.faults && faultsOf(site.in('faults'), options.faults, port._isGrpc, matchesOf({ methods: allowed, paths: patterns })),
    chain: options.chain,
    retries: options.retries?._toVariants(site.in('retries'), { grpc: port._isGrpc, methods: options.methods, timeout: options.timeout }),
  };
}

function pathsOf(site: Site, paths: string[], port: MeshPort): PathPattern[] {
  return paths.map((path, index) => {
    const pattern = PathPattern.parse(site.at(index), path);
    if (port._isGrpc) {
      pattern.checkGrpc(site.at(index));
    }
    return pattern;
  }).sort((a, b) => compare(a.rank, b.rank));
}

/** Two calls that a request could mean at once would each want their own timeout for it. */
export function checkNotDeclared(site: Site, call: Call, others: Call[]): void {
  const requests = ({ paths, methods }: Call) => (paths ?? [{ text: '*' }]).flatMap(path => (methods ?? ['*']).map(method => `${method} ${path.text}`));
  const same = others.filter(other => other.server === call.server && other.port === call.port).flatMap(requests);
  const twice = same.length > 0 ? requests(call).find(request => same.includes(request)) : undefined;
  if (twice !== undefined) {
    site.fail('DuplicateCall', 'must be declared once', twice, 'Join both in one call, or give each its own paths or methods.');
  }
}

/** Fails for a token that nobody would ask for. */
export function checkNotAsked(site: Site, { endUsers }: Call, problem: string): void {
  if (endUsers) {
    site.in('endUsers').fail('NotOurs', problem, endUsers._names, 'Leave it out.');
  }
}

/** One variable holds one address. */
export function checkVariable(site: Site, { addressVariable, server, port }: Call, others: Call[]): void {
  if (addressVariable === undefined) {
    return;
  }
  const at = site.in('addressVariable');
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(addressVariable)) {
    at.fail('InvalidName', 'must be the name of an environment variable', addressVariable, 'Use letters, digits and _, and begin with no digit: ORDERS_ADDR.');
  }
  if (server.wildcard) {
    at.fail('WildcardHost', `cannot hold the address of many hosts, as ${server.path} is`, addressVariable, 'Leave it out: the program puts the name together.');
  }
  const other = others.find(call => call.addressVariable === addressVariable && (call.server !== server || call.port !== port));
  if (other) {
    at.fail('DuplicateName', `must hold one address: that of ${other.server.path} stands in it already`, addressVariable, 'Give each server a variable of its own.');
  }
}

/**
 * The port that is meant, by its name or because it is the only one.
 *
 * @param at where its name is said.
 */
export function portOf(site: Site, server: Destination, name?: string, at = site.in('port')): MeshPort {
  const names = server.ports.map(port => port.name);
  if (names.length === 0) {
    notCallable(site, server.path);
  }
  if (name === undefined) {
    if (server.ports.length > 1) {
      at.fail('AmbiguousPort', `must say which of ${server.path}'s ports is called`, name, `Add port: '${names[0]}', or another of ${names.join(', ')}.`);
    }
    return server.ports[0];
  }
  const port = server.ports.find(candidate => candidate.name === name);
  return port ?? at.fail('UnknownPort', `must be a port of ${server.path}`, name, `Use one of ${names.join(', ')}.`);
}
