import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';

/**
 * Draws docs/shop.svg from the YAML of examples/shop: who may ask whom for what, as its policies say.
 *
 *   npm run example && npm run docs:picture
 */
const ROOT = path.join(__dirname, '../..');
const CANONICAL = 'service.istio.io/canonical-name';

interface Node { readonly id: string; readonly namespace?: string; readonly label: string; readonly style: string }
interface Edge { readonly from: string; readonly to: string; readonly label: string }

/** Of a method of gRPC, without its package. */
const GRPC = /^\/(?:\w+\.)+(\w+\/\w+)$/;

const quoted = (text: string) => `"${text.replace(/"/g, '\\"')}"`;
const short = (texts: string[]) => texts.length > 3 ? [...texts.slice(0, 2), `and ${texts.length - 2} more`] : texts;

function read(folder: string): any[] {
  return fs.readdirSync(folder).sort().flatMap(file => (
    parseAllDocuments(fs.readFileSync(path.join(folder, file), 'utf8')).map(document => document.toJS()).filter(Boolean)));
}

/** What a rule lets somebody do, in a few words. */
function requests(rules: any[]): string {
  const texts = rules.flatMap(({ to = [{ operation: {} }] }) => to.flatMap(({ operation: { methods, paths } }: any) => (
    (paths ?? (methods ? ['*'] : [])).map((each: string) => GRPC.exec(each)?.[1] ?? [...methods ?? [], each].join(' ')))));
  return short([...new Set<string>(texts)]).join('\\n');
}

