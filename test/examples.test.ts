import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { picture } from './support/example-picture';

/** The examples run as their users run them: the compiled package, a process of their own. */
const ROOT = path.join(__dirname, '..');

function synthesize(example: string, options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): { [file: string]: string } {
  const main = path.join(ROOT, 'examples', example, 'main.ts');
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-example-'));
  try {
    execFileSync(process.execPath, ['-r', require.resolve('ts-node/register/transpile-only'), main], {
      cwd: options.cwd ?? path.dirname(main),
      env: { ...process.env, CDK8S_OUTDIR: outdir, TS_NODE_PROJECT: path.join(path.dirname(main), 'tsconfig.json'), ...options.env },
    });
    return Object.fromEntries(fs.readdirSync(outdir).sort().map(file => [file, fs.readFileSync(path.join(outdir, file), 'utf8')]));
  } finally {
    fs.rmSync(outdir, { recursive: true });
  }
}

const EXAMPLES: [string, string[]][] = [
  ['shop', ['drills.k8s.yaml', 'edge.k8s.yaml', 'shop.k8s.yaml', 'watch.k8s.yaml']],
  ['team', ['back.k8s.yaml', 'core.k8s.yaml', 'web.k8s.yaml']],
];

describe.each(EXAMPLES)('examples/%s', (example, files) => {
  test('gives the same bytes every time, in every time zone, locale and working directory', () => {
    const first = synthesize(example);
    expect(Object.keys(first)).toEqual(files);
    expect(synthesize(example)).toEqual(first);
    expect(synthesize(example, { cwd: os.tmpdir(), env: { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } })).toEqual(first);
  }, 30_000);
});

test('docs/shop.svg is a picture of what examples/shop becomes: npm run docs:picture draws it', async () => {
  const objects = Object.values(synthesize('shop')).flatMap(text => parseAllDocuments(text).map(document => document.toJS()).filter(Boolean));
  expect(await picture(objects)).toBe(fs.readFileSync(path.join(ROOT, 'docs/shop.svg'), 'utf8'));
}, 60_000);

test('examples/shop says what the installation has to know, where its telemetry goes', () => {
  const told = fs.readFileSync(path.join(ROOT, 'examples/shop/installation/providers.yaml'), 'utf8');
  const named = Object.values(synthesize('shop')).flatMap(text => [...text.matchAll(/providers:\n\s+- name: (\S+)/g)].map(([, name]) => name)).filter(name => name !== 'envoy');

  expect([...new Set(named)]).toEqual(parseAllDocuments(told)[0].toJS().meshConfig.extensionProviders.map(({ name }: any) => name));
  expect(named.length).toBeGreaterThan(0);
});

const mainOf = (example: string) => fs.readFileSync(path.join(ROOT, 'examples', example, 'main.ts'), 'utf8');

test('examples/shop stays an example: under 150 lines', () => {
  expect(mainOf('shop').split('\n').length).toBeLessThan(150);
});

test('examples/team has neither a JSON patch nor a raw object', () => {
  expect(mainOf('team')).not.toMatch(/JsonPatch|ApiObject|new Include|new Helm/);
});
