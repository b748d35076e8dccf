import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import { Manifest } from '../../cluster/api/client';

const ROOT = path.join(__dirname, '../../..');

/**
 * What an example becomes today, in a process of its own: chart by chart.
 *
 * @param edit changes its program first.
 */
export function synthesizeExample(name: string, edit?: (program: string) => string): Manifest[] {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-'));
  const folder = path.join(ROOT, 'examples', name);
  const main = path.join(folder, 'main.ts');
  const program = edit ? path.join(folder, `edited-${process.pid}-${path.basename(outdir)}.ts`) : main;
  if (edit) {
    fs.writeFileSync(program, edit(fs.readFileSync(main, 'utf8')));
  }
  try {
    execFileSync(process.execPath, ['-r', require.resolve('ts-node/register/transpile-only'), program], {
      cwd: folder, env: { ...process.env, CDK8S_OUTDIR: outdir },
    });
  } finally {
    if (edit) {
      fs.rmSync(program);
    }
  }
  return taken(outdir);
}

/** What an app of a test becomes: through the YAML, as a cluster gets it. */
export function synthesizeApp(build: (app: App) => void): Manifest[] {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-'));
  const app = new App({ outdir });
  build(app);
  app.synth();
  return taken(outdir);
}

/** The objects of a folder, as a cluster's tools read them: YAML 1.1. */
function taken(outdir: string): Manifest[] {
  const texts = fs.readdirSync(outdir).sort().map(file => fs.readFileSync(path.join(outdir, file), 'utf8'));
  fs.rmSync(outdir, { recursive: true });
  return texts.flatMap(text => parseAllDocuments(text, { version: '1.1' }).map(document => document.toJS() as Manifest));
}

export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** One object of a list, to be looked at or changed. */
export function pick(objects: Manifest[], kind: string, name: string): Manifest {
  const found = objects.filter(object => object.kind === kind && object.metadata.name === name);
  if (found.length !== 1) {
    throw new Error(`${found.length} objects ${kind} ${name} among ${objects.length}`);
  }
  return found[0];
}

/** The same application with fewer pods: what is verified does not depend on their number. */
export function withReplicas(objects: Manifest[], replicas: number): Manifest[] {
  return objects.map(object => object.kind === 'Deployment' && object.spec.replicas !== undefined ? { ...object, spec: { ...object.spec, replicas } } : object);
}

/**
 * Three walls stand between two workloads, and each has to hold alone: the network, the identity check of the server,
 * and the view of the client's proxy (a bound, not a wall, but it must be drawn where it was declared).
 */
export type Wall = 'network' | 'identity' | 'scope';

/** The same application with one wall, and the others torn down. */
export function onlyWall(objects: Manifest[], wall: Wall): Manifest[] {
  const kept: { [kind: string]: Wall } = { NetworkPolicy: 'network', AuthorizationPolicy: 'identity', Sidecar: 'scope' };
  return objects
    .filter(({ kind }) => !(kind in kept) || kept[kind] === wall)
    .map(object => object.kind === 'PeerAuthentication' && wall !== 'identity' ? { ...object, spec: { mtls: { mode: 'PERMISSIVE' } } } : object)
    .map(object => object.kind === 'DestinationRule' && wall === 'network' ? withFreshConnections(object) : object);
}

/** The network judges connections, not requests: with one for each, what it lets through does not depend on what it did before. */
function withFreshConnections(destinationRule: Manifest): Manifest {
  const { trafficPolicy, ...spec } = destinationRule.spec;
  return { ...destinationRule, spec: { ...spec, trafficPolicy: { ...trafficPolicy, connectionPool: { http: { maxRequestsPerConnection: 1 } } } } };
}
