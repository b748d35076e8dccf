import { ApiObject, Cron, Duration, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ExternalService, Mesh, MeshCronJob, MeshCronJobProps, MeshJob, MeshJobProps, MeshPort, Permission, WorkloadRole, ZeroTrustNamespace } from '../src';
import { find, inventory, Manifest, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';

const OWN = { 'service.istio.io/canonical-name': 'migrate' };

const jobIn = (world: World, props: Partial<MeshJobProps> = {}) => new MeshJob(world.shop, 'migrate', { image: 'ghcr.io/acme/migrate:1.0.0', ...props });
const cronJobIn = (world: World, props: Partial<MeshCronJobProps> = {}) => (
  new MeshCronJob(world.shop, 'migrate', { image: 'ghcr.io/acme/migrate:1.0.0', schedule: Cron.daily(), ...props }));

function jobWith(props: Partial<MeshJobProps> = {}): Manifest[] {
  const world = new World();
  jobIn(world, props);
  return synthesize(world.shop);
}

function cronJobWith(props: Partial<MeshCronJobProps> = {}): Manifest[] {
  const world = new World();
  cronJobIn(world, props);
  return synthesize(world.shop);
}

/** The Job, or what a CronJob makes of it. */
const specOf = (manifests: Manifest[]) => manifests.filter(({ kind }) => ['Job', 'CronJob'].includes(kind)).map(({ kind, spec }) => kind === 'Job' ? spec : spec.jobTemplate.spec)[0];

test('a job becomes these objects, all of its name: nobody calls it', () => {
  expect(inventory(jobWith())).toEqual(['ServiceAccount', 'Job', 'Sidecar', 'AuthorizationPolicy', 'NetworkPolicy'].map(kind => `${kind} shop/migrate`));
  expect(inventory(cronJobWith())).toEqual(['ServiceAccount', 'CronJob', 'Sidecar', 'AuthorizationPolicy', 'NetworkPolicy'].map(kind => `${kind} shop/migrate`));
});

test('a schedule of every minute, and a time zone of the tz database, old names too, are taken as Kubernetes does', () => {
  for (const props of [
    { schedule: Cron.everyMinute(), timeZone: 'Europe/Berlin' },
    { schedule: Cron.hourly(), timeZone: 'US/Eastern' },
    { schedule: Cron.schedule({ minute: '*/1', hour: '6' }), timeZone: 'Etc/UTC' },
  ]) {
    const { spec } = find(cronJobWith(props), 'CronJob', 'migrate');

    expect([spec.schedule, spec.timeZone]).toEqual([props.schedule.expressionString, props.timeZone]);
  }
});

test('a job says what it is', () => {
  const world = new World();
  const job = jobIn(world, { name: 'to-v2' });
  const report = cronJobIn(new World(), { name: 'report' });

  expect([job.name, job.namespace, job.serviceAccount.name, job.job.name]).toEqual(['to-v2', 'shop', 'to-v2', 'to-v2']);
  expect([report.name, report.namespace, report.serviceAccount.name, report.cronJob.name]).toEqual(['report', 'shop', 'report', 'report']);
});

describe.each<[string, (props?: Partial<MeshJobProps>) => Manifest[], (world: World, props?: Partial<MeshJobProps>) => MeshJob | MeshCronJob]>([
  ['Job', jobWith, jobIn], ['CronJob', cronJobWith, cronJobIn],
])('a pod of a %s', (_, manifestsWith, add) => {
  const podOf = (manifests: Manifest[]) => specOf(manifests).template;

  test('ends, and is made anew by its Job', () => {
    expect(podOf(manifestsWith()).spec.restartPolicy).toBe('Never');
    expect(podOf(manifestsWith()).spec.containers[0].lifecycle).toBeUndefined();
  });

  test('is asked nothing, and spread over nothing', () => {
    const { spec } = podOf(manifestsWith());
    const { startupProbe, readinessProbe, livenessProbe, ports } = spec.containers[0];

    expect([startupProbe, readinessProbe, livenessProbe, ports]).toEqual([undefined, undefined, undefined, undefined]);
    expect([spec.topologySpreadConstraints, spec.affinity]).toEqual([undefined, undefined]);
  });

  test('is found by labels of Kubernetes\' own', () => {
    expect(specOf(manifestsWith()).selector).toBeUndefined();
  });

  test('gets a proxy that ends with it', () => {
    const { labels, annotations } = podOf(manifestsWith()).metadata;

    expect(labels).toMatchObject({ ...OWN, 'app': 'migrate', 'version': 'v1', 'sidecar.istio.io/inject': 'true' });
    expect(annotations).toEqual({ 'sidecar.istio.io/nativeSidecar': 'true' });
  });

  test('gets the proxy of the mesh\'s revision', () => {
    const world = new World();
    add(world);
    new Mesh(world.app, 'mesh', { revision: 'canary' });

    expect(podOf(synthesize(world.shop)).metadata.labels['istio.io/rev']).toBe('canary');
  });

  test('is hardened', () => {
    const { spec } = podOf(manifestsWith());

    expect(spec).toMatchObject({ serviceAccountName: 'migrate', automountServiceAccountToken: false, enableServiceLinks: false, terminationGracePeriodSeconds: 35 });
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } });
    expect(spec.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    expect(spec.containers[0].resources.requests).toEqual({ 'cpu': '100m', 'memory': '128Mi', 'ephemeral-storage': '64Mi' });
    expect(spec.volumes).toEqual([{ name: 'tmp', emptyDir: { sizeLimit: '64Mi' } }]);
  });

  test('runs what was asked for', () => {
    const { spec } = podOf(manifestsWith({
      command: ['/migrate'],
      args: ['--all'],
      env: { MODE: kplus.EnvValue.fromValue('fast') },
      user: 1000,
      writablePaths: ['/out'],
      terminationGracePeriod: Duration.minutes(2),
      resources: { cpu: { limit: kplus.Cpu.units(3) } },
    }));

    expect(spec.containers[0]).toMatchObject({
      name: 'migrate', image: 'ghcr.io/acme/migrate:1.0.0', command: ['/migrate'], args: ['--all'], env: [{ name: 'MODE', value: 'fast' }], volumeMounts: [{ mountPath: '/out' }],
    });
    expect([spec.securityContext.runAsUser, spec.terminationGracePeriodSeconds, spec.containers[0].resources.limits.cpu]).toEqual([1000, 120, '3']);
  });

  test('keeps the fields that a patch adds, and hardens a container that is added', () => {
    const world = new World();
    const task = add(world);
    const controller = task instanceof MeshJob ? task.job : task.cronJob;
    controller.addContainer({ name: 'side', image: 'side:1' });
    const at = task instanceof MeshJob ? '' : '/spec/jobTemplate';
    ApiObject.of(controller).addJsonPatch(JsonPatch.add(`${at}/spec/template/spec/hostUsers`, false));
    const { spec } = podOf(synthesize(world.shop));

    expect(spec.hostUsers).toBe(false);
    expect(spec.containers[1].securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
  });

  test('is looked at as it is written', () => {
    const world = new World();
    const task = add(world);
    (task instanceof MeshJob ? task.job : task.cronJob).addContainer({ name: 'istio-proxy', image: 'side:1' });

    expect(thrownBy(() => world.synth())).toMatchObject([{ code: 'InvalidContainer', path: 'shop/migrate', property: 'pod.containers[1].name' }]);
  });

  test('counts for the quota of its namespace as often as it runs beside itself', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 2 } });
    add(world, { completions: 9, parallelism: 3 });

    expect(thrownBy(() => world.synth())).toMatchObject([{ property: 'quota.pods', fix: 'Raise it to 3 at least.' }]);
  });

  test('counts once for the quota when nothing is said', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 1 }, limits: { maxMemory: Size.gibibytes(1) } });
    add(world, { resources: { memory: { limit: Size.gibibytes(2) } } });

    expect(thrownBy(() => world.synth()).map(({ code }) => code)).toEqual(['LimitTooLow']);
  });

  test('calls by its own identity, and nothing calls it', () => {
    const world = new World();
    const orders = world.service('orders');
    add(world).calls(orders, { methods: ['GET'], timeout: Duration.seconds(1) });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules).toEqual([{
      from: [{ source: { principals: ['cluster.local/ns/shop/sa/migrate'] } }], to: [{ operation: { ports: ['8080'], methods: ['GET'] } }],
    }]);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0].from[0].podSelector.matchLabels).toEqual(OWN);
    expect(find(manifests, 'VirtualService', 'orders').spec.http[0]).toMatchObject({ match: [{ sourceNamespace: 'shop', sourceLabels: OWN }], timeout: '1s' });
    expect(find(manifests, 'AuthorizationPolicy', 'migrate').spec).toEqual({ selector: { matchLabels: OWN }, action: 'ALLOW' });
    expect(find(manifests, 'Sidecar', 'migrate').spec).toMatchObject({ workloadSelector: { labels: OWN }, egress: [{ hosts: ['shop/orders.shop.svc.cluster.local', 'istio-system/*'] }] });
    expect(find(manifests, 'NetworkPolicy', 'migrate').spec).toMatchObject({ podSelector: { matchLabels: OWN }, egress: [{ ports: [{ port: 8080 }] }, {}, {}] });
  });

  test('calls what is outside', () => {
    const world = new World();
    add(world).calls(new ExternalService(world.shop, 'stripe', { host: 'api.stripe.com', ports: [MeshPort.tls(443)] }), { addressVariable: 'STRIPE_ADDR' });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Sidecar', 'migrate').spec.egress[0].hosts).toContain('shop/api.stripe.com');
    expect(podOf(manifests).spec.containers[0].env).toEqual([{ name: 'STRIPE_ADDR', value: 'api.stripe.com:443' }]);
  });

  test('has its token, and the way to the API server, when it is given a role', () => {
    const world = new World();
    new WorkloadRole(world.shop, 'reader', { workload: add(world), permissions: [Permission.read(kplus.ApiResource.CONFIG_MAPS)] });
    const manifests = synthesize(world.shop);

    expect(podOf(manifests).spec.automountServiceAccountToken).toBe(true);
    expect(find(manifests, 'RoleBinding', 'reader').subjects).toMatchObject([{ kind: 'ServiceAccount', name: 'migrate', namespace: 'shop' }]);
    expect(find(manifests, 'NetworkPolicy', 'migrate').spec.egress.at(-1).ports).toContainEqual({ port: 6443, protocol: 'TCP' });
  });

  test('is tried three times more, once and alone, when nothing is said', () => {
    const spec = specOf(manifestsWith());

    expect(spec.backoffLimit).toBe(3);
    expect(['completions', 'parallelism', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished'].filter(field => spec[field] !== undefined)).toEqual([]);
  });

  test('is tried, repeated and ended as the user says', () => {
    expect(specOf(manifestsWith({
      backoffLimit: 0, completions: 5, parallelism: 2, activeDeadline: Duration.minutes(5), ttlAfterFinished: Duration.hours(1),
    }))).toMatchObject({ backoffLimit: 0, completions: 5, parallelism: 2, activeDeadlineSeconds: 300, ttlSecondsAfterFinished: 3600 });
  });

  test('takes the name of no service', () => {
    const world = new World();
    world.service('orders', { name: 'migrate' });

    expect(thrownBy(() => add(world))).toMatchObject([{ code: 'DuplicateName', path: 'shop/migrate', property: 'name', received: '"migrate"' }]);
  });
});

