import * as crypto from 'node:crypto';
import { checkAny, checkKey, checkMountPath, checkSize, checkVariableNames } from './configuration-checks';
import { Reload } from './reload';
import { checked } from '../diagnostics/checked';
import { checkDnsName, isWhollyUnset } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { registerEnums } from '../diagnostics/type-fit';
import { ConfigMapManifest } from '../manifests/kubernetes';

/**
 * What happens to running pods when files change.
 */
export enum ConfigurationUpdates {
  /**
   * The pods are replaced, as for a new image: each of them has the files that it was started with, and a `git revert` brings back
   * the old ones with pods of their own.
   */
  ROLL = 'roll',

  /**
   * The files are changed in place, in every pod at once, a minute or two after the commit was applied: the kubelet looks that often, and
   * keeps what it has read. The program has to read them again, by itself or told by a `Reload`. A wrong file reaches every pod without
   * any of them being tried first: for what may never take the service down, such as flags.
   */
  LIVE = 'live',
}
registerEnums({ ConfigurationUpdates });

/**
 * Options for `Configuration.files`.
 */
export interface ConfigurationFilesOptions {
  /**
   * What happens to running pods when the files change.
   *
   * @default - ConfigurationUpdates.ROLL
   */
  readonly updates?: ConfigurationUpdates;

  /**
   * How the program is told that files were changed in place. Only beside `ConfigurationUpdates.LIVE`.
   *
   * @default - it is not: it watches the directory, in which the link `..data` is replaced
   */
  readonly reload?: Reload;
}

/**
 * Options for `Configuration.secret`: at least one of them.
 */
export interface ConfigurationSecretOptions {
  /**
   * The directory in which each key of the Secret is a file. A changed Secret changes them in place, a minute or two later.
   *
   * Kubernetes: `volumes.secret`, `volumeMounts.mountPath`.
   *
   * @default - there are no files
   */
  readonly mountPath?: string;

  /**
   * Variables by name, each with the key of the Secret whose value it has. A changed Secret reaches a program at its next
   * start: prefer files, which also do not show in a crash report.
   *
   * Kubernetes: `env.valueFrom.secretKeyRef`.
   *
   * @default - there are no variables
   */
  readonly variables?: { [name: string]: string };
}

/**
 * What a program is configured with: files and variables. It is the same in the pods of every version of a service, but for what a version says itself.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/configmap/
 */
@checked
export abstract class Configuration {
  /**
   * Files in a directory that has nothing else, for reading only: an image's own files there are hidden. They are at most 1 MiB
   * together. Those of more than 256 KiB have to be applied on the server's side (`kubectl apply --server-side`), because
   * kubectl otherwise writes the whole into an annotation.
   *
   * By default the ConfigMap's name ends in a hash of the content (`orders-config-1a2b3c4d`), and it never changes: new content is
   * a new ConfigMap, and the pods that read it are new ones. One that updates LIVE is named after the directory
   * (`orders-config-etc-flags`); it is mounted as a whole, because a mount with `subPath` would never see a change.
   *
   * Throws `InvalidPath`, `EmptyList`, `InvalidConfiguration` and the errors of a `Reload`, when a construct is given it.
   *
   * Kubernetes: ConfigMap with `immutable: true`, `volumes.configMap`, `volumeMounts`.
   *
   * @see https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable
   *
   * @param path the directory, from the root: `/etc/orders`.
   * @param files the texts by the names of their files: letters, digits, '-', '_' and '.'.
   *
   * @example
   * new MeshService(chart, 'orders', {
   *   image: 'ghcr.io/acme/orders:1.4.2',
   *   ports: [MeshPort.http(8080)],
   *   configuration: [
   *     Configuration.files('/etc/orders', { 'orders.yaml': ConfigurationFile.yaml({ currency: 'EUR' }) }),
   *     Configuration.files('/etc/flags', { express: 'off' }, { updates: ConfigurationUpdates.LIVE, reload: Reload.request('POST', '/-/reload') }),
   *   ],
   * });
   */
  public static files(path: string, files: { [name: string]: string }, options: ConfigurationFilesOptions = {}): Configuration {
    return new Files(path, files, options);
  }

