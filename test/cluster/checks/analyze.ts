import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Manifest } from '../api/client';
import { attempt } from '../machine/process';

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
    // JSON is YAML in which no word is taken for a number or a truth value
    fs.writeFileSync(file, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    fs.writeFileSync(mesh, meshConfig);
    const done = await attempt([istioctl, 'analyze', '--use-kube=false', '-A', '-o', 'json', '--output-threshold', 'Warning',
      '--failure-threshold', 'Warning', '--meshConfigFile', mesh, file]);
    const messages = /^\[[\s\S]*?^\]|^\[\]/m.exec(done.stdout)?.[0];
    // A file that it cannot read is left out, and what is left may be clean
    if (messages === undefined || /adding files|could not be parsed/.test(done.stdout + done.stderr)) {
      throw new Error(`istioctl analyze: ${(done.stderr + done.stdout).trim()}`);
    }
    return JSON.parse(messages) as AnalysisMessage[];
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
