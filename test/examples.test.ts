import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** The examples run as their users run them: the compiled package, a process of their own. */
const ROOT = path.join(__dirname, '..');
const MAIN = path.join(ROOT, 'examples/shop/main.ts');

function synthesize(options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): { [file: string]: string } {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-example-'));
  try {
    execFileSync(process.execPath, ['-r', require.resolve('ts-node/register/transpile-only'), MAIN], {
      cwd: options.cwd ?? path.dirname(MAIN),
      env: { ...process.env, CDK8S_OUTDIR: outdir, TS_NODE_PROJECT: path.join(ROOT, 'examples/shop/tsconfig.json'), ...options.env },
    });
    return Object.fromEntries(fs.readdirSync(outdir).sort().map(file => [file, fs.readFileSync(path.join(outdir, file), 'utf8')]));
  } finally {
    fs.rmSync(outdir, { recursive: true });
  }
}

test('examples/shop gives the same bytes every time, in every time zone, locale and working directory', () => {
  const first = synthesize();
  expect(Object.keys(first)).toEqual(['drills.k8s.yaml', 'shop.k8s.yaml']);
  expect(synthesize()).toEqual(first);
  expect(synthesize({ cwd: os.tmpdir(), env: { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } })).toEqual(first);
}, 30_000);

test('examples/shop stays an example: under 150 lines', () => {
  expect(fs.readFileSync(MAIN, 'utf8').split('\n').length).toBeLessThan(150);
});
