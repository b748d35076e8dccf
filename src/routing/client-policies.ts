import { Call, clientKey, sortedCalls } from '../graph/call';
import { HttpMatchManifest, RouteAnswerManifest, TreatmentManifest } from '../manifests/istio-networking';
import { FaultRule } from '../traffic/fault-injection';
import { accepts } from '../traffic/match-intersection';
import { RetryVariant } from '../traffic/retries';

/** How some requests of one client are to be treated. */
export interface ClientPolicy {
  readonly name: string;
  readonly client: string;
  readonly source: HttpMatchManifest;
  /** Alternatives; without them, all paths. */
  readonly uris?: HttpMatchManifest['uri'][];
  readonly methods?: string[];
  readonly timeout?: string;
  readonly treatment?: TreatmentManifest;
  /** What the client's proxy says by itself. */
  readonly answer?: RouteAnswerManifest;
  /** Whether it is for the question that a browser asks before a request. */
  readonly isPreflight?: boolean;
  readonly retries?: RetryVariant['retries'];
  readonly faults?: FaultRule[];
}

/** The methods that a match and a policy are both for; `undefined` when the policy is for every method. */
export function sharedMethods({ method }: HttpMatchManifest, policy: ClientPolicy): string[] | undefined {
  return method ? policy.methods?.filter(candidate => accepts(method, candidate)) : policy.methods;
}

/**
 * The policies of one port, those for a client's narrower paths first.
 *
 * @param everybody also those of clients that ask for nothing but what they declare.
 */
export function clientPolicies(calls: Call[], everybody = false): ClientPolicy[] {
  const clients = new Map<string, Call[]>();
  for (const call of sortedCalls(calls)) {
    const key = clientKey(call.client);
    clients.set(key, [...clients.get(key) ?? [], call]);
  }
  const asks = (call: Call) => everybody || [call.timeout, call.retries, call.faults, call.treatment, call.answer].some(asked => asked !== undefined);
  const asking = [...clients.values()].filter(ofClient => ofClient.some(asks));
  return asking.flatMap((ofClient) => {
    const [{ client }] = ofClient;
    const homonym = asking.some(([other]) => other.client.name === client.name && other.client.namespace !== client.namespace);
    const name = homonym ? `${client.namespace}/${client.name}` : client.name;
    const parts = closestFirst(ofClient);
    return parts.flatMap((call, index) => policiesOf(call, parts.length > 1 ? `${name}.${index + 1}` : name));
  });
}

/**
 * A request must meet the call that names its path most closely: the paths of several calls are sorted together, and
 * those of one call that are neighbours stay together.
 */
function closestFirst(calls: Call[]): Call[] {
  if (calls.length === 1) {
    return calls;
  }
  const single = calls.flatMap(call => (call.paths?.map(path => ({ ...call, paths: [path] })) ?? [call]).map(part => ({ origin: call, call: part })));
  const sorted = sortedCalls(single.map(({ call }) => call)).map(call => single.find(part => part.call === call)!);
  return sorted.reduce<{ origin: Call; call: Call }[]>((parts, part) => {
    const last = parts.at(-1);
    return last?.origin === part.origin
      ? [...parts.slice(0, -1), { origin: last.origin, call: { ...last.call, paths: [...last.call.paths!, ...part.call.paths!] } }]
      : [...parts, part];
  }, []).map(({ call }) => call);
}

/** One policy for each set of methods that is retried in its own way. */
function policiesOf(call: Call, name: string): ClientPolicy[] {
  const { client: { namespace, podLabels, gateway }, timeout, treatment, answer, faults } = call;
  const source = gateway ? {} : { sourceNamespace: namespace, sourceLabels: podLabels };
  const uris = call.paths?.map(path => path.toUriMatch());
  const policies: ClientPolicy[] = [];
  let left = call.methods;
  for (const { methods, retries } of call.retries ?? [{ methods: undefined, retries: undefined }]) {
    const taken = methods && left ? left.filter(method => methods.includes(method)) : methods ?? left;
    left = methods && left?.filter(method => !methods.includes(method));
    if (taken?.length !== 0) {
      policies.push({
        name: methods ? `${name}.safe` : name,
        client: call.client.name,
        source,
        uris,
        methods: taken,
        timeout,
        treatment,
        answer,
        retries,
        faults,
      });
    }
  }
  if (treatment?.corsPolicy && call.methods && !call.methods.includes('OPTIONS')) {
    // The proxy answers it by the policy of the route that it meets, and it is an OPTIONS whatever the method is that it asks for
    const headers = { 'origin': { regex: '.+' }, 'access-control-request-method': { regex: call.methods.join('|') } };
    const { corsPolicy } = treatment;
    policies.push({ name: `${name}.preflight`, client: call.client.name, source: { ...source, headers }, uris, methods: ['OPTIONS'], treatment: { corsPolicy }, isPreflight: true });
  }
  return policies;
}
