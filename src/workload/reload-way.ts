import { Excepted } from './pod-exception';
import { Site } from '../diagnostics/site';

/** The program that is told, as far as a watcher depends on it. */
export interface ReloadedProgram extends Excepted {
  /** Its first port, where it speaks plain HTTP. */
  readonly servicePort?: number;
}

/** A way to tell a program that its files have changed. */
export interface ReloadWay {
  /** Finds what is wrong with its own values. */
  readonly check: (site: Site) => void;
  /** Finds what the program lacks for it. */
  readonly checkProgram: (site: Site, program: ReloadedProgram) => void;
  /**
   * The watcher, as a container that sees the files.
   *
   * @param index that of the configuration: it makes names and ports unique.
   * @param container the program's, as it is rendered.
   */
  readonly watcher: (index: number, mount: { name: string; mountPath: string }, container: any) => any;
}

/** What every watcher needs: it waits nearly all the time. */
export const WATCHER_RESOURCES = { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '64Mi' } };
