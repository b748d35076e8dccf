import { Destination } from './destination';
import { MeshPort } from './mesh-port';
import { RouteAnswerManifest, TreatmentManifest } from '../manifests/istio-networking';
import { CallChain } from '../traffic/call-chain';
import { EndUsers } from '../traffic/end-users';
import { FaultRule } from '../traffic/fault-injection';
import { PathPattern } from '../traffic/path-pattern';
import { RetryVariant } from '../traffic/retries';

/** Who calls: an identity, and the pods that bear it. What is not known is whichever: of the namespace, or of the mesh. */
export interface Client {
  readonly name: string;
  readonly namespace?: string;
  readonly serviceAccount?: string;
  readonly podLabels?: { [key: string]: string };
  /** All labels that are known of the pods. */
  readonly carried?: { [key: string]: string };
  /** Those of machines that are no pods: the network knows them by these alone. */
  readonly addresses?: string[];
  /** Whether another app describes it. */
  readonly elsewhere?: boolean;
  /** Whether it is a gateway, which has routes of its own: those of the mesh are not for it. */
  readonly gateway?: boolean;
  /** Of one that another app describes, whether its proxy goes by the mesh's routes; without it nobody has said. */
  readonly keepsRoutes?: boolean;
}

/** A workload that this app describes is known wholly. */
export type Member = Required<Omit<Client, 'elsewhere' | 'addresses' | 'gateway' | 'keepsRoutes'>>
  & { readonly elsewhere?: undefined; readonly keepsRoutes?: undefined; readonly addresses?: string[]; readonly gateway?: boolean };

/** One declared dependency: the only source of every policy and route between the two. */
export interface Call {
  readonly client: Client;
  readonly server: Destination;
  readonly port: MeshPort;
  readonly methods?: string[];
  readonly paths?: PathPattern[];
  readonly endUsers?: EndUsers;
  /** Of what comes in through a gateway, from which addresses it may. */
  readonly fromCidrs?: string[];
  readonly timeout?: string;
  readonly retries?: RetryVariant[];
  /** Those that the client's proxy makes up. */
  readonly faults?: FaultRule[];
  /** Where the calls that lead to each other begin and end. */
  readonly chain?: CallChain;
  /** What becomes of its requests and answers on the way. */
  readonly treatment?: TreatmentManifest;
  /** What the client's proxy says by itself: the server gets nothing of it. */
  readonly answer?: RouteAnswerManifest;
  /** The paths that the server is asked for, where they are others than those of the client. */
  readonly asked?: PathPattern[];
  /** Whether these were only said of a pattern, which may make others of the client's: the server refuses them, unless somebody else may ask for them by the same identity. */
  readonly asksMore?: boolean;
  /** The variable of the client's program that gets the server's address. */
  readonly addressVariable?: string;
}

/** What the routes of a server say of one client's requests: where another app writes them, it cannot be kept. */
export function routedOptions({ timeout, retries, faults, treatment, answer }: Call): [string, unknown][] {
  const said: [string, unknown][] = [
    ['timeout', timeout], ['retries', retries], ['faults', faults], ['rewrite', treatment?.rewrite],
    ['redirect', answer?.redirect], ['directResponse', answer?.directResponse], ['headers', treatment?.headers],
  ];
  return said.filter(([, value]) => value !== undefined);
}

/** Who calls, as a sortable text. */
export const clientKey = madeOnce(({ namespace, name, serviceAccount, podLabels }: Client) => (
  [namespace, name, serviceAccount, JSON.stringify(Object.entries(podLabels ?? {}).sort())].join('\u0000')));

/** Who calls what, as a sortable text: the order of a program's statements is not the order of its output. */
export const callKey = madeOnce(({ client, port, paths, methods }: Call) => (
  [clientKey(client), port.name, paths?.map(path => path.rank).join(' ') ?? '9', methods?.join(' ') ?? '~'].join('\u0000')));

/** Of what does not change, and is sorted again and again. */
function madeOnce<T extends object>(make: (of: T) => string): (of: T) => string {
  const made = new WeakMap<T, string>();
  return (of) => {
    let key = made.get(of);
    if (key === undefined) {
      key = make(of);
      made.set(of, key);
    }
    return key;
  };
}

export function sortedCalls(calls: Call[]): Call[] {
  return calls.map(call => ({ call, key: callKey(call) })).sort((a, b) => compare(a.key, b.key)).map(({ call }) => call);
}

/** By code unit, which no locale changes. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
