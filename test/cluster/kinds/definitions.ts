import { parseAllDocuments } from 'yaml';
import { Applied, expectApplied } from '../api/apply';
import { Manifest } from '../api/client';
import { until } from '../machine/process';

/** What is needed of a cluster. */
export interface Receiver {
  apply(objects: Manifest[]): Promise<Applied[]>;
  list(apiVersion: string, kind: string): Promise<Manifest[]>;
}

/** Applies CustomResourceDefinitions and waits until they are served. They are gone after a reset, as all that was applied. */
export async function addKinds(cluster: Receiver, yaml: string): Promise<void> {
  const definitions = parseAllDocuments(yaml).map((document) => document.toJS() as Manifest).filter(Boolean);
  expectApplied(await cluster.apply(definitions));
  for (const { spec, metadata: { name } } of definitions) {
    const { name: version } = spec.versions.find(({ served }: { served: boolean }) => served);
    // Established comes before served, by the moment that the API server needs to notice; a list is served or refused.
    await until(`${name} to be served`, 30_000, () => cluster.list(`${spec.group}/${version}`, spec.names.kind));
  }
}
