import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { table } from './table';
import { parseCommand, USAGE, WrongUse } from './usage';
import { Manifest } from '../api/client';
import { installLitmus } from '../kinds/litmus';
import { sleep, until } from '../machine/process';
import { startInside } from '../machine/sandbox';
import { problemText } from '../pods/readiness';
import { EchoResult } from '../programs/echo';
import { preflight } from '../programs/preflight';
import { providePrograms } from '../programs/programs';
import { connect, ConnectedCluster } from '../remote';

const STATE = path.join(process.env.XDG_RUNTIME_DIR || os.tmpdir(), `cdk8s-mesh-cluster-${process.getuid?.() ?? 0}`);
const SOCKET = path.join(STATE, 'control.sock');
const LOG = path.join(STATE, 'cluster.log');

/** When `up` begins to say what it waits for, and when it gives up on what does not change. */
const REPORT_AFTER_MS = 10_000;
const PATIENCE_MS = 60_000;

async function main(args: string[]): Promise<number> {
  const parsed = parseCommand(args);
  if (parsed === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const { command, operands, options } = parsed;
  if (command === 'up') return up(operands);
  if (command === 'down') return down();
  const cluster = await running();
  if (!cluster) {
    console.error('No cluster is up: npm run cluster -- up DIST...');
    return 1;
  }
  const [first, second, third] = operands;
  switch (command) {
    case 'pods': await printPods(cluster); break;
    case 'send': printResults(await cluster.send(first, [{ ...options.request, method: second, url: third }]), options.verbose); break;
    case 'logs': process.stdout.write(await cluster.logs(first, second)); break;
    case 'config': console.log(second ? await cluster.admin(first, second) : JSON.stringify(await cluster.configDump(first), null, 2)); break;
    case 'requests': for (const request of await cluster.requests(first)) console.log(JSON.stringify(request)); break;
    case 'firewall': process.stdout.write(await cluster.firewall()); break;
  }
  return 0;
}

async function up(dists: string[]): Promise<number> {
  const objects = dists.flatMap(readManifests); // a wrong path shows before anything is started
  if (await running()) {
    console.error('The cluster is already up; "down" ends it.');
    return 1;
  }
  const missing = await preflight();
  if (missing.length > 0) {
    console.error(`The cluster cannot start here. Missing:\n${missing.map((line) => `  - ${line}`).join('\n')}`);
    return 2;
  }
  const programs = await providePrograms();
  fs.rmSync(STATE, { recursive: true, force: true }); // of one that was killed
  fs.mkdirSync(STATE, { mode: 0o700 });
  const log = fs.openSync(LOG, 'a');
  const child = startInside(path.join(__dirname, '../inside.ts'), [JSON.stringify(programs), 'serve', SOCKET], {
    outlive: true, spawn: { stdio: ['ignore', log, log], detached: true },
  });
  let ended = false;
  child.on('exit', () => { ended = true; });
  child.unref();
  const cluster = await until('the cluster', 60_000, async () => ended || running());
  if (cluster === true || !cluster) throw new Error(fs.readFileSync(LOG, 'utf8'));
  await cluster.pods().catch((error) => { // the first call, which waits for the start
    throw new Error(fs.readFileSync(LOG, 'utf8') || error.message);
  });
  if (objects.some((object) => String(object.apiVersion).startsWith('litmuschaos.io/'))) await installLitmus(cluster as ConnectedCluster);
  let failed = false;
  for (const result of await cluster.apply(objects)) {
    for (const warning of result.warnings) console.log(`warning: ${result.object}: ${warning}`);
    if (!result.ok) console.log(`refused: ${result.object}: ${result.error}`);
    failed ||= !result.ok;
  }
  const ready = await waitForPods(cluster);
  await cluster.settled().catch((error: Error) => { failed = true; console.log(error.message); });
  await printPods(cluster, !ready);
  return failed || !ready ? 1 : 0;
}

/** Says what keeps the pods from being ready while it waits for them, and whether they are in the end. */
async function waitForPods(cluster: ConnectedCluster): Promise<boolean> {
  const said = new Set<string>();
  const began = Date.now();
  for (let latestNews = began; ;) {
    const problems = await cluster.problems();
    if (problems.length === 0) return true;
    for (const problem of problems) {
      const key = `${problem.what} ${problem.reason}`;
      if (said.has(key) || (!problem.hopeless && Date.now() < began + REPORT_AFTER_MS)) continue;
      said.add(key);
      latestNews = Date.now();
      console.log(problemText(problem));
    }
    if (problems.every((problem) => problem.hopeless) || Date.now() > latestNews + PATIENCE_MS) return false;
    await sleep(500);
  }
}

async function down(): Promise<number> {
  const cluster = await running();
  if (!cluster) {
    console.error('No cluster is up.');
  } else {
    await cluster.shutdown();
    while (await running()) await sleep(50);
  }
  fs.rmSync(STATE, { recursive: true, force: true });
  return 0;
}

function running() { return connect(SOCKET).catch(() => undefined); }

/** What runs, and below it why the rest does not. */
async function printPods(cluster: ConnectedCluster, reasons = true): Promise<void> {
  console.log(table(['NAMESPACE', 'POD', 'WORKLOAD', 'VERSION', 'IP', 'PROXY', 'READY', 'RESTARTS'], (await cluster.pods()).map((pod) => [
    pod.namespace, pod.name, pod.workload, pod.version, pod.ip, pod.hasProxy ? 'yes' : 'no', pod.ready ? 'yes' : 'no', String(pod.restarts),
  ])));
  const problems = reasons ? await cluster.problems() : [];
  if (problems.length > 0) console.log(`\n${problems.map(problemText).join('\n')}`);
}

/** Who answered what, and how often. */
function printResults(results: EchoResult[], verbose: boolean): void {
  const groups = new Map<string, { row: string[]; count: number; sumMs: number }>();
  for (const result of results) {
    if (verbose) console.log(JSON.stringify(result));
    const status = result.grpcStatus === undefined ? String(result.status) : `grpc ${result.grpcStatus}`;
    const row = [result.echo ? `${result.echo.namespace}/${result.echo.workload}` : '-', result.echo?.version || '-', status, result.error ?? (result.echo ? '' : (result.body ?? '').slice(0, 80))];
    const group = groups.get(row.join('\0')) ?? { row, count: 0, sumMs: 0 };
    group.count++;
    group.sumMs += result.durationMs;
    groups.set(row.join('\0'), group);
  }
  console.log(table(['WORKLOAD', 'VERSION', 'STATUS', 'COUNT', 'MEAN MS', ''], [...groups.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ row, count, sumMs }) => [row[0], row[1], row[2], String(count), (sumMs / count).toFixed(1), row[3]])));
}

function readManifests(file: string): Manifest[] {
  if (!fs.existsSync(file)) throw new WrongUse(`There is no file or folder ${file}.`);
  if (fs.statSync(file).isDirectory()) {
    return fs.readdirSync(file).sort().map((entry) => path.join(file, entry))
      .filter((entry) => fs.statSync(entry).isDirectory() || /\.ya?ml$/.test(entry)).flatMap(readManifests);
  }
  return parseAllDocuments(fs.readFileSync(file, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0].message}`);
    return document.toJS();
  }).filter(Boolean);
}

// Not process.exit(): a long answer may still be on its way into a pipe.
main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  console.error((error as Error).message);
  process.exitCode = error instanceof WrongUse ? 2 : 1;
});
