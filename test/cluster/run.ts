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
 */
async function main(args: string[]): Promise<number> {
  const missing = await preflight();
  if (missing.length > 0) {
    console.error(`The cluster cannot start here. Missing:\n${missing.map((line) => `  - ${line}`).join('\n')}`);
    return 2;
  }
  const programs = { ...await providePrograms(), ...await providePrometheus() };
  await provideModules();
  const command = args[0] === '--script'
    ? [...typescript(path.resolve(args[1])), ...args.slice(2)]
    : [process.execPath, require.resolve('jest/bin/jest'), '--config', path.join(__dirname, '../conformance/jest.config.js'), '--runInBand', ...args];
  const child = startInside(path.join(__dirname, 'inside.ts'), [JSON.stringify(programs), 'exec', ...command]);
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 128)));
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  console.error((error as Error).message);
  process.exit(1);
});
