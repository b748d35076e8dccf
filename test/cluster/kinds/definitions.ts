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
  const definitions = parse(yaml);
  expectApplied(await cluster.apply(definitions));
  for (const { spec, metadata: { name } } of definitions) {
    const { name: version } = spec.versions.find(({ served }: { served: boolean }) => served);
    // Established comes before served, by the moment that the API server needs to notice; a list is served or refused.
    await until(`${name} to be served`, 30_000, () => cluster.list(`${spec.group}/${version}`, spec.names.kind));
  }
}

function parse(yaml: string): Manifest[] {
  const documents = parseAllDocuments(yaml);
  // Go's parser takes a quoted text whose lines are not indented, as Flagger's file has them. YAML does not.
  if (documents.some(({ errors }) => errors.length > 0)) return parse(yaml.replace(/: '(?:[^']|'')*'/g, (text) => text.replace(/\n\s*/g, ' ')));
  return documents.map((document) => document.toJS() as Manifest).filter(Boolean);
}
