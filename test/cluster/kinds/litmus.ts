import * as fs from 'node:fs';
import * as path from 'node:path';
import { addKinds, Receiver } from './definitions';

const CRDS = path.join(__dirname, 'litmus.crds.yaml');

/** Adds Litmus' kinds to a cluster, from a schema of ours: its CRDs are in no registry. */
export async function installLitmus(cluster: Receiver): Promise<void> {
  await addKinds(cluster, fs.readFileSync(CRDS, 'utf8'));
}
