import { definesHandler } from './lua-script';
import { hostOfModule, wasmManifest, WasmOptions } from './wasm-module';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { MeshDestination } from '../graph/mesh-destination';
import { DEFAULT_SETTINGS } from '../graph/mesh-settings';
import { WasmManifest } from '../manifests/istio-filters';

/** What stands in the chain of the proxy. */
export interface ExtensionManifest {
  readonly lua?: { inlineCode: string };
  readonly wasm?: WasmManifest;
  readonly fetchedFrom: MeshDestination[];
}

/** As much as the API server takes. */
const LONGEST_SCRIPT = 65536;

/**
 * What a proxy runs for each request: a script, or a module.
 */
@checked
export class ExtensionFilter {
  /**
   * A script in Lua (LuaJIT 2.1), with a function `envoy_on_request(handle)`, `envoy_on_response(handle)` or both, which are global: in no other function and not `local`. An error in one of them ends the script for this request, which
   * goes on. One that does not compile is refused by the proxy with everything else of its listeners: try it before.
   *
   * @param code at most 65536 bytes.
   *
   * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/lua_filter
   *
   * @example
   * ExtensionFilter.lua(`
   *   function envoy_on_response(handle)
   *     handle:headers():add("x-served-by", "orders")
   *   end
   * `);
   */
  public static lua(code: string): ExtensionFilter {
    return new ExtensionFilter(site => ({ lua: { inlineCode: script(site, code) }, fetchedFrom: [] }));
  }

  /**
   * A module of WebAssembly, of the proxy-wasm interface.
   *
   * @param url `oci://registry.example.com/acme/waf:1.2.0`, `https://...`, `http://...`, or `file:///...` for one in the proxy's own image.
   *
   * @see https://istio.io/latest/docs/concepts/wasm/
   *
   * @example
   * const registry = new ExternalService(chart, 'registry', { host: 'registry.example.com', ports: [MeshPort.tls(443)] });
   * ExtensionFilter.wasm('oci://registry.example.com/acme/waf:1.2.0', {
   *   fetchedFrom: [registry],
   *   pullSecret: 'registry',
   *   configuration: { mode: 'block' },
   * });
   */
  public static wasm(url: string, options: WasmOptions = {}): ExtensionFilter {
    const fetchedFrom = [...options.fetchedFrom ?? []];
    return new ExtensionFilter((site) => {
      const wasm = wasmManifest(site, url, options);
      const module = hostOfModule(url);
      if (!module && fetchedFrom.length > 0) {
        site.in('fetchedFrom').fail('InvalidExtension', 'is for what is fetched', url, 'Leave it out: the file is in the proxy\'s image.');
      }
      if (module && fetchedFrom.length === 0) {
        site.in('fetchedFrom').fail('InvalidExtension', `must name ${module.host}: without a way to it the module is never there`, fetchedFrom,
          `Describe it: new ExternalService(chart, 'registry', { host: '${module.host}', ports: [${module.described}] }).`);
      }
      const portsOf = ({ _destination: { ports, host } }: MeshDestination) => ports.map(({ port }) => `${host(DEFAULT_SETTINGS)}:${port}`);
      // The first labels of a name of the cluster are one, too
      const isAt = ({ _destination: { ports, host } }: MeshDestination) => (
        `${host(DEFAULT_SETTINGS)}.`.startsWith(`${module!.host}.`) && ports.some(({ port }) => port === module!.port));
      if (module && !fetchedFrom.some(isAt)) {
        site.in('fetchedFrom').fail('InvalidExtension', `must have ${module.host}:${module.port} among them, where the module is`, fetchedFrom.flatMap(portsOf),
          `Describe it: new ExternalService(chart, 'registry', { host: '${module.host}', ports: [${module.described}] }).`);
      }
      const meshed = fetchedFrom.findIndex(({ _destination }) => _destination.takesMutualTls);
      if (meshed >= 0) {
        site.in('fetchedFrom').at(meshed).fail('InvalidExtension', 'must take requests without a certificate: the proxy\'s agent asks, and not its Envoy', fetchedFrom[meshed].node.path,
          'Serve modules outside of the mesh, and describe that as an ExternalService or an ExistingWorkload with inMesh: false.');
      }
      return { wasm, fetchedFrom };
    });
  }

  private constructor(private readonly manifest: (site: Site) => ExtensionManifest) {}

  /** @internal */
  public _toManifest(site: Site): ExtensionManifest {
    return this.manifest(site);
  }
}

function script(site: Site, code: string): string {
  if (!definesHandler(code)) {
    site.fail('InvalidExtension', 'must define envoy_on_request or envoy_on_response', code,
      'Envoy calls no other function, and finds a global one alone: function envoy_on_request(handle) ... end, in no other function and without local.');
  }
  if (Buffer.byteLength(code) > LONGEST_SCRIPT) {
    site.fail('InvalidExtension', `must have at most ${LONGEST_SCRIPT} bytes`, Buffer.byteLength(code), 'Write what is longer as a module: ExtensionFilter.wasm().');
  }
  return code;
}
