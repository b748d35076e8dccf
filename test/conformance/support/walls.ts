import { PLAIN } from './bystanders';
import { Probe, violations } from './matrix';
import { onlyWall, Wall } from './objects';
import { Manifest } from '../../cluster/api/client';
import { ConnectedCluster } from '../../cluster/remote';

/** client, server, port, and the requests: "METHOD /path", or all. */
export type Call = [client: string, server: string, port: string, requests?: string[]];

/** An application as its reader understands it: who may ask whom for what. */
export interface WalledApp {
  readonly objects: () => Manifest[];
  /** What others have put there. */
  readonly neighbours: () => Manifest[];
  readonly clients: string[];
  /** Those among the clients that the application describes, and so gives a view. */
  readonly own: (client: string) => boolean;
  readonly probes: Probe[];
  readonly calls: Call[];
  /** Servers that some reach without a call, because nothing stands between them. */
  readonly open?: (from: string, probe: Probe, wall?: Wall) => boolean;
  /** What comes in by its gateways otherwise than declared. */
  readonly entrances?: (cluster: ConnectedCluster) => Promise<string[]>;
  /** Kinds that it needs. */
  readonly install?: (cluster: ConnectedCluster) => Promise<void>;
}

/** Puts the application there, with all walls or with one; returns its objects. */
export async function stand(cluster: ConnectedCluster, app: WalledApp, wall?: Wall): Promise<Manifest[]> {
  await cluster.reset();
  await app.install?.(cluster);
  const objects = wall ? onlyWall(app.objects(), wall) : app.objects();
  const refused = (await cluster.apply([...objects, ...app.neighbours()])).filter(({ ok }) => !ok);
  if (refused.length > 0) {
    throw new Error(JSON.stringify(refused, undefined, 2));
  }
  await cluster.podsReady();
  await cluster.settled();
  return objects;
}

/** The network knows servers and ports, a proxy's view servers. */
const KNOWS_PORTS: (Wall | undefined)[] = [undefined, 'identity', 'network'];
const KNOWS_REQUESTS: (Wall | undefined)[] = [undefined, 'identity'];

/** Asks everybody for everything, and lists what is otherwise than declared, as far as the wall can know. */
export async function judge(cluster: ConnectedCluster, app: WalledApp, wall?: Wall): ReturnType<typeof violations> {
  // Those that the application does not describe have no view of its drawing
  const clients = wall === 'scope' ? app.clients.filter(app.own) : app.clients;
  const declared = (from: string, probe: Probe) => app.open?.(from, probe, wall) || app.calls.some(([client, server, port, requests]) => (
    client === from && server === probe.server
    && (!KNOWS_PORTS.includes(wall) || port === probe.port)
    && (!KNOWS_REQUESTS.includes(wall) || requests === undefined || requests.includes([probe.method, probe.path].filter(Boolean).join(' ')))));
  // Without a proxy there is no identity: the connection ends before a request is read
  const isRefusal = (from: string, { status }: { status: number }) => !KNOWS_REQUESTS.includes(wall) || from !== PLAIN || status === 0;
  const found = await violations(cluster, clients, app.probes, declared, isRefusal);
  return { ...found, wrong: [...found.wrong, ...await app.entrances?.(cluster) ?? []] };
}
