import { parseArgs } from 'node:util';
import { EchoRequest } from '../programs/echo';

export const USAGE = `A cluster by hand. npm run cluster -- COMMAND

  up [DIST...]                 start it, apply the YAML files and folders, wait until all is ready, or say why it is not
  pods                         what runs, and why the rest does not
  send FROM METHOD URL         send requests from within a pod (namespace/pod or namespace/workload), and say who answered
    [-H 'name: value']... [-d BODY] [-n COUNT] [-c CONCURRENCY] [--timeout MS]
    [--protocol http|http2|https|grpc|tcp] [--path /package.Service/Method] [-v]
  logs POD [CONTAINER]         the output of a container; the proxy's access log is in that of istio-proxy
  config POD [PAGE]            the configuration of its Envoy, or another page of its admin interface
  requests POD|HOST            what its application has seen
  firewall                     the NetworkPolicies as nftables
  down                         end it, and leave nothing
  help                         this
`;

/** Something that was typed wrongly: one line, and code 2. */
export class WrongUse extends Error {}

/** How many operands each command takes, and what they are. */
const COMMANDS: { readonly [command: string]: { readonly operands: string; readonly least: number; readonly most: number } } = {
  up: { operands: '[DIST...]', least: 0, most: Infinity },
  pods: { operands: '', least: 0, most: 0 },
  send: { operands: 'FROM METHOD URL', least: 3, most: 3 },
  logs: { operands: 'POD [CONTAINER]', least: 1, most: 2 },
  config: { operands: 'POD [PAGE]', least: 1, most: 2 },
  requests: { operands: 'POD|HOST', least: 1, most: 1 },
  firewall: { operands: '', least: 0, most: 0 },
  down: { operands: '', least: 0, most: 0 },
};

const PROTOCOLS = ['http', 'http2', 'https', 'grpc', 'tcp'];

const OPTIONS = {
  header: { type: 'string', short: 'H', multiple: true },
  data: { type: 'string', short: 'd' },
  count: { type: 'string', short: 'n' },
  concurrency: { type: 'string', short: 'c' },
  protocol: { type: 'string' },
  path: { type: 'string' },
  timeout: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
} as const;

export interface Command {
  readonly command: string;
  readonly operands: string[];
  readonly options: { readonly verbose: boolean; readonly request: Omit<EchoRequest, 'url' | 'method'> };
}

/** What was typed; throws `WrongUse` for what means nothing. */
export function parseCommand(args: string[]): Command | 'help' {
  if (args.length === 0 || args[0] === 'help' || args.some((arg) => arg === '--help' || arg === '-h')) return 'help';
  const { values, positionals: [command, ...operands] } = parse(args);
  const known = COMMANDS[command ?? ''];
  if (!known) throw new WrongUse(`${command === undefined ? 'There is no command' : `There is no command "${command}"`}: "help" lists them.`);
  if (operands.length < known.least || operands.length > known.most) {
    throw new WrongUse(`"${command}" takes ${known.operands || 'nothing else'}, not ${operands.length === 0 ? 'nothing' : `"${operands.join(' ')}"`}.`);
  }
  const [foreign] = command === 'send' ? [] : Object.keys(values);
  if (foreign) throw new WrongUse(`"${command}" has no option --${foreign}: it is one of "send".`);
  if (values.protocol !== undefined && !PROTOCOLS.includes(values.protocol)) {
    throw new WrongUse(`--protocol is one of ${PROTOCOLS.join(', ')}, not "${values.protocol}".`);
  }
  return {
    command,
    operands,
    options: {
      verbose: values.verbose ?? false,
      request: {
        protocol: (values.protocol ?? 'http') as EchoRequest['protocol'],
        path: values.path,
        headers: Object.fromEntries((values.header ?? []).map(headerOf)),
        body: values.data,
        count: natural('count', values.count, 1),
        concurrency: natural('concurrency', values.concurrency, 1),
        timeoutMs: natural('timeout', values.timeout, 5000),
      },
    },
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new WrongUse(`${(error as Error).message.split('\n')[0].split('. ')[0].replace(/\.$/, '')}: "help" lists the options.`);
  }
}

function natural(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d*$/.test(text)) throw new WrongUse(`--${name} is a number from 1 on, not "${text}".`);
  return Number(text);
}

function headerOf(text: string): [string, string] {
  const parts = /^([^:\s]+):\s*(.*)$/s.exec(text);
  if (!parts) throw new WrongUse(`--header is 'name: value', not "${text}".`);
  return [parts[1], parts[2]];
}
