import { envoyAdmin } from './inspect';
import { RunningPod } from './pod';
import { Manifest } from '../api/client';
import { ControlPlane } from '../control-plane/control-plane';
import { istiodPage } from '../control-plane/istio';
import { until } from '../machine/process';

interface SyncStatus {
  readonly proxy: string;
  readonly resources?: Record<string, { sent?: string; acked?: string; lastError?: string }>;
}

const TYPE = 'type.googleapis.com/envoy.config.';
const CLUSTERS = `${TYPE}cluster.v3.Cluster`;
const LISTENERS = `${TYPE}listener.v3.Listener`;
const ROUTES = `${TYPE}route.v3.RouteConfiguration`;
const UUID_LENGTH = 36;
const PARTS_APART_MS = 2000;
const PARTS_APART_POLLS = 8;

let marker = 0;
let written: Promise<unknown> = Promise.resolve();

/**
 * Waits until every proxy has, and has acknowledged, a configuration that contains all that was applied before.
 *
 * Istiod tells which push each proxy has acknowledged, but not which objects went into a push. So a marker is pushed
 * after the objects: an EnvoyFilter that writes a number into the metadata of the one cluster that every proxy has and
 * that no request uses. A proxy that has the number and whose other types are of that push or a later one, is settled
 * (istio: pilot/pkg/xds/debug.go Syncz, discovery.go NextVersion and nonce). A larger number is as good: who waits at the
 * same time has written it, after this one, and one push may have both.
 */
export async function settle(control: ControlPlane, pods: RunningPod[], timeoutMs: number): Promise<void> {
  const number = await mark(control);
  const seen = new Map<string, { at: number; polls: number; push?: number }>(); // the marker, per proxy, and a push that is not older
  let waitingFor: string[] = [];
  await until('the proxies to have the configuration', timeoutMs, async () => {
    const status = new Map((JSON.parse(await istiodPage(control, '/debug/syncz')) as SyncStatus[]).map((entry) => [entry.proxy, entry]));
    // A pod that goes meanwhile leaves istiod
    const late = await Promise.all(pods.filter((pod) => !pod.going).map(async (pod) => {
      const id = `${pod.manifest.metadata.name}.${pod.manifest.metadata.namespace}`;
      const resources = status.get(id)?.resources;
      if (!resources) return `${id}: not connected to istiod`;
      const rejected = Object.entries(resources).find(([, type]) => type.lastError);
      if (rejected) return `${id}: refused ${rejected[0]}: ${rejected[1].lastError}`;
      const unsettled = Object.entries(resources).find(([, type]) => type.sent !== type.acked);
      if (unsettled) return `${id}: has not acknowledged ${unsettled[0]}`;
      const marked = seen.get(id);
      if (!marked) {
        if (await hasMarker(pod, number)) seen.set(id, { at: Date.now(), polls: 0 });
        return `${id}: does not have the latest clusters`; // or has since, and then this status is from before
      }
      // Istiod sends the clusters first. A push after the marker's may leave out the types that it does not change:
      // then time tells, for the parts of one push are milliseconds apart: by the clock, and by as many looks, for a machine may stand still.
      marked.polls++;
      marked.push ??= pushOf(resources[CLUSTERS]?.sent);
      const behind = [LISTENERS, ROUTES].find((type) => resources[type]?.sent && pushOf(resources[type].sent) < marked.push!);
      const early = Date.now() - marked.at < PARTS_APART_MS || marked.polls < PARTS_APART_POLLS;
      if (behind && early) return `${id}: ${behind} is of an earlier push`;
      return await isDraining(pod) ? `${id}: has connections that were made under an earlier configuration` : undefined;
    }));
    waitingFor = late.filter((entry) => entry !== undefined) as string[];
    if (waitingFor.length > 0) throw new Error(waitingFor.slice(0, 3).join('; '));
    return true;
  }, 60);
}

/** Writes the next number, after those before it. */
async function mark(control: ControlPlane): Promise<number> {
  const number = ++marker;
  written = written.catch(() => undefined).then(() => control.api.apply(markerFilter(number)));
  await written;
  return number;
}

/** A nonce is the push's version, `<time>/<number>`, and a UUID. */
function pushOf(nonce = ''): number { return Number(nonce.slice(0, -UUID_LENGTH).split('/')[1] ?? 0); }

async function hasMarker(pod: RunningPod, number: number): Promise<boolean> {
  const dump = JSON.parse(await envoyAdmin(pod, '/config_dump?resource=dynamic_active_clusters&name_regex=%5EBlackHoleCluster%24'));
  return (dump.configs ?? []).some((entry: Manifest) => entry.cluster?.metadata?.filter_metadata?.['cdk8s-mesh']?.marker >= number);
}

/**
 * A changed listener leaves the connections that it has to the filters that they were made with, an AuthorizationPolicy's
 * among them, until they are drained: the next request of a client's proxy would still be judged by the old policy
 * (envoy: source/common/listener_manager/listener_manager_impl.cc, drainFilterChains).
 */
async function isDraining(pod: RunningPod): Promise<boolean> {
  const stats = await envoyAdmin(pod, '/stats?filter=%5Elistener_manager.total_(filter_chains|listeners)_draining');
  return /: [1-9]/.test(stats);
}

function markerFilter(number: number): Manifest {
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'cdk8s-mesh-settled', namespace: 'istio-system' },
    spec: {
      configPatches: [{
        applyTo: 'CLUSTER',
        match: { context: 'ANY', cluster: { name: 'BlackHoleCluster' } },
        patch: { operation: 'MERGE', value: { metadata: { filter_metadata: { 'cdk8s-mesh': { marker: number } } } } },
      }],
    },
  };
}
