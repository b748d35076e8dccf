import { execSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/**
 * Does what the README says, by hand and to the letter, with the packed package in an empty folder: with the newest peers, with the
 * oldest ones, and in a project as `cdk8s init` makes it.
 */
const ROOT = path.join(__dirname, '../..');
const OLDEST = 'cdk8s@2.69.0 constructs@10.3.0 cdk8s-plus-28@2.5.6';
const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const section = readme.slice(readme.indexOf('## In your project'));

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, block]) => block);
}

const [install, run] = blocks(section, 'sh');
const files: { [name: string]: string } = {
  'main.ts': blocks(readme, 'ts nofixture')[0], 'cdk8s.yaml': blocks(section, 'yaml')[0], 'tsconfig.json': blocks(section, 'json')[0],
};

/** Of the template typescript-app of cdk8s-cli. */
const INITIALIZED: { [name: string]: string } = {
  'main.ts': files['main.ts'],
  'cdk8s.yaml': 'language: typescript\napp: npx ts-node main.ts\n',
  'tsconfig.json': JSON.stringify({
    compilerOptions: { declaration: true, experimentalDecorators: true, lib: ['es2016'], module: 'CommonJS', noEmit: true, strict: true, target: 'ES2017' },
    include: ['**/*.ts'],
    exclude: ['node_modules'],
  }),
};

function attempt(what: string, content: { [name: string]: string }, commands: string): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-try-'));
  try {
    Object.entries(content).forEach(([name, text]) => fs.writeFileSync(path.join(folder, name), text));
    const quiet = { cwd: folder, stdio: 'pipe', shell: '/bin/bash' } as const;
    for (const command of commands.trim().split('\n')) {
      // What is not published is installed from where it was packed; offline there is nothing to upgrade to
      execSync(command.replace(/(npm install .*?)cdk8s-mesh(?= |$)/, `$1${tarball}`).replace('cdk8s synth', 'cdk8s synth --check-upgrade=false'), quiet);
    }
    const synthesized = fs.readdirSync(path.join(folder, 'dist'));
    if (!synthesized.includes('shop.k8s.yaml')) {
      throw new Error(`there is no shop.k8s.yaml among ${synthesized.join(', ')}`);
    }
    console.log(`ok: ${what}`);
  } catch (error) {
    const { message, stdout = '' } = error as { message: string; stdout?: Buffer };
    console.log(`failed: ${what}\n${message}\n${stdout}`);
    process.exitCode = 1;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const packed = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-packed-'));
execSync(`npm pack --silent --pack-destination ${packed}`, { cwd: ROOT, stdio: 'ignore' });
const tarball = path.join(packed, fs.readdirSync(packed)[0]);

attempt('the README, with the newest peers', files, `${install}${run}`);
attempt('the README, with the oldest peers', files, `${install}npm install ${OLDEST}\n${run}`);
attempt('a project of cdk8s init', INITIALIZED, [
  'npm init -y',
  'npm install cdk8s constructs cdk8s-plus-33',
  'npm install --save-dev cdk8s-cli typescript@5.9 ts-node @types/node@20',
  'npm install cdk8s-mesh cdk8s-plus-28',
  'npx tsc --build',
  'npx cdk8s synth',
].join('\n'));
fs.rmSync(packed, { recursive: true });
