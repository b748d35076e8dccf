import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { FAILED_CODES, FAILED_GRPC_CODES } from '../graph/failed-requests';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshService } from '../mesh/mesh-service';

/**
 * Options for `SteadyState.successRate`.
 */
export interface SuccessRateOptions {
  /**
   * The least share of answers without a server's error, in percent: more than 1, up to 100.
   */
  readonly atLeast: number;

  /**
   * The service whose answers count.
   *
   * @default - the target of the drill
   */
  readonly of?: MeshService;
}

/**
 * What has to stay true during a drill.
 *
 * Litmus: `ChaosEngine.spec.experiments.spec.probe`.
 *
 * @see https://litmuschaos.github.io/litmus/experiments/concepts/chaos-resources/probes/promProbe/
 */
@checked
export class SteadyState {
  /**
   * The share of successful answers over four of the Mesh's `scrapeInterval`, as the clients' proxies count it: an answer of 500
   * and above, no answer, and the gRPC codes of a server's failure (2, 4, 13, 14, 15) do not count as success.
   *
   * Without traffic there is no share, and the drill does not begin: run drills under load.
   *
   * @example
   * SteadyState.successRate({ atLeast: 99 });
   */
  public static successRate(options: SuccessRateOptions): SteadyState {
    return new SteadyState('success-rate', options.of, successRate, (site) => {
      const { atLeast } = options;
      if (typeof atLeast !== 'number' || !(atLeast > 0 && atLeast <= 100)) {
        site.in('atLeast').fail('InvalidPercent', 'must be more than 1 and at most 100', atLeast, 'Write the share in percent: 99 allows one failure in a hundred.');
      }
      if (atLeast <= 1) {
        site.in('atLeast').fail('InvalidPercent', 'must be in percent, not a share of 1', atLeast, `Write ${Math.round(atLeast * 10000) / 100}: at least that many of 100 answers succeed.`);
      }
      return { criteria: '>=', value: String(atLeast) };
    });
  }

  private constructor(
    private readonly name: string,
    private readonly service: MeshService | undefined,
    private readonly query: (service: MeshService, windowSeconds: number) => string,
    private readonly comparator: (site: Site) => { criteria: string; value: string },
  ) {}

  /** @internal */
  public _toProbe(site: Site, graph: MeshGraph, target: MeshService | undefined): SteadyStateProbe {
    const service = this.service ?? target
      ?? site.in('of').fail('UnknownService', 'must say whose answers count', undefined, 'The target is no MeshService: name one, as SteadyState.successRate({ atLeast: 99, of: orders }).');
    graph.checkMember(site.in('of'), service, 'Name a service of the app that describes the drill.');
    service._reach(site.in('of')).checkHttp(site.in('of')); // TCP connections have no requests to count
    return {
      name: `${service.name}-${this.name}`,
      of: `${service.namespace}/${service.name}`,
      query: windowSeconds => this.query(service, windowSeconds),
      comparator: this.comparator(site),
    };
  }
}

/** @internal */
export interface SteadyStateProbe {
  readonly name: string;
  readonly of: string;
  /** A window of less than four scrape intervals is empty now and then. */
  readonly query: (windowSeconds: number) => string;
  readonly comparator: { criteria: string; value: string };
}

/**
 * The client's view: a connection that failed never reached the server. By the service's name, and those that a release has for its versions: a request
 * for which no pod could be picked has no destination workload.
 *
 * Single quotes only: Litmus puts the query between double quotes into a shell (litmuschaos/litmus-go
 * pkg/probe/promprobe.go).
 */
function successRate(service: MeshService, windowSeconds: number): string {
  const names = service._reach(Site.of(service, 'ports')).hosts.map(host => host.split('.')[0]);
  const named = names.length === 1 ? `='${names[0]}'` : `=~'${names.join('|')}'`;
  const requests = `reporter='source',destination_service_namespace='${service.namespace}',destination_service_name${named}`;
  const successful = `${requests},response_code!~'${FAILED_CODES}',grpc_response_status!~'${FAILED_GRPC_CODES}'`;
  const rate = (which: string) => `sum(rate(istio_requests_total{${which}}[${windowSeconds}s]))`;
  // Where none has ever succeeded there is no such series: that is 0 percent, and not no answer
  return `(${rate(successful)} or vector(0)) / ${rate(requests)} * 100`;
}
