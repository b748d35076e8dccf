import { Manifest } from '../../cluster/api/client';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { ConnectedCluster } from '../../cluster/remote';

/** What the proxies themselves say of a request that came out otherwise than expected. */
export async function explain(cluster: ConnectedCluster, from: string, request: EchoRequest, result: EchoResult, expected: string): Promise<string> {
  const path = request.path ?? (/^https?:/.test(request.url) ? new URL(request.url).pathname : undefined);
  const text = [
    `from ${from}: ${request.method ?? ''} ${request.url} ${request.path ?? ''} ${JSON.stringify(request.headers ?? {})}`,
    `  expected: ${expected}`,
    `  came: ${JSON.stringify({ ...result, body: undefined, headers: undefined, echo: result.echo?.pod })}`,
  ];
  const lines = await cluster.accessLog(from).catch(() => [] as Manifest[]); // a pod without a proxy has none
  const [line] = lines.filter(entry => path === undefined || String(entry.path ?? '').startsWith(path)).slice(-1);
  if (line) {
    text.push(`  the client's proxy: ${JSON.stringify(line)}`);
    const route = line.route_name && await routeOf(cluster, from, line.route_name);
    if (route) {
      text.push(`  its route: ${JSON.stringify(route)}`);
    }
  }
  return text.join('\n');
}

async function routeOf(cluster: ConnectedCluster, from: string, name: string): Promise<Manifest | undefined> {
  const dump = await cluster.configDump(from);
  const configs: Manifest[] = dump.configs.filter((config: Manifest) => String(config['@type']).includes('RoutesConfigDump'));
  const hosts: Manifest[] = configs.flatMap(config => config.dynamic_route_configs ?? [])
    .flatMap((entry: Manifest) => entry.route_config.virtual_hosts ?? []);
  return hosts.flatMap(host => host.routes ?? []).find((route: Manifest) => route.name === name);
}
