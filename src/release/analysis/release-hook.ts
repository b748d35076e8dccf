import { MeshProblem } from '../../diagnostics/mesh-problem';
import { Site } from '../../diagnostics/site';
import { Call } from '../../graph/call';
import { MeshDestination } from '../../graph/mesh-destination';
import { MeshGraph } from '../../graph/mesh-graph';
import { MeshPort } from '../../graph/mesh-port';
import { portOf } from '../../graph/resolve-call';
import { clientOf } from '../../mesh/client-of';
import { ExistingWorkload } from '../../mesh/existing-workload';
import { MeshWorkload } from '../../mesh/mesh-workload';
import { PathPattern } from '../../traffic/path-pattern';

/**
 * A POST that an engine's controller sends: an answer of 200 is a yes, and one of 300 and above, or none within the time, is a no. Between them the engines differ
 * (fluxcd/flagger pkg/controller/webhook.go takes up to 202, argoproj/argo-rollouts metricproviders/webmetric/webmetric.go up to 299).
 */
export interface CheckedHook {
  /** Unique within the analysis. */
  readonly name: string;
  readonly server: MeshDestination;
  readonly port: MeshPort;
  readonly path: string;
  readonly timeoutSeconds: number;
  /** What the server is told besides the release's name and namespace. */
  readonly metadata?: { [key: string]: string };
  readonly site: Site;
}

/** A gate as engines read it. */
export interface CheckedGate {
  readonly before?: number;
  /** Who is asked; without it a person. */
  readonly hook?: CheckedHook;
  readonly site: Site;
}

/** A test as engines read it. */
export interface CheckedTest extends CheckedHook {
  readonly kind: 'acceptance' | 'load';
}

/** An alert as engines read it. */
export interface CheckedAlert {
  readonly service: 'slack' | 'msteams' | 'gchat' | 'prometheus' | 'webhook';
  readonly name: string;
  readonly channel?: string;
  readonly secretName?: string;
  readonly severity: 'info' | 'warn' | 'error';
  /** Of `webhook`. */
  readonly hook?: CheckedHook;
  /** Of `prometheus`. */
  readonly rule: { readonly labels?: { [key: string]: string }; readonly alertLabels?: { [key: string]: string } };
  readonly site: Site;
}

export interface HookOptions {
  readonly path: string;
  readonly port?: string;
  readonly timeoutSeconds: number;
  readonly metadata?: { [key: string]: string };
}

/** Checks what can be checked before the whole app is known. */
export function checkHook(
  site: Site, graph: MeshGraph, name: string, server: MeshDestination, { path, port, timeoutSeconds, metadata }: HookOptions,
): CheckedHook {
  graph.checkMember(site, server, 'Name a service of the app that describes the release, or an ExistingWorkload in it.');
  if (!(server instanceof MeshWorkload || server instanceof ExistingWorkload)) {
    site.fail('NotCallable', 'must be a service of the cluster', server.node.path, 'Name a MeshService, an ExistingService or an ExistingWorkload with ports.');
  }
  const asked = portOf(site, server._destination, port);
  if (!asked._isHttp || asked._isGrpc) {
    site.in('port').fail('NotHttp', 'must take plain HTTP requests: the controller sends a POST', asked.name, 'Name a port that is declared as MeshPort.http().');
  }
  if (PathPattern.parse(site.in('path'), path).text !== path || /[*{}]/.test(path)) {
    site.in('path').fail('InvalidPath', 'must be one path', path, 'Write the path of the request: /approve.');
  }
  if (!(Number.isInteger(timeoutSeconds) && timeoutSeconds >= 1 && timeoutSeconds <= 600)) {
    site.in('timeout').fail('InvalidDuration', 'must be whole seconds from 1 to 600', `${timeoutSeconds} s`,
      'Write how long an answer may take: Duration.seconds(10).');
  }
  return { name, server, port: asked, path, timeoutSeconds, metadata, site };
}

export function urlOf({ server, port, path }: CheckedHook, graph: MeshGraph): string {
  return `http://${server._destination.host(graph.settings)}:${port.port}${path}`;
}

/** Lets the controller send these requests: what nobody has declared is refused. Two releases may ask one server the same. */
export function letControllerCall(
  engine: string, site: Site, graph: MeshGraph, controller: ExistingWorkload | undefined, hooks: CheckedHook[],
): void {
  // Of what something else deploys, its own app says who may call it
  for (const { server, port, path } of hooks) {
    if (!(server instanceof MeshWorkload)) {
      continue;
    }
    if (controller === undefined) {
      site.fail('MissingProperty', `must say who the controller is, which asks ${server.node.path}`, undefined,
        `Describe it, and give it to the engine: CanaryEngine.${engine}({ controller: new ExistingWorkload(app, 'controller', { namespace: '…', serviceAccount: '…' }) }). Its pods need a proxy of the mesh.`);
    }
    graph.checkMember(site, controller, 'Describe the controller in the app that describes the release.');
    if (graph.claimShared('request of a release\'s controller', controller.node.path, `${server.node.path}:${port.name}${path}`)) {
      controller.calls(server, { port: port.name, methods: ['POST'], paths: [path] });
    }
  }
}

/** A test that may not ask the service finds nothing out. */
export function undeclaredTesters(tests: CheckedHook[], incoming: Call[], server: string): MeshProblem[] {
  const silent = (tester: MeshDestination) => !incoming.some(({ client }) => client === clientOf(tester));
  return tests.filter(({ server: tester }) => silent(tester)).map(({ site, server: tester }) => (
    site.problem('UndeclaredCall', `must call ${server}, which it tests`, tester.node.path, 'Declare the call: tester.calls(orders).')));
}
