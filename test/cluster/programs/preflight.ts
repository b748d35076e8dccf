import * as fs from 'node:fs';
import { attempt } from '../machine/process';
import { leashed } from '../machine/sandbox';

/** Something the cluster needs, and how to get it. */
interface Need {
  readonly what: string;
  readonly how: string;
  readonly check: () => Promise<boolean> | boolean;
}

const DEBIAN_PACKAGES = 'iproute2 iptables nftables';

const SYSTEM_PROGRAMS = ['ip', 'nft', 'iptables-restore'];

const NEEDS: Need[] = [
  {
    what: 'Go 1.26 or newer',
    how: 'https://go.dev/dl/ and put its bin folder on the PATH',
    check: async () => {
      const version = /go(\d+)\.(\d+)/.exec((await attempt(['go', 'env', 'GOVERSION'])).stdout);
      return version !== null && (Number(version[1]) > 1 || Number(version[2]) >= 26);
    },
  },
  {
    what: 'Python 3 with pip',
    how: 'apt-get install python3 python3-pip',
    check: () => works(['python3', '-m', 'pip', '--version']),
  },
  {
    what: 'unshare, nsenter, setpriv and flock',
    how: 'apt-get install util-linux',
    check: async () => (await Promise.all(['unshare', 'nsenter', 'setpriv', 'flock'].map((program) => works([program, '--version'])))).every(Boolean),
  },
  {
    what: 'ip, nft and iptables',
    how: `apt-get install ${DEBIAN_PACKAGES}`,
    check: systemPrograms,
  },
  {
    what: 'permission to make namespaces and mounts',
    how: 'run as root (sudo); in a container, with --privileged',
    check: async () => process.getuid!() === 0
      && works(leashed(['sh', '-c', 'ip link add probe0 type veth peer name probe1 && mount -t tmpfs tmpfs /run && nft add table ip probe'], ['--net'])),
  },
];

/** Says everything that is missing, or nothing; installs the Debian packages where it may. */
export async function preflight(say: (line: string) => void = console.error): Promise<string[]> {
  if (process.platform !== 'linux') {
    return [`the cluster needs Linux, this is ${process.platform}: use a Linux machine, a virtual machine or a privileged container`];
  }
  if (!await systemPrograms() && process.getuid!() === 0 && fs.existsSync('/usr/bin/apt-get')) await installPackages(say);
  const missing: string[] = [];
  for (const need of NEEDS) {
    if (!await need.check()) missing.push(`${need.what}: ${need.how}`);
  }
  return missing;
}

async function installPackages(say: (line: string) => void): Promise<void> {
  say(`cluster: installing the system packages ${DEBIAN_PACKAGES} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES.split(' ')];
  if ((await attempt(install, { env })).code === 0) return;
  await attempt(['apt-get', 'update'], { env });
  const done = await attempt(install, { env });
  if (done.code !== 0) say(`cluster: apt-get failed: ${done.stderr.trim().split('\n').pop()}`);
}

async function systemPrograms(): Promise<boolean> {
  return (await Promise.all(SYSTEM_PROGRAMS.map((program) => works([program, '-V'])))).every(Boolean);
}

async function works(command: string[]): Promise<boolean> {
  return (await attempt(command)).code === 0;
}
