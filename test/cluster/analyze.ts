import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { Manifest } from './api';
import { attempt } from './process';

export interface AnalysisMessage {
  readonly code: string;
  readonly level: string;
  readonly origin: string;
  readonly message: string;
}

/**
 * `istioctl analyze` of the objects alone, at Warning or above. Without `-A` it would only report the namespace
 * `default`, and everything would look clean.
 */
export async function analyze(istioctl: string, objects: Manifest[], meshConfig: string): Promise<AnalysisMessage[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'analyze-'));
  try {
    const file = path.join(folder, 'objects.yaml');
    const mesh = path.join(folder, 'mesh.yaml');
    fs.writeFileSync(file, objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'));
    fs.writeFileSync(mesh, meshConfig);
    const done = await attempt([istioctl, 'analyze', '--use-kube=false', '-A', '-o', 'json', '--output-threshold', 'Warning',
      '--failure-threshold', 'Warning', '--meshConfigFile', mesh, file]);
    const start = done.stdout.indexOf('[');
    if (start < 0) throw new Error(`istioctl analyze: ${(done.stderr || done.stdout).trim()}`);
    return JSON.parse(done.stdout.slice(start)) as AnalysisMessage[];
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
