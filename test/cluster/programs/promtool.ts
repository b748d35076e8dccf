import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { attempt, run } from '../machine/process';

/** Prometheus' own checker of rules: the machine's, or that of the Debian package, of which nothing is installed or started. */
export async function providePromtool(): Promise<string> {
  const installed = (await attempt(['sh', '-c', 'command -v promtool'])).stdout.trim();
  if (installed) return installed;
  const folder = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'cdk8s-mesh', 'promtool');
  const file = path.join(folder, 'usr/bin/promtool');
  if (!fs.existsSync(file)) {
    fs.mkdirSync(folder, { recursive: true });
    const download = ['apt-get', 'download', 'prometheus'];
    if ((await attempt(download, { cwd: folder })).code !== 0) {
      await attempt(['apt-get', 'update']);
      await run(download, { cwd: folder });
    }
    const [archive] = fs.readdirSync(folder).filter((name) => name.endsWith('.deb'));
    await run(['dpkg', '-x', archive, '.'], { cwd: folder });
  }
  return file;
}
