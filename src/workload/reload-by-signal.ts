import { checkImage } from './check-image';
import { sharesProcesses } from './pod-exception';
import { ReloadSignalOptions } from './reload-options';
import { ReloadWay, WATCHER_RESOURCES } from './reload-way';

/** A Docker official image of one static program, which has all that the script needs. */
const IMAGE = 'docker.io/library/busybox:1.37.0-musl';

/** Those by which programs reload. All others end a program, or mean something else. */
const SIGNALS = ['HUP', 'USR1', 'USR2'];

/** Linux keeps so much of a name (TASK_COMM_LEN, with its end). */
const LONGEST_NAME = 15;

/** What the watcher and the mesh's proxy run themselves, and the sandbox's own process: all are older than the program. */
const OTHERS = ['sh', 'sleep', 'readlink', 'pgrep', 'pause', 'pilot-agent', 'envoy'];

/** How often the link is read. The kubelet replaces it a minute or two after the commit. */
const SECONDS = '5';

/**
 * Sends the signal when the link is another one: directory, signal, process and seconds are its arguments.
 *
 * It reads the link again and again instead of waiting for an event: BusyBox' `inotifyd` hands its own arguments to what it runs, so that a
 * script was needed for it too, and images had it only lately (docker-library/busybox#232).
 * `kill` of the shell and not `pkill`, which in BusyBox does not say that a signal was not permitted (procps/pgrep.c, act()).
 * Where there is no such process no signal is owed: one that starts later reads the new files.
 * Backticks, because Kubernetes has a meaning of its own for a dollar and a parenthesis in a command.
 */
const SCRIPT = `seen=\`readlink "$1/..data"\`
while sleep "$4"; do
  now=\`readlink "$1/..data"\`
  [ "$now" = "$seen" ] && continue
  seen=$now
  pid=\`pgrep -o -x "$3"\` || { echo "the files have changed, and no process is named $3" >&2; continue; }
  kill -s "$2" "$pid" && echo "the files have changed: sent $2 to $3, process $pid"
done`;

export function reloadBySignal(signal: string, { program, image = IMAGE }: ReloadSignalOptions): ReloadWay {
  return {
    check: (site) => {
      if (!SIGNALS.includes(signal)) {
        site.in('signal').fail('InvalidConfiguration', `must be ${SIGNALS.join(', ')}`, signal, 'Write the signal at which the program reads its files again, without SIG: HUP.');
      }
      const at = site.in('program');
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(program)) {
        at.fail('InvalidConfiguration', 'must be the name of a process', program, 'Write the name of the program\'s file, without directory and arguments: nginx.');
      }
      if (program.length > LONGEST_NAME) {
        at.fail('InvalidConfiguration', `must have at most ${LONGEST_NAME} characters`, program, `Linux keeps no more of a name: write ${program.slice(0, LONGEST_NAME)}.`);
      }
      if (OTHERS.includes(program)) {
        at.fail('InvalidConfiguration', 'must not be a process of the watcher, the proxy or the sandbox', program, 'The oldest process of that name would get the signal, which is not the program: give its file another name.');
      }
      checkImage(site.in('image'), image);
    },
    checkProgram: (site, given) => {
      if (!sharesProcesses(given)) {
        site.fail('InvalidException', 'must be given beside PodException.sharedProcesses()', 'Reload.signal',
          'Add exceptions: [PodException.sharedProcesses()], which says what the pod gives up for a signal. Or use Reload.request().');
      }
    },
    // Upstream: linux kernel/signal.c, kill_ok_by_cred: without CAP_KILL only the same user may send it
    watcher: (index, mount, { securityContext: { runAsUser, runAsGroup, runAsNonRoot } }) => ({
      name: `reload-${index}`,
      image,
      command: ['sh', '-c', SCRIPT, 'reload', mount.mountPath, signal, program.replace(/[.+]/g, '\\$&'), SECONDS],
      securityContext: { runAsUser, runAsGroup, runAsNonRoot },
      resources: WATCHER_RESOURCES,
      volumeMounts: [{ ...mount, readOnly: true }],
    }),
  };
}
