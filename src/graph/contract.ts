import * as fs from 'node:fs';
import { isIP } from 'node:net';
import * as path from 'node:path';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/** What is written between two apps: plain data, in an order that no statement changes. */
export interface Contract {
  readonly format: typeof FORMAT;
  readonly app: string;
  readonly version: number;
  readonly services: ContractService[];
}

export interface ContractService {
  readonly name: string;
  readonly namespace: string;
  /** The Kubernetes Service. */
  readonly service: string;
  readonly podLabels: { readonly [key: string]: string };
  /** Of machines that are no pods. */
  readonly addresses?: string[];
  readonly ports: { readonly name: string; readonly protocol: string; readonly port: number; readonly targetPort: number }[];
  readonly offers: ContractOffer[];
}

/** Without an account any of the namespace, without a namespace anybody of the mesh; without methods or paths, all. */
export interface ContractOffer {
  readonly to: { readonly namespace?: string; readonly serviceAccount?: string; readonly podLabels?: { readonly [key: string]: string } };
  readonly port: string;
  readonly methods?: string[];
  readonly paths?: string[];
  /** Whose tokens requests have to bear, one of these; without it none. */
  readonly tokensOf?: string[];
}

export const FORMAT = 'cdk8s-mesh/contract/v1';

export function contractText(contract: Contract): string {
  return `${JSON.stringify(contract, undefined, 2)}\n`;
}

export function readContract(site: Site, file: string): Contract {
  const wrong = (problem: string, fix: string) => site.fail('InvalidContract', problem, file, fix);
  if (fs.existsSync(file) && !fs.statSync(file).isFile()) {
    wrong('must be a file', 'Write the name of the file too: contracts/shop.json.');
  }
  const text = existing(file) ?? wrong('must be there', 'Have the other app write it, by its AppContract, and commit it.');
  let contract: Contract;
  try {
    contract = JSON.parse(text);
  } catch (error) {
    return wrong(`must be JSON (${(error as Error).message})`, 'Take it as the other app has written it.');
  }
  if (contract?.format !== FORMAT || !Array.isArray(contract.services) || !contract.services.every(isWhole)) {
    wrong(`must be of the format ${FORMAT}`, 'Take it as the AppContract of the other app has written it, with a library that fits this one.');
  }
  return contract;
}

function isWhole({ name, namespace, service, podLabels, addresses = [], ports, offers }: ContractService): boolean {
  return [name, namespace, service].every(text => typeof text === 'string') && typeof podLabels === 'object' && Array.isArray(addresses)
    && addresses.every(address => isIP(address) > 0) && Array.isArray(ports) && Array.isArray(offers)
    && offers.every(offer => typeof offer.to === 'object' && ports.some(port => port.name === offer.port));
}

/** What was offered under this version and is no more: whoever relies on it would be refused. */
export function brokenPromises(site: Site, file: string, contract: Contract): MeshProblem[] {
  const before = fs.existsSync(file) ? readContract(site.in('file'), file) : undefined;
  if (before && before.app !== contract.app) {
    return [site.in('file').problem('ContractBroken', `must be another one: ${before.app} has written it`, file, 'Give each app a file of its own, or remove the old one if the app has another name now.')];
  }
  if (before?.version !== contract.version) {
    const fallen = before !== undefined && before.version > contract.version;
    return fallen ? [site.in('version').problem('ContractBroken', `must not fall below ${before.version}`, contract.version, 'Keep the version of the file, or raise it.')] : [];
  }
  return before.services.flatMap((service) => {
    const now = contract.services.find(({ name, namespace }) => name === service.name && namespace === service.namespace);
    const promised = ({ service: host, podLabels, addresses, ports }: ContractService, offer: ContractOffer) =>
      JSON.stringify([host, podLabels, addresses, ports.find(({ name }) => name === offer.port), offer]);
    const lost = service.offers.filter(offer => !now?.offers.some(other => promised(now, other) === promised(service, offer)));
    return lost.map(offer => site.in('version').problem('ContractBroken', `${contract.version} promises ${service.namespace}/${service.name} to others`, offer,
      `Declare it again as it was, or raise the version to ${contract.version + 1}: then the apps that import it are told.`));
  });
}

export function writeContract(file: string, contract: Contract): void {
  const text = contractText(contract);
  if (existing(file) !== text) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

function existing(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}