  /**
   * Variables of the environment. A change rolls the pods, as for files that do.
   *
   * Throws `EmptyList`, `InvalidVariable` and `InvalidConfiguration`, when a construct is given it.
   *
   * Kubernetes: ConfigMap with `immutable: true`, `envFrom.configMapRef`.
   *
   * @param variables the values by name: letters, digits and '_'. None of them may be in `env` too.
   *
   * @example
   * Configuration.variables({ CURRENCY: 'EUR', LOG_LEVEL: 'info' });
   */
  public static variables(variables: { [name: string]: string }): Configuration {
    return new Variables(variables);
  }

  /**
   * What a Secret of the namespace holds, which somebody else writes: an `ExternalSecret`, cert-manager, an operator. A pod waits
   * for it to be there. No secret value ever stands in a program that describes a mesh.
   *
   * Throws `InvalidName`, `InvalidPath`, `InvalidVariable`, `InvalidConfiguration` and `EmptyList`, when a construct is given it.
   *
   * @param name the Secret's.
   *
   * @example
   * Configuration.secret('orders-db', { mountPath: '/etc/orders-db', variables: { DB_USER: 'username' } });
   */
  public static secret(name: string, options: ConfigurationSecretOptions): Configuration {
    return new SecretValues(name, options);
  }

  /** @internal */
  public abstract readonly _mountPath?: string;

  /** @internal */
  public abstract readonly _variableNames: string[];

  /** @internal */
  public readonly _reload?: Reload;

  /**
   * Whether it is changed in place.
   *
   * @internal
   */
  public readonly _live: boolean = false;

  /**
   * The Secret that it is of, where it is of one.
   *
   * @internal
   */
  public readonly _secretName?: string;

  /** @internal */
  public abstract _check(site: Site): void;

  /**
   * What has to be made for it; nothing where somebody else does.
   *
   * @internal
   */
  public abstract _configMap(program: string): (ConfigMapManifest & { name: string }) | undefined;

  /**
   * What is left of it where a version has these variables, or something else in these directories.
   *
   * @internal
   */
  public abstract _without(variables: string[], paths: string[]): Configuration[];

  /**
   * What it adds to the spec of the pods. The first container is the program's.
   *
   * @internal
   */
  public abstract _addTo(template: any, index: number): void;
}

class Files extends Configuration {
  public readonly _variableNames = [];
  public readonly _reload?: Reload;
  public readonly _live: boolean;

  constructor(public readonly _mountPath: string, private readonly files: { [name: string]: string }, options: ConfigurationFilesOptions) {
    super();
    this._live = options.updates === ConfigurationUpdates.LIVE;
    this._reload = options.reload;
  }

  public _check(site: Site): void {
    checkMountPath(site.in('path'), this._mountPath);
    checkAny(site.in('files'), this.files);
    Object.keys(this.files).forEach(name => checkKey(site.in('files').in(name), name));
    checkSize(site.in('files'), this.files);
    if (this._reload && !this._live) {
      site.in('reload').fail('InvalidConfiguration', 'has no meaning for files that never change', 'a Reload', 'Leave it out: the pods are new ones. Or add updates: ConfigurationUpdates.LIVE.');
    }
    this._reload?._check(site.in('reload'));
  }

  public _configMap(program: string): ConfigMapManifest & { name: string } {
    const data = sorted(this.files);
    const words = this._mountPath.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);
    return this._live ? { name: [program, 'config', ...words].join('-'), data } : { name: rollingName(program, data), immutable: true, data };
  }

  public _without(_variables: string[], paths: string[]): Configuration[] {
    return paths.includes(this._mountPath) ? [] : [this];
  }

  public _addTo(template: any, index: number): void {
    const { metadata, spec } = template;
    const [container] = spec.containers;
    const mount = addVolume(spec, index, this._mountPath, { configMap: { name: this._configMap(container.name).name } });
    if (this._reload) {
      const watcher = this._reload._watcher(index, mount, container);
      // Where no init container can stay, it stands beside the program
      const stays = metadata.annotations?.['sidecar.istio.io/nativeSidecar'] !== 'false';
      const list = stays ? 'initContainers' : 'containers';
      spec[list] = [...spec[list] ?? [], stays ? { ...watcher, restartPolicy: 'Always' } : watcher];
    }
  }
}

class Variables extends Configuration {
  public readonly _mountPath = undefined;

  constructor(private readonly variables: { [name: string]: string }) {
    super();
  }

