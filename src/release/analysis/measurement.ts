import { CheckedAlert, CheckedGate, CheckedTest } from './release-hook';
import { MeshProblem } from '../../diagnostics/mesh-problem';
import { Site } from '../../diagnostics/site';
import { Call } from '../../graph/call';
import { MeshGraph } from '../../graph/mesh-graph';
import { MeshSettings } from '../../graph/mesh-settings';
import { Labels } from '../../graph/request-metrics';
import { MeshWorkload } from '../../mesh/mesh-workload';

export const DEFAULT_ITERATIONS = 5;

/** How the new version of a service is measured. */
export interface Measured {
  /** What tells its requests from those of the service's own version, as its clients count them. */
  readonly labels: Labels;
  /** Its clusters in the clients' proxies, as a pattern. */
  readonly clusters: string;
  readonly windowSeconds: number;
  /** The names of its pods, as a pattern. */
  readonly pods: string;
}

/** What an analysis has to know of the service. */
export interface AnalysedService {
  /** The app's that describes it. */
  readonly graph: MeshGraph;
  /** Whether it has a circuit breaker, or one of its ports. */
  readonly breaks: boolean;
  /** Whether proxies count its requests. */
  readonly http: boolean;
  /** The names of its ports. */
  readonly ports: string[];
}

/** The pods of a Deployment: the hash of its ReplicaSet, and five letters. */
export function podsOf(deployment: string): string {
  return `${deployment}-[0-9a-z]+-[0-9a-z]{5}`;
}

/** A metric that is checked; what is asked depends on the whole app. */
export interface CheckedMetric {
  readonly name: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly query: (of: Measured) => string;
  /** Whose requests count; without it everybody's. */
  readonly client?: MeshWorkload;
  /** Whether it needs requests to the new version. */
  readonly ofRequests: boolean;
  /** Whether it asks of the pods by their names. */
  readonly namesPods: boolean;
  readonly site: Site;
}

/** An analysis as engines read it. */
export interface CheckedAnalysis {
  readonly seconds: number;
  /** How long the new version has requests that are not measured. */
  readonly warmUpSeconds?: number;
  readonly metrics: CheckedMetric[];
  readonly failureLimit: number;
  readonly iterations: number;
  /** Whether the user has said so. */
  readonly iterationsSaid: boolean;
  readonly gates: CheckedGate[];
  readonly tests: CheckedTest[];
  readonly alerts: CheckedAlert[];
}

/** Of a release that says nothing of it. */
export const UNANALYSED: CheckedAnalysis = {
  seconds: 60, metrics: [], failureLimit: 0, iterations: DEFAULT_ITERATIONS, iterationsSaid: false, gates: [], tests: [], alerts: [],
};

/** A rate over less than four scrapes is empty now and then. */
export function windowOf({ seconds }: CheckedAnalysis, { scrapeIntervalSeconds }: MeshSettings): number {
  return Math.max(seconds, 4 * scrapeIntervalSeconds);
}

/** Whoever has not declared a call makes no request, and nothing would be measured. */
export function undeclaredClients({ metrics }: CheckedAnalysis, incoming: Call[], server: string): MeshProblem[] {
  const unasked = incoming.length === 0 ? metrics.filter(({ ofRequests, client }) => ofRequests && !client) : [];
  return [...unasked.map(({ site }) => site.problem(
    'UndeclaredCall', `must be of requests that somebody makes: nobody calls ${server}`, server, 'Declare the calls of its clients, or leave the metric out: without requests every measurement fails.',
  )), ...metrics.filter(({ client }) => client && !incoming.some(call => call.client === client._member.client)).map(({ site, client }) => site.in('of').problem(
    'UndeclaredCall', `must call ${server}`, client!.node.path, `Declare the call, or measure the requests of ${named(incoming)}.`))];
}

function named(incoming: Call[]): string {
  return [...new Set(incoming.map(({ client: { name } }) => name))].sort().join(', ') || 'all, by leaving it out';
}
