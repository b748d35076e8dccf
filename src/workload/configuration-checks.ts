import { Site } from '../diagnostics/site';

export function checkMountPath(site: Site, path: string): void {
  const SYSTEM = /^\/(bin|dev|etc|lib|lib64|proc|run|sbin|sys|tmp|usr|usr\/(bin|lib|local|local\/bin)|var|var\/(lib|run)|root|home|opt)$/;
  if (!/^(\/[A-Za-z0-9._-]*[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(path) || path.length > 150) {
    site.fail('InvalidPath', 'must be an absolute directory below the root', path, 'Write it from the root, in letters, digits, \'-\', \'_\' and \'.\', without a trailing slash: /etc/orders.');
  }
  if (SYSTEM.test(path)) {
    site.fail('InvalidPath', 'must not be a directory of the system', path, 'The files would hide what the image has there: name a directory below it, such as /etc/orders.');
  }
}

export function checkAny(site: Site, data: { [key: string]: string }): void {
  if (Object.keys(data).length === 0) {
    site.fail('EmptyList', 'must name at least one', data, 'Leave it out where there is nothing to say.');
  }
}

/** Upstream: kubernetes/apimachinery pkg/util/validation/validation.go, IsConfigMapKey; those of Secrets are alike. */
export function checkKey(site: Site, key: string): void {
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === '.' || key.startsWith('..')) {
    site.fail('InvalidConfiguration', 'must be named by letters, digits, \'-\', \'_\' and \'.\'', key, 'Write the name of a file alone; a directory within is a Configuration of its own.');
  }
}

/** What a shell takes too: Kubernetes leaves out other names, with no more than an event. */
export function checkVariableNames(site: Site, variables: { [name: string]: string }): void {
  checkAny(site, variables);
  Object.keys(variables).filter(name => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)).forEach(name => site.in(name).fail(
    'InvalidVariable', 'must be named by letters, digits and \'_\'', name, 'Begin with no digit: LOG_LEVEL.'));
}

/** Upstream: kubernetes/kubernetes pkg/apis/core/validation/validation.go, ValidateConfigMap (MaxSecretSize). */
export function checkSize(site: Site, data: { [key: string]: string }): void {
  const size = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (size > 2 ** 20) {
    site.fail('InvalidConfiguration', 'must be at most 1 MiB together', `${size} bytes`, 'Put them into the image, or into a volume: a ConfigMap holds no more.');
  }
}
