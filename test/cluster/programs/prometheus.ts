import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { attempt, run } from '../machine/process';

/** Prometheus and its checker of rules. */
const NAMES = ['prometheus', 'promtool'];

/** Where they are: the machine's, or those of the Debian package, of which nothing is installed. */
export async function providePrometheus(): Promise<Record<string, string>> {
  const installed = (await attempt(['sh', '-c', `command -v ${NAMES.join(' && command -v ')}`])).stdout.trim().split('\n');
  if (installed.length === NAMES.length) return Object.fromEntries(NAMES.map((name, i) => [name, installed[i]]));
  const folder = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'cdk8s-mesh', 'promtool');
  const files = Object.fromEntries(NAMES.map((name) => [name, path.join(folder, 'usr/bin', name)]));
  if (!Object.values(files).every((file) => fs.existsSync(file))) {
    fs.mkdirSync(folder, { recursive: true });
    const download = ['apt-get', 'download', 'prometheus'];
    if ((await attempt(download, { cwd: folder })).code !== 0) {
      await attempt(['apt-get', 'update']);
      await run(download, { cwd: folder });
    }
    const [archive] = fs.readdirSync(folder).filter((name) => name.endsWith('.deb'));
    await run(['dpkg', '-x', archive, '.'], { cwd: folder });
  }
  return files;
}
