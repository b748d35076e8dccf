import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseCommand, USAGE } from './usage';

/** No cluster is up here. */
const nowhere = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-cli-'));
afterAll(() => fs.rmSync(nowhere, { recursive: true }));

function typed(...args: string[]): { code: number | null; out: string; err: string } {
  const command = [require.resolve('ts-node/dist/bin.js'), '--transpile-only', '-P', path.join(__dirname, '../../tsconfig.json'), path.join(__dirname, 'cli.ts')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8', env: { ...process.env, XDG_RUNTIME_DIR: nowhere } });
  return { code: status, out: stdout, err: stderr };
}

test.each([['--help'], ['-h'], ['help']])('%s prints the usage', (word) => {
  expect(typed(word)).toEqual({ code: 0, out: USAGE, err: '' });
}, 30_000);

test('a wrong use is one line and code 2', () => {
  expect(typed('send', 'shop/frontend')).toEqual({ code: 2, out: '', err: '"send" takes FROM METHOD URL, not "shop/frontend".\n' });
}, 30_000);

test('a path that is not there is one line', () => {
  expect(typed('up', 'no/such/folder')).toEqual({ code: 2, out: '', err: 'There is no file or folder no/such/folder.\n' });
}, 30_000);

test('without a cluster, that is said', () => {
  expect(typed('pods')).toEqual({ code: 1, out: '', err: 'No cluster is up: npm run cluster -- up DIST...\n' });
}, 30_000);

test.each([
  ['start', 'There is no command "start": "help" lists them.'],
  ['-v', 'There is no command: "help" lists them.'],
  ['pods shop', '"pods" takes nothing else, not "shop".'],
  ['logs', '"logs" takes POD [CONTAINER], not nothing.'],
  ['config a b c', '"config" takes POD [PAGE], not "a b c".'],
  ['requests', '"requests" takes POD|HOST, not nothing.'],
  ['firewall all', '"firewall" takes nothing else, not "all".'],
  ['down now', '"down" takes nothing else, not "now".'],
  ['up dist -n 3', '"up" has no option --count: it is one of "send".'],
  ['send a GET http://b --colour', 'Unknown option \'--colour\': "help" lists the options.'],
  ['send a GET http://b -n', 'Option \'-n, --count <value>\' argument missing: "help" lists the options.'],
  ['send a GET http://b -n many', '--count is a number from 1 on, not "many".'],
  ['send a GET http://b -H colour', '--header is \'name: value\', not "colour".'],
  ['send a GET http://b --protocol smtp', '--protocol is one of http, http2, https, grpc, tcp, not "smtp".'],
])('%s: %s', (line, message) => {
  expect(() => parseCommand(line.split(' '))).toThrow(new Error(message));
});

test('what is typed becomes a request', () => {
  expect(parseCommand(['send', 'shop/a', 'GET', 'http://b', '-H', 'x: y: z', '-n', '3', '-v'])).toEqual({
    command: 'send',
    operands: ['shop/a', 'GET', 'http://b'],
    options: { verbose: true, request: { protocol: 'http', headers: { x: 'y: z' }, count: 3, concurrency: 1, timeoutMs: 5000, path: undefined, body: undefined } },
  });
});
