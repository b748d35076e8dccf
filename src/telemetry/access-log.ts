import { Duration } from 'cdk8s';
import { checked } from '../diagnostics/checked';
import { checkDuration } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** What did not go well. What an expression asks that a connection of TCP does not have, is an error, and one side of `||` may be one. */
const ERRORS = [
  'response.code >= 400',
  'response.flags != 0',
  // Of gRPC every answer is a 200, and of what is not gRPC Envoy makes up a status
  '(request.headers[\'content-type\'].startsWith(\'application/grpc\') && response.grpc_status != 0)',
];

/** The words of docs/refusals.md: of a server's proxy, and of a client's, which knows no way. */
const REFUSED = [
  'response.code_details.startsWith(\'rbac_access_denied\')',
  'response.code_details.startsWith(\'jwt_authn_access_denied\')',
  'response.code_details == \'ext_authz_denied\'',
  'response.code_details == \'direct_response\'',
  'connection.termination_details.startsWith(\'rbac_access_denied\')',
  'xds.cluster_name == \'BlackHoleCluster\'',
];

/**
 * Which requests and connections the proxies log: the client's proxy and the server's each for itself. Of several, a line is written for what any of them
 * takes.
 *
 * Istio: `Telemetry.spec.accessLogging.filter.expression`.
 *
 * @see https://istio.io/latest/docs/reference/config/telemetry/#AccessLogging
 */
@checked
export class AccessLog {
  /**
   * Everything.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { accessLogs: [AccessLog.all()] });
   */
  public static all(): AccessLog {
    return new AccessLog('all()', () => []);
  }

  /**
   * What did not go well: an answer of 400 or more, a gRPC status other than OK, and what was broken off by a client, a server, a limit or the network.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { accessLogs: [AccessLog.errors(), AccessLog.slowerThan(Duration.seconds(1))] });
   */
  public static errors(): AccessLog {
    return new AccessLog('errors()', () => ERRORS);
  }

  /**
   * Requests that took longer, from their first byte to the last one of the answer. A stream that is meant to last is slow too.
   *
   * @param duration whole milliseconds, at least one.
   *
   * @example
   * AccessLog.slowerThan(Duration.millis(250));
   */
  public static slowerThan(duration: Duration): AccessLog {
    return new AccessLog('slowerThan()', site => [`request.duration > duration('${checkDuration(site, duration)}')`]);
  }

  /**
   * Who was refused: by the server's proxy for his identity, his token or the word of an authorizer, and by his own for a call that is not declared. What a
   * VirtualService answers by itself (`directResponse`) is among them. What the network drops, no proxy sees as refused: it is among the errors.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { accessLogs: [AccessLog.refused()] });
   */
  public static refused(): AccessLog {
    return new AccessLog('refused()', () => REFUSED);
  }

  /**
   * Nothing, where a wider scope or the installation logs.
   *
   * Istio: `Telemetry.spec.accessLogging.disabled`.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { accessLogs: [AccessLog.none()] });
   */
  public static none(): AccessLog {
    return new AccessLog('none()', () => []);
  }

  /** @internal */
  public static _toManifest(site: Site, logs: AccessLog[]): { disabled?: boolean; filter?: { expression: string } } {
    const names = logs.map(({ name }) => name);
    if (names.length === 0) {
      site.fail('EmptyList', 'must not be empty', logs, 'Say which requests are logged, or AccessLog.none().');
    }
    logs.forEach(({ name }, index) => {
      if (names.indexOf(name) < index) {
        site.at(index).fail('IneffectiveTelemetry', 'must not stand twice', name, 'Leave one of them out: a line is written for what any of them takes.');
      }
      if (names.length > 1 && ['all()', 'none()'].includes(name)) {
        site.at(index).fail('IneffectiveTelemetry', 'must stand alone: it leaves nothing for the others to say', name, 'Leave it out, or the others.');
      }
    });
    if (names[0] === 'none()') {
      return { disabled: true };
    }
    // Istio keeps one filter for a provider, the last: pilot/pkg/model/telemetry.go, mergeLogs. So all of them are one
    const terms = logs.flatMap((log, index) => log.terms(site.at(index)));
    return terms.length === 0 ? { disabled: false } : { disabled: false, filter: { expression: terms.join(' || ') } };
  }

  private constructor(private readonly name: string, private readonly terms: (site: Site) => string[]) {}
}
