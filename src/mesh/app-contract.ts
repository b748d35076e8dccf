import * as path from 'node:path';
import { Construct } from 'constructs';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { brokenPromises, Contract, FORMAT, writeContract } from '../graph/contract';
import { MeshGraph } from '../graph/mesh-graph';

/**
 * Properties of `AppContract`.
 */
export interface AppContractProps {
  /**
   * The file, from the folder in which the app runs: `contracts/shop.json`. Commit it, where the other apps can read it.
   */
  readonly file: string;

  /**
   * The name of this app, by which the file and the errors of other apps call it: a DNS label.
   *
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * The version of the contract, 1 or more. It is raised when something is taken back or changed that the file has promised: the apps
   * that import the version before are told at their synth.
   *
   * @default - 1
   */
  readonly version?: number;
}

/**
 * What this app offers to others: every call that an `ExistingWorkload` declares to a service of this app, written into a file that the
 * other app imports (`ImportedApp`). So neither of the two says it twice, and what does not fit fails at the synth of the app that breaks it:
 * here when a promise is taken back under the same version, there when more is asked than was offered.
 *
 * The file is written at synth, when nothing is wrong: the same app writes the same bytes.
 *
 * Throws `InvalidName`, `InvalidContract`, and at synth `ContractBroken`.
 *
 * @example
 * const billing = new ExistingWorkload(app, 'billing', { namespace: 'billing', serviceAccount: 'billing', podLabels: { app: 'billing' } });
 * billing.calls(orders, { paths: ['/orders.v1.Orders/List'] });
 * new AppContract(app, 'contract', { name: 'shop', file: 'contracts/shop.json' });
 */
@checked
export class AppContract extends Construct {
  constructor(scope: Construct, id: string, props: AppContractProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const name = checkDnsLabel(at('name'), props.name ?? id);
    const version = checkInteger(at('version'), props.version ?? 1, 1, 1_000_000, 'InvalidContract', 'Count the versions from 1.');
    const graph = MeshGraph.of(this);
    graph.claim(at('file'), ['contract'], '', path.resolve(props.file), this.node.path);
    const contract = (): Contract => ({ format: FORMAT, app: name, version, services: graph.offered() });
    graph.check(() => brokenPromises(Site.of(this, ''), props.file, contract()));
    graph.whenValid(() => writeContract(props.file, contract()));
  }
}
