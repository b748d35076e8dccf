import { checkDnsName, checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { registerEnums } from '../diagnostics/type-fit';
import { MeshDestination } from '../graph/mesh-destination';
import { WasmManifest } from '../manifests/istio-filters';

/**
 * What becomes of requests when a module cannot be fetched, or ends by an error.
 *
 * Istio: `FailStrategy`.
 */
export enum FailStrategy {
  /** They are refused: with 403 while it cannot be fetched, with 5xx after an error. */
  CLOSE = 'FAIL_CLOSE',
  /** They pass without it. Not for what decides who may. */
  OPEN = 'FAIL_OPEN',
  /** After an error the module is started anew for the next request; otherwise as CLOSE. */
  RELOAD = 'FAIL_RELOAD',
}

registerEnums({ FailStrategy });

/**
 * Options for `ExtensionFilter.wasm`.
 */
export interface WasmOptions {
  /**
   * The hosts from which the proxies of the pods fetch the module: that of the URL, and those to which a registry sends them on. Their way
   * there is opened, to these pods and no others.
   *
   * @default - none: for a `file://` URL, which is the only one that needs none
   */
  readonly fetchedFrom?: MeshDestination[];

  /**
   * The checksum of the module, or of the image's layer: 64 hexadecimal digits in small letters.
   *
   * Istio: `sha256`.
   *
   * @default - that of the URL, if it names a digest. A module by http or https needs one, and so does an image whose tag is `latest`
   */
  readonly sha256?: string;

  /**
   * The Secret with which the image is fetched, in the namespace of the extension, of type `kubernetes.io/dockerconfigjson`.
   *
   * Istio: `imagePullSecret`.
   *
   * @default - none
   */
  readonly pullSecret?: string;

  /**
   * Which plug-in of the module is meant, where it has several: its root id.
   *
   * Istio: `pluginName`.
   *
   * @default - the module's only one
   */
  readonly pluginName?: string;

  /**
   * What the plug-in is told: texts, numbers, truth values, lists and objects as JSON has them, at least one field. It stands in the object, so no secret belongs here.
   *
   * Istio: `pluginConfig`.
   *
   * @default - nothing
   */
  readonly configuration?: { [field: string]: any };

  /**
   * The environment of the plug-in, which does not see the proxy's: at least one variable.
   *
   * Istio: `vmConfig.env`.
   *
   * @default - none
   */
  readonly variables?: { [name: string]: string };

  /**
   * What becomes of requests without it.
   *
   * Istio: `failStrategy`.
   *
   * @default - FailStrategy.CLOSE
   */
  readonly failStrategy?: FailStrategy;
}

/** A module as it is written, and who has to be reached for it. */
export function wasmManifest(site: Site, url: string, options: WasmOptions): WasmManifest {
  const { sha256, pullSecret, pluginName, configuration, variables } = options;
  const scheme = checkUrl(site, url);
  if (sha256 !== undefined && !/^[a-f0-9]{64}$/.test(sha256)) {
    site.in('sha256').fail('InvalidExtension', 'must be 64 hexadecimal digits in small letters', sha256, 'Write what sha256sum says of the module.');
  }
  checkPinned(site, scheme, url, sha256);
  if (pullSecret !== undefined) {
    if (scheme !== 'oci') {
      site.in('pullSecret').fail('InvalidExtension', 'is for an image of a registry', pullSecret, 'Leave it out, or fetch the module from a registry: oci://.');
    }
    checkDnsName(site.in('pullSecret'), pullSecret);
  }
  if (pluginName !== undefined && (pluginName.length === 0 || pluginName.length > 256)) {
    site.in('pluginName').fail('InvalidExtension', 'must have 1 to 256 characters', pluginName, 'Write the root id of the plug-in, or leave it out.');
  }
  // Of an empty configuration istiod makes none: istio/istio pilot/pkg/model/extensions.go, buildWasmConfig
  for (const [property, value] of Object.entries({ configuration, variables })) {
    if (value && Object.keys(value).length === 0) {
      site.in(property).fail('EmptyList', 'must not be empty', value, 'Leave it out.');
    }
  }
  checkJson(site.in('configuration'), configuration ?? {});
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(name) || value.length > 2048) {
      site.in('variables').fail('InvalidVariable', 'must have a name of letters, digits and _, and a value of at most 2048 characters', name, 'Put what is longer into the configuration.');
    }
    checkSet(site.in('variables').in(name), value);
  }
  return {
    url,
    ...(sha256 !== undefined && { sha256 }),
    ...(pullSecret !== undefined && { imagePullSecret: pullSecret }),
    ...(pluginName !== undefined && { pluginName }),
    ...(configuration && { pluginConfig: configuration }),
    failStrategy: options.failStrategy ?? FailStrategy.CLOSE,
    ...(variables && { vmConfig: { env: Object.entries(variables).map(([name, value]) => ({ name, value })) } }),
  };
}

