import { Construct } from 'constructs';
import { AccessLog } from './access-log';
import { AccessLogProvider } from './access-log-provider';
import { ProgramTelemetry } from './program-telemetry';
import { declareProvider } from './provider';
import { ProxyMetrics } from './proxy-metrics';
import { tellPrograms } from './told-programs';
import { Tracing } from './tracing';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Member } from '../graph/call';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { ProxyCall } from '../graph/proxy-calls';
import { AccessLoggingManifest, telemetry } from '../manifests/istio-telemetry';
import { MeshWorkload } from '../mesh/mesh-workload';
import { objectLabels } from '../workload/labels';

/**
 * Properties of `MeshTelemetry`.
 */
export interface MeshTelemetryProps {
  /**
   * Where the proxies send spans.
   *
   * @default - as the wider scope says: the namespace, the whole mesh, the installation
   */
  readonly tracing?: Tracing;

  /**
   * Which requests the proxies log.
   *
   * @default - as the wider scope says
   */
  readonly accessLogs?: AccessLog[];

  /**
   * Where the lines go.
   *
   * @default - AccessLogProvider.envoy(): the output of the proxy's container
   */
  readonly accessLogProvider?: AccessLogProvider;

  /**
   * What the proxies count, and by which tags.
   *
   * Istio: `Telemetry.spec.metrics`.
   *
   * @default - as the wider scope says; piece by piece
   */
  readonly metrics?: ProxyMetrics;

  /**
   * What the programs are told of telemetry: who they are, and where theirs goes.
   *
   * OpenTelemetry: the variables `OTEL_*` of the programs' environment.
   *
   * @default - as the wider scope says; nothing if none does
   */
  readonly programs?: ProgramTelemetry;

  /**
   * The one whose proxies are meant, of the chart's namespace.
   *
   * Istio: `Telemetry.spec.selector`.
   *
   * @default - all of the namespace; in a chart of the mesh's root namespace, those of the whole mesh
   */
  readonly service?: MeshWorkload;
}

/**
 * What the proxies tell of the requests that they see: spans and lines of the access log. It becomes a Telemetry of the construct's id.
 *
 * The narrower scope wins: a service's over its namespace's, that over the mesh's. What holds for the whole mesh stands in a chart whose namespace is the mesh's
 * root namespace (`Mesh.istioNamespace`), and is for one app of the mesh to say. Each scope has one; a second one is refused.
 *
 * The way to the server that is sent to is opened to the proxies that are meant, and no others: it is in their Sidecar, and the network lets them. The
 * installation has to know the server by name: `ExtensionProviders` writes what it needs.
 *
 * Throws `MissingNamespace`, `SystemNamespace`, `InvalidName`, `DuplicateName`, `OtherApp`, `OtherNamespace`, `NotOurs`, `IneffectiveTelemetry` and the errors of
 * the values it is given.
 *
 * @see https://istio.io/latest/docs/reference/config/telemetry/
 *
 * @example
 * const collector = new ExistingWorkload(app, 'collector', {
 *   namespace: 'observability', podLabels: { app: 'otel-collector' }, service: 'otel-collector', ports: [MeshPort.grpc(4317)], inMesh: false,
 * });
 * new MeshTelemetry(chart, 'telemetry', {
 *   tracing: Tracing.otlp(collector, { sampling: Percent.of(5), tags: { team: TraceTag.literal('shop') } }),
 *   accessLogs: [AccessLog.errors(), AccessLog.slowerThan(Duration.seconds(1))],
 * });
 */
