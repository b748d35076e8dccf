import { Call, compare } from './call';
import { MeshSettings } from './mesh-settings';

/** The variables by which a program is told where its servers are: what is called and what the program is told cannot differ. */
export function variablesOf(calls: Call[], settings: MeshSettings): { [name: string]: string } {
  const variables = calls.flatMap(({ addressVariable, server, port }) => addressVariable === undefined ? [] : [[addressVariable, `${server.host(settings)}:${port.port}`]]);
  return Object.fromEntries(variables.sort(([a], [b]) => compare(a, b)));
}
