import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { Applied, expectApplied } from '../api/apply';
import { Manifest } from '../api/client';
import { until } from '../machine/process';

const CRDS = path.join(__dirname, 'litmus.crds.yaml');

/** What it needs of a cluster. */
interface Receiver {
  apply(objects: Manifest[]): Promise<Applied[]>;
  list(apiVersion: string, kind: string): Promise<Manifest[]>;
}

/** Adds Litmus' kinds to a cluster and waits until they are served. They are gone after a reset, as all that was applied. */
export async function installLitmus(cluster: Receiver): Promise<void> {
  const definitions = parseAllDocuments(fs.readFileSync(CRDS, 'utf8')).map((document) => document.toJS() as Manifest);
  expectApplied(await cluster.apply(definitions));
  for (const { spec, metadata: { name } } of definitions) {
    // Established comes before served, by the moment that the API server needs to notice; a list is served or refused.
    await until(`${name} to be served`, 30_000, () => cluster.list(`${spec.group}/${spec.versions[0].name}`, spec.names.kind));
  }
}