@checked
export class MeshTelemetry extends Construct {
  constructor(scope: Construct, id: string, props: MeshTelemetryProps = {}) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const { tracing, accessLogs, metrics, programs, service } = props;
    const graph = MeshGraph.of(this);
    const namespace = chartNamespace(this);
    const name = checkDnsLabel(at('id'), id);
    if (namespace.startsWith('kube-')) {
      at('namespace').fail('SystemNamespace', 'must be none of Kubernetes\'', namespace, 'Put it into the chart of the services that are meant, or of the mesh\'s root namespace.');
    }
    if (!tracing && !accessLogs && !metrics && !programs) {
      at('tracing').fail('IneffectiveTelemetry', 'is required where there are no accessLogs, no metrics and nothing for the programs', tracing, 'Say what the proxies are to tell: Tracing.otlp(collector), or accessLogs: [AccessLog.errors()].');
    }
    if (props.accessLogProvider && !accessLogs) {
      at('accessLogProvider').fail('IneffectiveTelemetry', 'has no effect without accessLogs', 'accessLogProvider', 'Say what goes there: accessLogs: [AccessLog.all()].');
    }
    this.claimScope(namespace, name, props);

    // Of the root namespace: that of the whole mesh, which a Mesh may name after this
    const wide = () => namespace === graph.settings.istioNamespace;
    const holds = (member: Member) => service ? member === service._member.client : member.namespace === namespace || wide();
    const by: ProxyCall['by'] = member => holds(member) && !graph.collectors.has(member);
    const traced = tracing?._toManifest(at('tracing'), this);
    if (traced?.provider) {
      declareProvider(at('tracing'), this, traced.provider, by);
    }
    const logged = accessLogs && this.logging(accessLogs, props.accessLogProvider ?? AccessLogProvider.envoy(), by);
    if (programs) {
      tellPrograms(at('programs'), this, programs, { holds, rank: () => service ? 2 : wide() ? 0 : 1 });
    }
    const metered = { workload: service, patterns: () => service?._member.incoming.flatMap(({ asked, paths }) => asked ?? paths ?? []) ?? [] };
    if (metrics) {
      graph.check(metrics._check(at('metrics'), metered));
    }
    if (!traced && !logged && !metrics) {
      return; // The programs' variables are no object
    }
    telemetry(this, 'telemetry', { name, labels: objectLabels(name) }, () => ({
      ...(service && { selector: { matchLabels: service._member.selected } }),
      ...(traced && { tracing: [traced.tracing] }),
      ...(logged && { accessLogging: [logged] }),
      ...(metrics && { metrics: [metrics._toManifest(metered)] }),
    }));
  }

  private logging(logs: AccessLog[], to: AccessLogProvider, by: ProxyCall['by']): AccessLoggingManifest {
    const site = Site.of(this, 'accessLogProvider');
    const { name, provider } = to._bind(site, this);
    const manifest = AccessLog._toManifest(Site.of(this, 'accessLogs'), logs);
    if (provider) {
      if (manifest.disabled) {
        site.fail('IneffectiveTelemetry', 'has no effect beside AccessLog.none()', name, 'Leave it out: nothing goes anywhere.');
      }
      declareProvider(site, this, provider, by);
    }
    return { providers: [{ name }], ...manifest };
  }

  /** Of two for the same proxies, Istio takes the older, or both in turn: istioctl's IST0159 and IST0160. */
  private claimScope(namespace: string, name: string, { service, programs }: MeshTelemetryProps): void {
    const graph = MeshGraph.of(this);
    const site = Site.of(this, 'service');
    graph.claim(Site.of(this, 'id'), ['Telemetry'], namespace, name, this.node.path);
    if (!service) {
      graph.claim(site, ['Telemetry for all of'], namespace, '', this.node.path);
      return;
    }
    graph.checkMember(site, service, 'Describe its telemetry in the app that describes the service.');
    if (service.namespace !== namespace) {
      site.fail('OtherNamespace', `must be in this chart's namespace ${namespace}`, `${service.namespace}/${service.name}`, `Put it into a chart with namespace: '${service.namespace}'.`);
    }
    if (programs && !service._ownsPods) {
      Site.of(this, 'programs').fail('NotOurs', 'cannot be told to a program that something else deploys', service.node.path, 'Leave it out, and set the variables where it is deployed.');
    }
    if (service._member.client.name !== service.name) {
      site.fail('NotOurs', 'must have an identity of its own: the policies that select these pods select the service\'s', service.node.path,
        'Name the service, or give the version ownIdentity: true.');
    }
    graph.claim(site, ['Telemetry for'], namespace, service.name, this.node.path);
  }
}