describe('a CronJob', () => {
  const scheduled = (props: Partial<MeshCronJobProps> = {}) => find(cronJobWith(props), 'CronJob', 'migrate').spec;

  test('runs at its time, not twice at once, and up to five minutes late', () => {
    expect(scheduled()).toMatchObject({ schedule: '0 0 * * *', concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 300, suspend: false });
    expect(scheduled().timeZone).toBeUndefined();
  });

  test('runs as the user says', () => {
    expect(scheduled({
      schedule: Cron.schedule({ minute: '30', hour: '2' }), timeZone: 'Europe/Berlin', concurrencyPolicy: kplus.ConcurrencyPolicy.REPLACE, startingDeadline: Duration.hours(1), suspend: true,
    })).toMatchObject({ schedule: '30 2 * * *', timeZone: 'Europe/Berlin', concurrencyPolicy: 'Replace', startingDeadlineSeconds: 3600, suspend: true });
  });

  test.each(['*/5 * * * *', '0 9-17 * * 1-5', '0 0 1 jan,jul *', '0 0 ? * SUN', '15,45 0 * * *'])('takes the schedule %s', (expression) => {
    const [minute, hour, day, month, weekDay] = expression.split(' ');

    expect(scheduled({ schedule: Cron.schedule({ minute, hour, day, month, weekDay }) }).schedule).toBe(expression);
  });

  test.each(['Etc/UTC', 'UTC', 'America/Argentina/Buenos_Aires'])('takes the time zone %s', (timeZone) => {
    expect(scheduled({ timeZone }).timeZone).toBe(timeZone);
  });

  test('has a name of up to 52 characters: its Jobs add 11', () => {
    const world = new World();

    expect(() => cronJobIn(world, { name: 'r'.repeat(52) })).not.toThrow();
    expect(() => jobIn(new World(), { name: 'r'.repeat(63) })).not.toThrow();
  });
});

test('pods that do not end may be without native sidecars, where pods that end are not', () => {
  const world = new World();
  new Mesh(world.app, 'mesh', { nativeSidecars: false });
  world.service('orders');
  expect(() => world.synth()).not.toThrow();

  cronJobIn(world);
  expect(thrownBy(() => world.synth())).toMatchObject([{ code: 'NeedsNativeSidecars', path: 'shop/migrate' }]);
});
