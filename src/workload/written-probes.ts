/** Where the agent beside the proxy asks the program in the kubelet's place. */
const AGENT_PORT = 15020;

/** What a container is asked, by the word at the end of the agent's path for it. */
const QUESTIONS: { readonly word: string; readonly of: (container: any) => any; readonly set: (container: any, question: any) => void }[] = [
  { word: 'readyz', of: ({ readinessProbe }) => readinessProbe, set: (container, probe) => { container.readinessProbe = probe; } },
  { word: 'livez', of: ({ livenessProbe }) => livenessProbe, set: (container, probe) => { container.livenessProbe = probe; } },
  { word: 'startupz', of: ({ startupProbe }) => startupProbe, set: (container, probe) => { container.startupProbe = probe; } },
  { word: 'prestopz', of: ({ lifecycle }) => lifecycle?.preStop, set: (container, hook) => { container.lifecycle.preStop = hook; } },
  { word: 'poststartz', of: ({ lifecycle }) => lifecycle?.postStart, set: (container, hook) => { container.lifecycle.postStart = hook; } },
];

/** Asked once, and with no limit of time but the agent's own. */
const HOOKS = ['prestopz', 'poststartz'];

/**
 * What the agent has to ask for the kubelet: the kubelet has no certificate of the mesh, and a connection of its own would be the proxy's, which
 * takes every one. Of the pod as it is before `rewriteProbes`.
 *
 * Upstream: istio/istio pkg/kube/inject/app_probe.go, DumpAppProbers. What the API server would add is written, for the agent does not.
 */
export function probers(podSpec: any): { name: string; value: string }[] {
  const asked = containersOf(podSpec).flatMap(container => QUESTIONS.flatMap(({ word, of }): [string, any][] => {
    const prober = proberOf(of(container), container, HOOKS.includes(word));
    return prober ? [[pathOf(container, word), prober]] : [];
  }));
  const sorted = asked.sort(([a], [b]) => a < b ? -1 : 1);
  return sorted.length > 0 ? [{ name: 'ISTIO_KUBE_APP_PROBERS', value: JSON.stringify(Object.fromEntries(sorted)) }] : [];
}

/** Has the kubelet ask the agent. Commands it runs itself. */
export function rewriteProbes(podSpec: any): void {
  containersOf(podSpec).forEach(container => QUESTIONS.forEach(({ word, of, set }) => {
    const question = of(container);
    if (!question || !(question.httpGet ?? question.tcpSocket ?? question.grpc)) {
      return;
    }
    const { tcpSocket, grpc, httpGet, ...rest } = question;
    const { scheme, ...request } = httpGet ?? {};
    // From the kubelet to the agent it is HTTP, whatever the agent speaks with the program
    set(container, { ...rest, httpGet: { ...request, path: pathOf(container, word), port: AGENT_PORT, ...(scheme ? { scheme: 'HTTP' } : {}) } });
  }));
}

function proberOf(question: any, { ports = [] }: any, hook: boolean): any {
  const { httpGet, tcpSocket, grpc, timeoutSeconds = 1 } = question ?? {};
  const number = (port: number | string) => typeof port === 'string' ? ports.find(({ name }: any) => name === port)?.containerPort : port;
  const timeout = hook ? {} : { timeoutSeconds };
  if (httpGet) {
    return { httpGet: { path: '/', scheme: 'HTTP', ...httpGet, port: number(httpGet.port) }, ...timeout };
  }
  if (tcpSocket) {
    return { tcpSocket: { ...tcpSocket, port: number(tcpSocket.port) }, ...timeout };
  }
  return grpc ? { grpc: { service: '', ...grpc }, ...timeout } : undefined;
}

function pathOf({ name }: any, word: string): string {
  return `/app-${HOOKS.includes(word) ? 'lifecycle' : 'health'}/${name}/${word}`;
}

function containersOf({ initContainers = [], containers }: any): any[] {
  return [...initContainers, ...containers];
}
