import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Cron } from 'cdk8s';
import {
  AddedContainer, Configuration, ConfigurationUpdates, Mesh, MeshCronJob, MeshJob, MeshServiceProps, PodException, PodSecurity, Reload,
  ZeroTrustNamespace,
} from '../src';
import { find, synthesize } from './support/manifests';
import { ordersWith, podOf, World } from './support/world';

const SHARED = [PodException.sharedProcesses()];
const HUP = Reload.signal('HUP', { program: 'nginx' });
const flags = (reload: Reload = HUP, directory = '/etc/flags') => Configuration.files(directory, { express: 'off' }, { updates: ConfigurationUpdates.LIVE, reload });
const podWith = (props: Partial<MeshServiceProps>) => podOf(ordersWith({ exceptions: SHARED, configuration: [flags()], ...props }));

describe('a reload by a signal', () => {
  test('is sent by a small native sidecar that sees the files and the processes, as the program\'s user', () => {
    const { spec } = podWith({});
    const [{ command, resources, ...watcher }, ...others] = spec.initContainers;

    expect(others).toEqual([]);
    expect(spec.shareProcessNamespace).toBe(true);
    expect(watcher).toEqual({
      name: 'reload-0',
      image: 'docker.io/library/busybox:1.37.0-musl',
      restartPolicy: 'Always',
      volumeMounts: [{ name: 'configuration--0', mountPath: '/etc/flags', readOnly: true }],
      securityContext: {
        runAsUser: 65532,
        runAsGroup: 65532,
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        privileged: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
    expect(command.slice(0, 2)).toEqual(['sh', '-c']);
    expect(command.slice(3)).toEqual(['reload', '/etc/flags', 'HUP', 'nginx', '5']);
    expect(command[2]).not.toContain('$('); // in which Kubernetes would put a variable
    expect(resources.limits).toEqual({ cpu: '100m', memory: '64Mi' });
  });

  test('is another signal, process and image, whose name is no pattern', () => {
    const { spec } = podWith({ configuration: [flags(Reload.signal('USR2', { program: 'python3.12', image: 'registry.example/alpine:3.22' }))] });

    expect(spec.initContainers[0].image).toBe('registry.example/alpine:3.22');
    expect(spec.initContainers[0].command.slice(5)).toEqual(['USR2', 'python3\\.12', '5']);
  });

  test.each([
    ['another user', { user: 101 }, [101, 101, true]],
    ['a user by exception', { exceptions: [...SHARED, PodException.user(1000680000)] }, [1000680000, 1000680000, true]],
    ['root', { exceptions: [...SHARED, PodException.user(0)] }, [0, 0, false]],
  ])('of a program that is %s comes from the same', (_, props, user) => {
    const { spec, container } = podWith(props);
    const userOf = ({ securityContext: { runAsUser, runAsGroup, runAsNonRoot } }: any) => [runAsUser, runAsGroup, runAsNonRoot];

    expect(userOf(spec.initContainers[0])).toEqual(user);
    expect(userOf(container)).toEqual(user);
    expect(spec.initContainers[0].securityContext.capabilities).toEqual({ drop: ['ALL'] });
  });

  test('has a watcher for each directory, beside those of requests', () => {
    const { spec } = podWith({ configuration: [flags(), flags(Reload.request('POST', '/'), '/etc/more'), flags(Reload.signal('USR1', { program: 'agent' }), '/etc/agent')] });
    const watchers = spec.initContainers.map(({ name, command }: any) => [name, ...command?.slice(4, 7) ?? []]);

    expect(watchers).toEqual([['reload-0', '/etc/flags', 'HUP', 'nginx'], ['reload-1'], ['reload-2', '/etc/agent', 'USR1', 'agent']]);
  });

  test('holds for the pods of every version', () => {
    const world = new World();
    const orders = world.service('orders', { exceptions: SHARED, configuration: [flags()] });
    world.release(orders);
    const manifests = synthesize(world.shop);
    const [now, next] = ['orders', 'orders-v2'].map(name => podOf(manifests, name).spec);

    expect(next.initContainers).toEqual(now.initContainers);
    expect([now.shareProcessNamespace, next.shareProcessNamespace]).toEqual([true, true]);
  });

  test('holds for jobs, which are over although it still watches', () => {
    const world = new World();
    new MeshJob(world.shop, 'migrate', { image: 'migrate:1', exceptions: SHARED, configuration: [flags()] });
    new MeshCronJob(world.shop, 'report', { image: 'report:1', schedule: Cron.daily(), exceptions: SHARED, configuration: [flags()] });
    const manifests = synthesize(world.shop);

    for (const { spec } of [find(manifests, 'Job', 'migrate').spec.template, find(manifests, 'CronJob', 'report').spec.jobTemplate.spec.template]) {
      expect(spec.shareProcessNamespace).toBe(true);
      expect(spec.initContainers).toMatchObject([{ name: 'reload-0', restartPolicy: 'Always' }]);
    }
  });

  test('is sent by a container where no init container stays', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { nativeSidecars: false });
    world.service('orders', { exceptions: SHARED, configuration: [flags()] });

    expect(podOf(synthesize(world.shop)).spec.containers.map(({ name }: any) => name)).toEqual(['orders', 'reload-0']);
  });

  test.each([PodSecurity.RESTRICTED, PodSecurity.BASELINE])('is admitted by a zero-trust namespace: %s', (podSecurity) => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { podSecurity });
    world.service('orders', { exceptions: SHARED, configuration: [flags()] });

    expect(() => world.synth()).not.toThrow();
  });

  test('is no matter of pods without one: their processes stay apart', () => {
    expect('shareProcessNamespace' in podOf(ordersWith({ configuration: [flags(Reload.request('POST', '/'))] })).spec).toBe(false);
  });
});

