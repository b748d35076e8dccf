import * as path from 'node:path';
import { provideModules } from './kinds/modules';
import { startInside, typescript } from './machine/sandbox';
import { preflight } from './programs/preflight';
import { providePrograms } from './programs/programs';
import { providePrometheus } from './programs/prometheus';

/**
 * Runs the conformance tests, or another command, with a cluster:
 *
 *   ts-node test/cluster/run.ts [JEST ARGUMENTS]
 *   ts-node test/cluster/run.ts --script FILE.ts [ARGUMENTS]
 *
 * With CLUSTERS=2 the tests are shared out among two clusters, which know nothing of each other.
 */
async function main(args: string[]): Promise<number> {
  const missing = await preflight();
  if (missing.length > 0) {
    console.error(`The cluster cannot start here. Missing:\n${missing.map((line) => `  - ${line}`).join('\n')}`);
    return 2;
  }
  const programs = { ...await providePrograms(), ...await providePrometheus() };
  await provideModules();
  const inside = (command: string[], more: NodeJS.ProcessEnv = {}) => {
    const child = startInside(path.join(__dirname, 'inside.ts'), [JSON.stringify(programs), 'exec', ...command], { spawn: { env: { ...process.env, ...more } } });
    return new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 128)));
  };
  if (args[0] === '--script') return inside([...typescript(path.resolve(args[1])), ...args.slice(2)]);
  const jest = [process.execPath, require.resolve('jest/bin/jest'), '--config', path.join(__dirname, '../conformance/jest.config.js'), '--runInBand', ...args];
  const clusters = Number(process.env.CLUSTERS ?? 1);
  if (clusters === 1) return inside(jest);
  const codes = await Promise.all(Array.from({ length: clusters }, (_, index) => inside(
    [...jest, `--shard=${index + 1}/${clusters}`, '--passWithNoTests'], { JEST_JUNIT_OUTPUT_NAME: `conformance-${index + 1}.xml` })));
  return Math.max(...codes);
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  console.error((error as Error).message);
  process.exit(1);
});
