import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Yaml } from 'cdk8s';

/** Runs `cdk8s synth` in every example, as its user would, and says what came out. */
const examples = fs.readdirSync(__dirname).filter(entry => fs.existsSync(path.join(__dirname, entry, 'cdk8s.yaml'))).sort();

for (const example of examples) {
  const directory = path.join(__dirname, example);
  // Without the check for a newer cdk8s-cli, which asks the network
  const { status } = spawnSync('npx', ['cdk8s', 'synth', '--check-upgrade=false'], { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    console.error(`examples/${example}: cdk8s synth failed`);
    process.exit(1);
  }
  for (const file of fs.readdirSync(path.join(directory, 'dist')).sort()) {
    const kinds = new Map<string, number>();
    const objects = Yaml.load(path.join(directory, 'dist', file));
    objects.forEach(({ kind }) => kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
    console.log(`examples/${example}/dist/${file}: ${objects.length} objects`);
    [...kinds].sort().forEach(([kind, count]) => console.log(`${String(count).padStart(6)} ${kind}`));
  }
}