test('processes are shared by name, for an added container too', () => {
  const debug = AddedContainer.sidecar('debug', { image: 'debug:1', exceptions: SHARED });

  expect(podOf(ordersWith({ addedContainers: [debug] })).spec.shareProcessNamespace).toBe(true);
});

/** The script with real processes, where the machine has what the image has. */
const machineHasThem = ['sh', 'readlink', 'pgrep'].every(name => spawnSync('which', [name]).status === 0) && fs.existsSync('/proc/self/comm');

(machineHasThem ? describe : describe.skip)('the watcher', () => {
  let folder: string;
  let running: ChildProcess[];
  let said: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reload-'));
    running = [];
    said = '';
    update('one');
  });

  afterEach(async () => {
    running.forEach(child => child.kill('SIGKILL'));
    await Promise.all(running.map(child => child.exitCode ?? child.signalCode ?? new Promise(resolve => child.once('exit', resolve))));
    fs.rmSync(folder, { recursive: true });
  });

  /** As the kubelet does: kubernetes pkg/volume/util/atomic_writer.go. */
  function update(content: string): void {
    const version = `..${content}`;
    fs.mkdirSync(path.join(folder, version));
    fs.writeFileSync(path.join(folder, version, 'express'), content);
    fs.symlinkSync(version, path.join(folder, '..data_tmp'));
    fs.renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
  }

  const NAME = `r.${process.pid}`; // no other process of the machine

  /** A process of that name which tells the signals that it gets. */
  async function program(name: string): Promise<{ pid: number; log: () => string }> {
    const file = path.join(folder, name);
    // A script bears the name of its own file
    fs.writeFileSync(file, '#!/bin/sh\nfor each in HUP USR1 USR2; do trap "echo $each" $each; done; echo ready; while :; do sleep 0.05; done\n', { mode: 0o755 });
    let log = '';
    const child = spawn(file);
    child.stdout.on('data', (text) => { log += text; });
    running.push(child);
    await until(() => log.includes('ready'));
    return { pid: child.pid!, log: () => log.replace('ready\n', '') };
  }

  /** That of a rendered pod, on this machine's directory, which looks more often. */
  async function watch(reload: Reload): Promise<void> {
    const [{ command: [shell, ...args] }] = podWith({ configuration: [flags(reload)] }).spec.initContainers;
    args.splice(3, 1, folder);
    args.splice(-1, 1, '0.1');
    const child = spawn(shell, args);
    [child.stdout, child.stderr].forEach(stream => stream.on('data', (text) => { said += text; }));
    running.push(child);
    // It has read the link when it sleeps for the first time
    await until(() => spawnSync('pgrep', ['-P', String(child.pid), '-x', 'sleep']).status === 0);
  }

  async function until(condition: () => boolean): Promise<void> {
    for (const end = Date.now() + 5000; !condition(); await new Promise(resolve => setTimeout(resolve, 20))) {
      if (Date.now() > end) {
        throw new Error(`not within 5 seconds; the watcher said: ${said}`);
      }
    }
  }

  test.each(['HUP', 'USR1', 'USR2'])('sends %s once for each change, to the oldest process of that name alone', async (signal) => {
    const [other, master, worker] = [await program(`${NAME}x`), await program(NAME), await program(NAME)];
    await watch(Reload.signal(signal, { program: NAME }));
    expect(master.log()).toBe('');

    update('two');
    await until(() => master.log() !== '');
    update('three');
    await until(() => master.log().split('\n').length > 2);
    await new Promise(resolve => setTimeout(resolve, 400));

    expect([master, worker, other].map(({ log }) => log())).toEqual([`${signal}\n${signal}\n`, '', '']);
    expect(said).toContain(`sent ${signal} to ${NAME.replace('.', '\\.')}, process ${master.pid}`);
  }, 20_000);

  test('takes a name for a name and not for a pattern', async () => {
    const other = await program(NAME.replace('.', '_'));
    await watch(Reload.signal('HUP', { program: NAME }));
    update('two');
    await until(() => said.includes('no process is named'));

    expect(other.log()).toBe('');
  }, 20_000);

  test('owes no signal to a program that starts after the change, and goes on', async () => {
    await watch(Reload.signal('HUP', { program: NAME }));
    update('two');
    await until(() => said.includes('no process is named'));
    const late = await program(NAME);
    await new Promise(resolve => setTimeout(resolve, 400));
    expect(late.log()).toBe('');

    update('three');
    await until(() => late.log() === 'HUP\n');
  }, 20_000);
});
