import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { Duration } from 'cdk8s';
import { AnalysisMetric, CanaryAnalysis, MeshAlerts, ReleaseAlert } from '../src';
import { synthesize } from './support/manifests';
import { World } from './support/world';

const SCRIPT = path.join(__dirname, '../docs/next-stage.mjs');

/** What the Prometheus of a test knows. */
interface Known {
  readonly rules?: { name: string; health: string; lastError?: string; labels?: { [label: string]: string } }[];
  readonly firing?: boolean;
  readonly pods?: string[];
  readonly requests?: string[];
  readonly broken?: boolean;
}

let directory: string;
let server: Server;
let known: Known;
let asked: string[];

beforeAll(done => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'next-stage-'));
  server = createServer(({ url }, response) => {
    const { pathname, searchParams } = new URL(url!, 'http://prometheus');
    const query = searchParams.get('query') ?? '';
    asked.push(query);
    const values = query.startsWith('ALERTS') ? known.firing ? ['1'] : [] : query === 'pods' ? known.pods ?? ['2'] : known.requests ?? ['500'];
    const data = pathname.endsWith('/rules') ? { groups: [{ rules: known.rules ?? [{ name: 'OrdersBurn', health: 'ok', labels: { server: 'orders' } }] }] } : {
      resultType: 'vector', result: values.map(value => ({ metric: {}, value: [0, value] })),
    };
    const answer = known.broken ? { status: 'error', error: 'starting up' } : { status: 'success', data };
    response.writeHead(known.broken ? 503 : 200).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1', done);
});

afterAll((done) => {
  fs.rmSync(directory, { recursive: true });
  server.close(done);
});

const STATE = { stages: [0, 0, 10, 100], stage: 0 };

/** One run of the step: what it says, and what the file says then. */
async function step(state: object, knows: Known = {}, more: string[] = []) {
  known = knows;
  asked = [];
  const file = path.join(directory, 'releases.json');
  fs.writeFileSync(file, JSON.stringify({ 'other': STATE, 'orders-1-5': state }));
  const args = [
    SCRIPT, '--file', file, '--release', 'orders-1-5', '--prometheus', `http://127.0.0.1:${(server.address() as AddressInfo).port}/prometheus`,
    '--alert', 'OrdersBurn', '--labels', 'server="orders"', '--ready', 'pods', '--requests', 'requests', '--least', '2,500', ...more,
  ];
  const [code, output] = await new Promise<[number, string]>(resolve => execFile(process.execPath, args, (error, stdout, stderr) => (
    resolve([error ? Number(error.code) : 0, stdout + stderr])
  )));
  const { other, 'orders-1-5': after } = JSON.parse(fs.readFileSync(file, 'utf8'));
  expect(other).toEqual(STATE);
  return { code, output: output.trim(), after };
}

test.each([
  [0, 'goes on to 0 percent'], [1, 'goes on to 10 percent'], [2, 'goes on to 100 percent'],
])('goes on from stage %i while all is well', async (stage, said) => {
  expect(await step({ ...STATE, stage })).toEqual({ code: 0, output: `orders-1-5 ${said}`, after: { ...STATE, stage: stage + 1 } });
});

test('asks for the alert of this service, as it fires', async () => {
  await step(STATE);

  expect(asked).toContain('ALERTS{alertname="OrdersBurn",alertstate="firing",server="orders"}');
});

test.each([0, 1, 2, 3])('aborts at stage %i when the alert fires', async (stage) => {
  const { code, output, after } = await step({ ...STATE, stage }, { firing: true });

  expect({ code, output, after }).toEqual({ code: 0, output: 'orders-1-5 is aborted: OrdersBurn fires', after: { ...STATE, stage, aborted: true } });
});