export function dot(objects: any[]): string {
  const of = (kind: string) => objects.filter(object => object.kind === kind);
  const id = (namespace: string, name: string) => `${namespace}/${name}`;
  const gateways = new Set(of('Gateway').map(({ metadata }) => id(metadata.namespace, metadata.name)));
  const versions = new Map<string, string[]>();
  for (const { metadata, spec: { template } } of ['Deployment', 'StatefulSet', 'DaemonSet'].flatMap(of)) {
    const { [CANONICAL]: name = metadata.name, version = '' } = template.metadata.labels;
    const key = id(metadata.namespace, name);
    versions.set(key, [...versions.get(key) ?? [], version]);
  }
  const addresses = (gateway: string) => of('Gateway').filter(({ metadata }) => id(metadata.namespace, metadata.name) === gateway)
    .flatMap(({ spec }) => spec.servers.filter(({ port }: any) => port.protocol === 'HTTPS'))
    .flatMap(({ hosts }) => hosts.map((host: string) => `https://${host.split('/').pop()}`));
  const weights = (key: string) => of('VirtualService').filter(({ metadata, spec }) => !spec.gateways && id(metadata.namespace, metadata.name) === key)
    .flatMap(({ spec }) => spec.http ?? [])
    .find(({ route }: any) => route?.length > 1 && route.every(({ weight }: any) => weight > 0 && weight < 100))?.route
    .map(({ destination, weight }: any) => `${destination.subset} ${weight}%`).join(', ');
  const drills = (namespace: string, name: string) => of('ChaosEngine')
    .filter(({ spec: { appinfo } }) => appinfo?.appns === namespace && appinfo.applabel.includes(name)).length;
  const nodes: Node[] = [...versions.keys()].map((key) => {
    const [namespace, name] = key.split('/');
    const notes = [weights(key), drills(namespace, name) > 0 ? 'drilled' : undefined].filter(Boolean);
    return { id: key, namespace, label: [name, ...notes].join('\\n'), style: gateways.has(key) ? 'shape=cds, fillcolor="#dbeafe"' : 'fillcolor="#ecfdf5"' };
  });
  const outside: Node[] = of('ServiceEntry').filter(({ spec }) => spec.location === 'MESH_EXTERNAL')
    .map(({ spec }) => ({ id: spec.hosts[0], label: spec.hosts[0], style: 'style="rounded,filled,dashed", fillcolor="#f8fafc"' }));
  const edges: Edge[] = of('AuthorizationPolicy').flatMap(({ metadata, spec }) => {
    const to = id(metadata.namespace, spec.selector?.matchLabels?.[CANONICAL]);
    if (spec.action !== 'ALLOW' || !versions.has(to)) {
      return [];
    }
    if (gateways.has(to)) {
      return [{ from: 'clients', to, label: addresses(to).join('\\n') }];
    }
    const callers = new Map<string, any[]>();
    for (const rule of spec.rules ?? []) {
      for (const principal of rule.from?.flatMap(({ source }: any) => source.principals ?? []) ?? []) {
        const [, namespace, account] = /\/ns\/([^/]+)\/sa\/(.+)$/.exec(principal) ?? [];
        callers.set(id(namespace, account), [...callers.get(id(namespace, account)) ?? [], rule]);
      }
    }
    return [...callers].filter(([from]) => versions.has(from)).map(([from, rules]) => ({ from, to, label: requests(rules) }));
  });
  const leaving: Edge[] = of('Sidecar').flatMap(({ metadata, spec }) => (spec.egress ?? []).flatMap(({ hosts }: any) => hosts).flatMap((host: string) => (
    outside.filter(({ id: name }) => host.endsWith(`/${name}`)).map(({ id: to }) => ({ from: id(metadata.namespace, spec.workloadSelector.labels[CANONICAL]), to, label: '' })))));
  // Of whoever gets the spans nobody gets any
  const collectors = new Set(of('Telemetry').filter(({ spec }) => spec.tracing?.some(({ disableSpanReporting }: any) => disableSpanReporting))
    .map(({ metadata, spec }) => id(metadata.namespace, spec.selector?.matchLabels?.[CANONICAL])));
  const namespaces = [...new Set(nodes.map(({ namespace }) => namespace!))].sort();
  const line = ({ id: name, label, style }: Node) => `${quoted(name)} [label=${quoted(label)}, ${style}];`;
  const told = [...new Set(edges.filter(({ to }) => collectors.has(to)).map(({ from, to }) => `${from.split('/')[0]} ${to}`))].sort().map((pair) => {
    const [namespace, to] = pair.split(' ');
    const from = nodes.filter(node => node.namespace === namespace).map(({ id: name }) => name).sort().pop()!;
    return `${quoted(from)} -> ${quoted(to)} [label="spans", ltail=${quoted(`cluster_${namespace}`)}, style=dotted, color="#94a3b8"];`;
  });
  const all = [...edges.filter(({ to }) => !collectors.has(to)), ...leaving].sort((a, b) => `${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1);
  return [
    'digraph mesh {',
    'rankdir=LR; compound=true; bgcolor=white; fontname="Helvetica"; fontsize=12; nodesep=0.35; ranksep=0.9; pad=0.2;',
    'node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=12, color="#475569", margin="0.18,0.1"];',
    'edge [fontname="Helvetica", fontsize=9, color="#475569", fontcolor="#334155", arrowsize=0.7];',
    ...all.some(({ from }) => from === 'clients') ? ['"clients" [label="clients", shape=plaintext, style=""];'] : [],
    ...namespaces.flatMap(namespace => [
      `subgraph ${quoted(`cluster_${namespace}`)} {`,
      `label=${quoted(`namespace ${namespace}`)}; style=rounded; color="#94a3b8"; fontcolor="#64748b";`,
      ...nodes.filter(node => node.namespace === namespace).map(line),
      '}',
    ]),
    ...outside.map(line),
    ...all.map(({ from, to, label }) => `${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}];`),
    ...told,
    '}',
  ].join('\n');
}

export async function picture(objects: any[]): Promise<string> {
  // Its types are said to be of a module that only `import` can load, which jest cannot
  const { instance } = require('@viz-js/viz'); // eslint-disable-line @typescript-eslint/no-require-imports
  const svg: string = (await instance()).renderString(dot(objects), { format: 'svg' });
  return svg.replace(/<!--[\s\S]*?-->\n?/g, '').replace(/<!DOCTYPE[^>]*>\n?/, '');
}

if (require.main === module) {
  void picture(read(path.join(ROOT, 'examples/shop/dist'))).then(svg => fs.writeFileSync(path.join(ROOT, 'docs/shop.svg'), svg));
}