  public get _variableNames(): string[] {
    return Object.keys(this.variables);
  }

  public _check(site: Site): void {
    checkVariableNames(site.in('variables'), this.variables);
    Object.entries(this.variables).filter(([, value]) => isWhollyUnset(value)).forEach(([name, value]) => site.in('variables').in(name).fail(
      'UnsetValue', 'must not be made of a value that is not set', value, 'Look where the text is put together: the variable was empty.'));
    checkSize(site.in('variables'), this.variables);
  }

  public _configMap(program: string): ConfigMapManifest & { name: string } {
    const data = sorted(this.variables);
    return { name: rollingName(program, data), immutable: true, data };
  }

  public _without(variables: string[]): Configuration[] {
    const left = unshared(this.variables, variables);
    return left === this.variables ? [this] : Object.keys(left).length === 0 ? [] : [new Variables(left)];
  }

  public _addTo({ spec: { containers: [container] } }: any): void {
    container.envFrom = [...container.envFrom ?? [], { configMapRef: { name: this._configMap(container.name).name } }];
  }
}

class SecretValues extends Configuration {
  public readonly _secretName: string;

  constructor(name: string, private readonly options: ConfigurationSecretOptions) {
    super();
    this._secretName = name;
  }

  public get _mountPath(): string | undefined {
    return this.options.mountPath;
  }

  public get _variableNames(): string[] {
    return Object.keys(this.options.variables ?? {});
  }

  public _check(site: Site): void {
    const { mountPath, variables } = this.options;
    checkDnsName(site.in('name'), this._secretName);
    if (mountPath === undefined && variables === undefined) {
      site.fail('EmptyList', 'must say how the program gets it', this._secretName, 'Give it a mountPath for files, or variables.');
    }
    if (mountPath !== undefined) {
      checkMountPath(site.in('mountPath'), mountPath);
    }
    if (variables !== undefined) {
      checkVariableNames(site.in('variables'), variables);
      Object.entries(variables).forEach(([name, key]) => checkKey(site.in('variables').in(name), key));
    }
  }

  public _configMap(): undefined {
    return undefined;
  }

  public _without(names: string[], paths: string[]): Configuration[] {
    const { mountPath, variables } = this.options;
    const left = variables && unshared(variables, names);
    const stays = mountPath === undefined || !paths.includes(mountPath);
    if (stays && left === variables) {
      return [this];
    }
    const options = { mountPath: stays ? mountPath : undefined, variables: left && Object.keys(left).length > 0 ? left : undefined };
    return options.mountPath === undefined && options.variables === undefined ? [] : [new SecretValues(this._secretName, options)];
  }

  public _addTo({ spec }: any, index: number): void {
    const [container] = spec.containers;
    const { mountPath, variables = {} } = this.options;
    if (mountPath !== undefined) {
      addVolume(spec, index, mountPath, { secret: { secretName: this._secretName } });
    }
    const env = Object.entries(variables).map(([name, key]) => ({ name, valueFrom: { secretKeyRef: { name: this._secretName, key } } }));
    if (env.length > 0) {
      container.env = [...container.env ?? [], ...env];
    }
  }
}

function addVolume(spec: any, index: number, mountPath: string, source: object): { name: string; mountPath: string } {
  const [container] = spec.containers;
  // No directory that the program writes to makes a name with two dashes in a row
  const mount = { name: `configuration--${index}`, mountPath };
  spec.volumes = [...spec.volumes ?? [], { name: mount.name, ...source }];
  container.volumeMounts = [...container.volumeMounts ?? [], { ...mount, readOnly: true }];
  return mount;
}

/** The same object where none of them is in it. */
function unshared(variables: { [name: string]: string }, names: string[]): { [name: string]: string } {
  const left = Object.entries(variables).filter(([name]) => !names.includes(name));
  return left.length === Object.keys(variables).length ? variables : Object.fromEntries(left);
}

/** The order in which a program has written them down is no change of content. */
function sorted(data: { [key: string]: string }): { [key: string]: string } {
  return Object.fromEntries(Object.keys(data).sort().map(key => [key, data[key]]));
}

function rollingName(program: string, data: { [key: string]: string }): string {
  return `${program}-config-${crypto.createHash('sha256').update(JSON.stringify(Object.entries(data))).digest('hex').slice(0, 8)}`;
}
