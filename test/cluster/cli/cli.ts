import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { table } from './table';
import { Manifest } from '../api/client';
import { installLitmus } from '../kinds/litmus';
import { sleep, until } from '../machine/process';
import { startInside } from '../machine/sandbox';
import { EchoRequest, EchoResult } from '../programs/echo';
import { preflight } from '../programs/preflight';
import { providePrograms } from '../programs/programs';
import { connect, ConnectedCluster } from '../remote';

const USAGE = `A cluster by hand. npm run cluster -- COMMAND

  up [DIST...]                 start it, apply the YAML files and folders, wait until all is ready
  pods                         what runs
  send FROM METHOD URL         send requests from within a pod (namespace/pod or namespace/workload), and say who answered
    [-H 'name: value']... [-d BODY] [-n COUNT] [-c CONCURRENCY] [--protocol http|http2|https|grpc|tcp] [--path /package.Service/Method] [-v]
  logs POD [CONTAINER]         the output of a container; the proxy's access log is in that of istio-proxy
  config POD [PAGE]            the configuration of its Envoy, or another page of its admin interface
  requests POD|HOST            what its application has seen
  firewall                     the NetworkPolicies as nftables
  down                         end it, and leave nothing
`;

const STATE = path.join(process.env.XDG_RUNTIME_DIR || os.tmpdir(), `cdk8s-mesh-cluster-${process.getuid?.() ?? 0}`);
const SOCKET = path.join(STATE, 'control.sock');
const LOG = path.join(STATE, 'cluster.log');

async function main(args: string[]): Promise<number> {
  const { values, positionals: [command, ...rest] } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      header: { type: 'string', short: 'H', multiple: true, default: [] },
      data: { type: 'string', short: 'd' },
      count: { type: 'string', short: 'n', default: '1' },
      concurrency: { type: 'string', short: 'c', default: '1' },
      protocol: { type: 'string' },
      path: { type: 'string' },
      timeout: { type: 'string', default: '5000' },
      verbose: { type: 'boolean', short: 'v', default: false },
    },
  });
  switch (command) {
    case 'up': return up(rest);
    case 'down': return down();
    case 'pods': case 'send': case 'logs': case 'config': case 'requests': case 'firewall': break;
    default:
      process.stdout.write(USAGE);
      return command === undefined || command === 'help' ? 0 : 2;
  }
  const cluster = await running();
  if (!cluster) {
    console.error('No cluster is up: npm run cluster -- up DIST...');
    return 1;
  }
  const need = (count: number) => {
    if (rest.length < count) throw new Error(`"${command}" needs more arguments.\n\n${USAGE}`);
  };
  switch (command) {
    case 'pods': await printPods(); break;
    case 'send': {
      need(3);
      const [from, method, url] = rest;
      printResults(await cluster.send(from, [{
        method,
        url,
        protocol: (values.protocol ?? 'http') as EchoRequest['protocol'],
        path: values.path,
        headers: Object.fromEntries(values.header.map((header) => header.split(/:\s*(.*)/s).slice(0, 2))),
        body: values.data,
        count: Number(values.count),
        concurrency: Number(values.concurrency),
        timeoutMs: Number(values.timeout),
      }]), values.verbose);
      break;
    }
    case 'logs': need(1); process.stdout.write(await cluster.logs(rest[0], rest[1])); break;
    case 'config': need(1); console.log(rest[1] ? await cluster.admin(rest[0], rest[1]) : JSON.stringify(await cluster.configDump(rest[0]), null, 2)); break;
    case 'requests': need(1); for (const request of await cluster.requests(rest[0])) console.log(JSON.stringify(request)); break;
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
  await cluster.podsReady();
  await cluster.settled();
  await printPods();
  return failed ? 1 : 0;
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

async function printPods(): Promise<void> {
  const pods = await (await running())!.pods();
  console.log(table(['NAMESPACE', 'POD', 'WORKLOAD', 'VERSION', 'IP', 'PROXY', 'READY'], pods.map((pod) => [
    pod.namespace, pod.name, pod.workload, pod.version, pod.ip, pod.hasProxy ? 'yes' : 'no', pod.error ?? (pod.ready ? 'yes' : 'no'),
  ])));
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
  process.exitCode = 1;
});
