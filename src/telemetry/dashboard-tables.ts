import { Call, clientKey, compare } from '../graph/call';
import { MeshSettings } from '../graph/mesh-settings';

/** The declared calls as a table: the picture of the graph that its words make. */
export function callsTable(calls: Call[], settings: MeshSettings): string {
  const rows = [...new Set([...calls].sort((a, b) => compare(keyOf(a, settings), keyOf(b, settings))).map(call => rowOf(call, settings)))];
  return rows.length === 0 ? 'Nobody calls, and nobody is called.' : ['| who | calls | port | only |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function keyOf(call: Call, settings: MeshSettings): string {
  return [clientKey(call.client), call.server.host(settings), call.port.name, call.methods?.join(' ') ?? '', call.paths?.map(({ text }) => text).join(' ') ?? ''].join('\u0000');
}

function rowOf({ client, server, port, methods, paths }: Call, settings: MeshSettings): string {
  const who = client.namespace === undefined ? 'anybody of the mesh' : `${client.namespace}/${client.name}${client.gateway ? ' (gateway)' : ''}`;
  const only = [methods?.join(' '), paths?.map(({ text }) => `\`${text.replaceAll('|', '\\|')}\``).join(' ')].filter(Boolean).join(' ');
  return `| ${who} | ${server.host(settings)} | ${port.name} | ${only} |`;
}