/** Of what JSON does not have YAML makes something that the API server does not take, or nothing at all. */
function checkJson(site: Site, value: unknown, around: unknown[] = []): void {
  const isObject = Object.prototype.toString.call(value) === '[object Object]' && [undefined, 'Object'].includes((value as object).constructor?.name);
  if (around.includes(value)) {
    site.fail('InvalidExtension', 'must not hold what it is a part of', 'a circle', 'Write data as it stands in a file of JSON.');
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => checkJson(site.at(index), item, [...around, value]));
  } else if (isObject) {
    const said = Object.entries(value as object).filter(([, item]) => item !== undefined);
    said.forEach(([key, item]) => checkJson(site.in(key), item, [...around, value]));
  } else if (value !== null && !['string', 'boolean'].includes(typeof value) && !Number.isFinite(value)) {
    site.fail('InvalidExtension', 'must be what JSON has', value, 'Use a text, a finite number, true, false, null, a list or a plain object; write a date by toISOString().');
  }
}

type Scheme = 'oci' | 'http' | 'https' | 'file';

/** Without a scheme Istio takes it for an image; here one says what it is. */
function checkUrl(site: Site, url: string): Scheme {
  const [, scheme] = /^(oci|https?):\/\/[a-z0-9.-]+(?::\d+)?\/[^\s?#]+$|^(file):\/\/\/[^\s?#]+$/.exec(url)?.filter((part, index) => index === 0 || part) ?? [];
  if (scheme === undefined) {
    site.in('url').fail('InvalidUrl', 'must be the URL of a module', url, 'Write oci://registry.example.com/acme/waf:1.2.0, https://modules.example.com/waf.wasm or file:///etc/waf.wasm.');
  }
  checkSet(site.in('url'), url);
  return scheme as Scheme;
}

/** What may change under its name would change what every request goes through. */
function checkPinned(site: Site, scheme: Scheme, url: string, sha256: string | undefined): void {
  const [, digest] = /@sha256:([a-f0-9]{64})$/.exec(url) ?? [];
  if (digest !== undefined && sha256 !== undefined && digest !== sha256) {
    site.in('sha256').fail('InvalidExtension', 'must be the digest of the URL', sha256, 'Leave it out: the URL says it.');
  }
  const tagged = /\/[^/:]+:(?!latest$)[\w][\w.-]{0,127}$/.test(url);
  if (sha256 === undefined && (scheme === 'oci' ? digest === undefined && !tagged : scheme !== 'file')) {
    site.in('sha256').fail('UnpinnedImage', 'is required where the URL does not say which module it is', sha256, 'Give the checksum of the module, or an image its tag or digest.');
  }
}

/** The host that is asked for the module, and how its port is described; none for a file. */
export function hostOfModule(url: string): { host: string; port: number; described: string } | undefined {
  const [, scheme, host, given] = /^(oci|https?):\/\/([^/:]+)(?::(\d+))?\//.exec(url) ?? [];
  const port = given ? Number(given) : scheme === 'http' ? 80 : 443;
  return host === undefined ? undefined : { host, port, described: `MeshPort.${scheme === 'http' ? 'http' : 'tls'}(${port})` };
}
