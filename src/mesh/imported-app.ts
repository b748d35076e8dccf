import { Construct } from 'constructs';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { Call, routedOptions } from '../graph/call';
import { Contract, ContractOffer, ContractService, readContract } from '../graph/contract';
import { Destination, podDestination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshPort } from '../graph/mesh-port';
import { checkNotAsked } from '../graph/resolve-call';
import { accepts } from '../traffic/match-intersection';
import { PathPattern } from '../traffic/path-pattern';

/**
 * Properties of `ImportedApp`.
 */
export interface ImportedAppProps {
  /**
   * The file that the other app has written, from the folder in which this app runs.
   */
  readonly file: string;

  /**
   * The version of the contract that this app was written for. When the other app raises it, this one is told at its synth, before a
   * request is refused.
   */
  readonly version: number;
}

/**
 * Another app's services, as its `AppContract` offers them. A call asks for no more than was offered to this very client, or fails here.
 *
 * It becomes no object of its own: it opens the callers' proxies and networks, as the other app has opened its own side.
 *
 * Throws `InvalidContract` and `ContractBroken`.
 *
 * @example
 * const shop = new ImportedApp(app, 'shop', { file: '../shop/contracts/shop.json', version: 1 });
 * orders.calls(shop.service('stock'), { methods: ['GET'] });
 */
@checked
export class ImportedApp extends Construct {
  private readonly contract: Contract;

  constructor(scope: Construct, id: string, props: ImportedAppProps) {
    super(scope, id);
    this.contract = readContract(Site.of(this, 'file'), props.file);
    const { version, app } = this.contract;
    if (version !== props.version) {
      Site.of(this, 'version').fail('ContractBroken', `must be that of the file, in which ${app} has written ${version}`, props.version,
        'See what has changed in the file, change this app where it asks for it, then write the new version here.');
    }
  }

  /**
   * One of its services.
   *
   * Throws `InvalidContract` for one that the file does not have.
   *
   * @param name the service's name; of two of one name, `namespace/name`.
   */
  public service(name: string): MeshDestination {
    const found = this.contract.services.filter(service => name === service.name || name === `${service.namespace}/${service.name}`);
    const known = this.contract.services.map(service => `${service.namespace}/${service.name}`).join(', ');
    if (found.length !== 1) {
      Site.of(this, `service(${name})`).fail('InvalidContract', found.length === 0 ? 'must be a service that the contract offers' : 'must say which of two it means', name,
        `There are ${known || 'none'}.`);
    }
    const [service] = found;
    const id = `${service.namespace}-${service.name}`;
    return this.node.tryFindChild(id) as ImportedService | undefined ?? new ImportedService(this, id, service);
  }
}

class ImportedService extends MeshDestination {
  public readonly _destination: Destination;

  constructor(scope: Construct, id: string, private readonly service: ContractService) {
    super(scope, id);
    const ports = service.ports.map(({ protocol, port, name, targetPort }) => MeshPort._of(protocol, port, { name, targetPort })
      ?? Site.of(this, 'ports').fail('InvalidContract', 'must be of a protocol that this library knows', protocol, 'Take a library that is as new as that of the other app.'));
    const { namespace, podLabels, addresses } = service;
    this._destination = podDestination(this.node.path, ports, {
      name: service.service, namespace, podLabels: { ...podLabels }, addresses: addresses && [...addresses],
    });
    this._destination.routedElsewhere = true;
  }

  public _accept(call: Call, client: Construct): void {
    const site = Site.of(client, `calls(${this.node.id})`);
    for (const [property, value] of routedOptions(call)) {
      site.in(property).fail('NotOurs', 'cannot be kept for what another app routes', value, 'Leave it out: a route here would replace its own.');
    }
    checkNotAsked(site, call, 'is for the other app to ask for: its contract names it');
    const { offers, addresses } = this.service;
    if (call.client.addresses && !addresses) {
      site.fail('NotOffered', 'must be to a service whose network lets machines in: the other app opens it to pods alone', this.node.path,
        'Let a service of this app\'s call it, and the machines that one.');
    }
    const offered = offers.filter(({ to, port }) => port === call.port.name
      && (to.namespace === undefined || to.namespace === call.client.namespace)
      && (to.serviceAccount === undefined || to.serviceAccount === call.client.serviceAccount)
      && Object.entries(to.podLabels ?? {}).every(([key, value]) => call.client.carried?.[key] === value));
    if (!offered.some(offer => includes(site, offer, call))) {
      site.fail('NotOffered', `must be offered to ${call.client.namespace}/${call.client.serviceAccount} by the contract`, {
        port: call.port.name, methods: call.methods, paths: call.paths?.map(({ text }) => text),
      }, offered.length > 0 ? `It offers ${JSON.stringify(offered)}.` : 'Ask the other app to declare this client, and take its new file.');
    }
  }
}

/** Whether one offer is for all that the call may ask. */
function includes(site: Site, { methods, paths }: ContractOffer, call: Call): boolean {
  const offered = paths?.map(path => PathPattern.parse(site, path));
  const within = (path: PathPattern) => offered!.some(other => isWithin(path, other));
  // Every gRPC call is a POST
  const asked = call.methods ?? (call.port._protocol === 'grpc' ? ['POST'] : undefined);
  return (methods === undefined || Boolean(asked?.every(method => methods.includes(method))))
    && (offered === undefined || Boolean(call.paths?.every(within)));
}

/** Whether every path of the one is a path of the other, as far as it can be told. */
function isWithin(path: PathPattern, other: PathPattern): boolean {
  if (other.text === path.text || other.text === '*') {
    return true;
  }
  if (!/[*{]/.test(path.text)) {
    return accepts(other.toUriMatch()!, path.text);
  }
  const [, open] = /^([^*{]*)(?:\*|\{\*\*\})$/.exec(other.text) ?? [];
  return open !== undefined && path.text.replace(/[*{].*$/, '').startsWith(open);
}
