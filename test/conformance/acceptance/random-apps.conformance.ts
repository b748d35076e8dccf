import * as fc from 'fast-check';
import { Manifest } from '../../cluster/api/client';
import { installLitmus } from '../../cluster/kinds/litmus';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { RandomApp } from '../../support/app-description';
import { build, CHAOS_NAMESPACE } from '../../support/build-app';
import { randomApps } from '../../support/random-app';
import { analysis } from '../support/acceptance';
import { admissionProblems } from '../support/admission';
import { namespace } from '../support/bystanders';
import { synthesizeApp } from '../support/objects';
import { refused } from '../support/refused';

/** `APPS=5000 SEED=7 npm run conformance -- random` for more of them, or others. */
const COUNT = Number(process.env.APPS ?? 120);
const SEED = Number(process.env.SEED ?? 20261123);

/** Of so many, one is really applied, its pods made and admitted; the others are checked by the API server and forgotten. */
const REAL = 25;

/** As many apps are analyzed together, each in namespaces of its own. */
const BATCH = 50;

let cluster: ConnectedCluster;
let apps: { description: RandomApp; objects: Manifest[] }[];

beforeAll(async () => {
  cluster = await connect();
  apps = fc.sample(randomApps(), { numRuns: COUNT, seed: SEED }).map((random, index) => {
    const description = inNamespacesOf(random, index % BATCH);
    return { description, objects: synthesizeApp(app => build(app, description)) };
  });
});

afterAll(() => cluster.disconnect());

test(`${COUNT} random apps are taken by the API server, the CRDs and istiod without a word`, async () => {
  await cluster.reset();
  await installLitmus(cluster);
  await installOperatorKinds(cluster);
  await cluster.apply([namespace(CHAOS_NAMESPACE, false), ...apps.flatMap(({ description }) => namespacesOf(description))]);
  let objects = 0;
  for (const app of apps) {
    const applied = await cluster.apply(app.objects, { dryRun: true });
    objects += applied.length;
    const complaints = refused(applied);
    expect({ complaints, app: complaints.length > 0 ? app.description : undefined }).toEqual({ complaints: [], app: undefined });
  }
  console.log(`${apps.length} apps, ${objects} objects (seed ${SEED})`);
}, 1_800_000);

test(`${COUNT} random apps are analyzed without a word`, async () => {
  for (let start = 0; start < apps.length; start += BATCH) {
    const batch = apps.slice(start, start + BATCH);
    const bare = batch.flatMap(({ description }) => namespacesOf(description, { bare: true }));
    // Drills are not Istio's, and lie in one namespace for all apps
    const objects = batch.flatMap(app => app.objects)
      .filter(({ metadata }) => metadata.namespace !== CHAOS_NAMESPACE && metadata.name !== CHAOS_NAMESPACE);
    expect(await analysis(cluster, [...bare, ...objects])).toEqual([]);
  }
}, 1_800_000);

test('some of them are really applied, and their pods injected and admitted', async () => {
  for (const { description, objects } of apps.filter((_, index) => index % REAL === 0)) {
    await cluster.reset();
    await cluster.runPods(false);
    await installLitmus(cluster);
    await installOperatorKinds(cluster);
    const applied = await cluster.apply([...namespacesOf(description, { bare: true }), ...objects]);
    const complaints = refused(applied);
    const problems = await admissionProblems(cluster, description.namespaces.map(({ name }) => name));
    const app = complaints.length + problems.length > 0 ? description : undefined;
    expect({ complaints, problems, app }).toEqual({ complaints: [], problems: [], app: undefined });
  }
}, 1_800_000);

/** As Namespaces of the mesh; with `bare`, those that the app does not describe itself. */
function namespacesOf(app: RandomApp, options: { bare?: boolean } = {}): Manifest[] {
  return app.namespaces.filter(({ zeroTrust }) => !options.bare || !zeroTrust).map(({ name }) => namespace(name, true));
}

/** The same app in namespaces that no other one uses. */
function inNamespacesOf(app: RandomApp, index: number): RandomApp {
  const rename = <T extends { namespace: string }>(part: T): T => ({ ...part, namespace: `app${index}-${part.namespace}` });
  return {
    ...app,
    namespaces: app.namespaces.map(part => ({ ...part, name: `app${index}-${part.name}` })),
    services: app.services.map(rename),
    externals: app.externals.map(rename),
    gateways: app.gateways.map(rename),
  };
}