test.each<[string, object, Known, string]>([
  ['an aborted release, whatever Prometheus says', { ...STATE, aborted: true }, { broken: true }, 'somebody has to look'],
  ['the last stage', { ...STATE, stage: 3 }, {}, 'give the service the new version'],
  ['a first stage whose pods are not there yet', STATE, { pods: ['1'] }, '1 of 2 pods'],
  ['a first stage of whose pods nothing is known', STATE, { pods: [] }, '0 of 2 pods'],
  ['a stage with few requests', { ...STATE, stage: 2 }, { requests: ['499'] }, '499 of 500 requests'],
  ['a stage with no number of requests', { ...STATE, stage: 2 }, { requests: ['NaN'] }, 'NaN of 500 requests'],
])('leaves alone %s', async (_, state, knows, said) => {
  const { code, output, after } = await step(state, knows);

  expect({ code, after }).toEqual({ code: 0, after: state });
  expect(output).toContain(said);
});

test.each<[string, object, Known, string[], string]>([
  ['Prometheus does not answer', STATE, { broken: true }, [], 'Prometheus answered 503: starting up'],
  ['nobody is there', STATE, {}, ['--prometheus', 'http://127.0.0.1:9'], 'fetch failed'],
  ['there is no such alert', STATE, { rules: [] }, [], 'knows no alert OrdersBurn'],
  ['the alert is another service\'s', STATE, { rules: [{ name: 'OrdersBurn', health: 'ok', labels: { server: 'orders.shop.svc.cluster.local' } }] }, [], 'knows no alert OrdersBurn with server="orders"'],
  ['the alert is not evaluated', STATE, { rules: [{ name: 'OrdersBurn', health: 'err', lastError: 'bad' }] }, [], 'is not evaluated: bad'],
  ['a query has several results', { ...STATE, stage: 2 }, { requests: ['1', '2'] }, [], 'make it one number'],
  ['the file has no stages', { stage: 0 }, {}, [], 'no release orders-1-5 with stages'],
  ['the stage is none of them', { ...STATE, stage: 4 }, {}, [], 'no release orders-1-5 with stages'],
  ['too few are asked for', STATE, {}, ['--least', '0'], '--least must be numbers above 0'],
  ['no alert is named', STATE, {}, ['--alert', ''], '--alert is missing'],
])('fails, and changes nothing, where %s', async (_, state, knows, more, said) => {
  const { code, output, after } = await step(state, knows, more);

  expect({ code, after }).toEqual({ code: 1, after: state });
  expect(output).toContain(said);
});

test('what it writes is what a release takes', async () => {
  const { after: aborted } = await step({ ...STATE, stages: [0, 10, 100], stage: 1 }, { firing: true });
  const released = (props: object) => {
    const world = new World();
    world.release(world.service('orders'), props);
    return synthesize(world.shop);
  };

  expect(released(aborted)).toEqual(released({ stages: [0, 10, 100], stage: 0 }));
});

test('the labels of the documented command are those of the alerts that this library writes', () => {
  const docs = fs.readFileSync(path.join(__dirname, '../docs/static-releases.md'), 'utf8');
  const world = new World();
  const orders = world.service('orders');
  world.service('frontend').calls(orders);
  new MeshAlerts(world.shop, 'alerts');
  const measured = { metrics: [AnalysisMetric.successRate({ atLeast: 99 })], alerts: [ReleaseAlert.prometheus()] };
  world.release(orders, { analysis: CanaryAnalysis.every(Duration.minutes(1), measured) });
  const groups = synthesize(world.shop).filter(({ kind }) => kind === 'PrometheusRule').flatMap(({ spec }) => spec.groups);
  const rules = groups.flatMap(({ rules: all }) => all);
  const commands = [...docs.matchAll(/--alert (\w+) --labels '([^']*)'/g)];

  expect(commands.length).toBe(2);
  for (const [, alert, labels] of commands) {
    const wanted = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]);
    expect(rules.filter(rule => rule.alert === alert && wanted.every(([label, value]) => rule.labels[label] === value))).not.toEqual([]);
  }
});
