import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

/**
 *   npm run bench                 the cost of synthesis (synth.ts)
 *   npm run bench -- synth 1000   the same, at one of its sizes
 *   npm run bench -- efficiency   the cost of a mesh, on a real control plane (efficiency.ts)
 */
const BENCHES: { [name: string]: string[] } = {
  synth: ['--expose-gc', '--max-old-space-size=8192', '-r', 'ts-node/register/transpile-only', path.join(__dirname, 'synth.ts')],
  efficiency: ['-r', 'ts-node/register/transpile-only', path.join(__dirname, '../cluster/run.ts'), '--script', path.join(__dirname, 'efficiency.ts')],
};

const [name = 'synth', ...rest] = process.argv.slice(2);
const args = BENCHES[name];
if (!args) {
  console.error(`There is no bench ${name}: there are ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(2);
}
process.exit(spawnSync(process.execPath, [...args, ...rest], {
  stdio: 'inherit', env: { ...process.env, TS_NODE_PROJECT: path.join(__dirname, '../tsconfig.json') },
}).status ?? 1);
