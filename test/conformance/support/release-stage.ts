import { App, Chart, Duration } from 'cdk8s';
import { PLAIN } from './bystanders';
import { lost, underLoad } from './load';
import { synthesizeApp } from './objects';
import { applyChange, service } from './stage';
import { countBy } from './statistics';
import { CanaryEngine, CanaryRelease, CanaryReleaseProps, GatewayServer, Handover, Mesh, MeshGateway, MeshService, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { ConnectedCluster } from '../../cluster/remote';

const HOST = 'shop.example.com';

export const newImage = (name: string, major = 2) => `registry.example/${name}:${major}.0.0`;

export const urlOf = (name: string, path = '/load') => `http://${name}.stage:8080${path}`;

/** A service for each way to release it, all called by one client, and the first by somebody outside through a gateway. */
export interface ReleaseScenario {
  readonly releases: { [service: string]: Partial<CanaryReleaseProps> };
  /** The headers that the load of a service has. */
  readonly loads: { [service: string]: { [header: string]: string } };
  readonly engine: (handover?: Handover) => CanaryEngine;
}

export interface Commit {
  readonly engine?: CanaryEngine;
  /** Those that are released. */
  readonly released?: string[];
  /** Those that have the new image themselves. */
  readonly promoted?: string[];
  /** The one that is released once more, with another image. */
  readonly again?: string;
  /** The one whose release is aborted. */
  readonly aborted?: string;
}

/** Services whose releases are a controller's, in the state of a commit. */
export class ReleaseStage {
  public readonly names: string[];
  private shown: Manifest[] = [];

  constructor(private readonly cluster: ConnectedCluster, private readonly scenario: ReleaseScenario) {
    this.names = Object.keys(scenario.releases);
  }

  /** Without an engine there is no release at all. */
  public async commit({ engine, released = [], promoted = [], again, aborted }: Commit): Promise<void> {
    const objects = synthesizeApp((app: App) => {
      new Mesh(app, 'mesh', { scrapeInterval: Duration.seconds(1) });
      const chart = new Chart(app, 'stage', { namespace: 'stage' });
      new ZeroTrustNamespace(chart, 'namespace');
      const client = service(chart, 'client');
      const imageOf = (name: string) => promoted.includes(name) ? { image: newImage(name) } : {};
      const services = this.names.map(name => service(chart, name, { replicas: 2, ...imageOf(name) }));
      services.forEach((each: MeshService) => client.calls(each, { timeout: Duration.seconds(8) }));
      const gateway = new MeshGateway(chart, 'entrance', { servers: [GatewayServer.http([HOST])], replicas: 1 });
      gateway.exposes(services[0], { hosts: [HOST], timeout: Duration.seconds(9) });
      services.forEach((each: MeshService) => engine && new CanaryRelease(chart, `${each.name}-release`, {
        service: each,
        stages: [0, 100],
        image: again === each.name ? newImage(each.name, 3) : released.includes(each.name) ? newImage(each.name) : undefined,
        aborted: aborted === each.name,
        engine,
        ...this.scenario.releases[each.name],
      }));
    });
    await applyChange(this.cluster, this.shown, objects);
    this.shown = objects;
  }

  /** The answers to all clients of all services while something happens: `gateway` are those to somebody outside of the cluster. */
  public async underAllLoad(work: () => Promise<unknown>): Promise<{ [client: string]: EchoResult[] }> {
    const results: { [client: string]: EchoResult[] } = {};
    const loads = this.names.reduce((inner, name) => async () => {
      results[name] = await underLoad(this.cluster, 'stage/client', { url: urlOf(name), count: 20, concurrency: 1, headers: this.scenario.loads[name] ?? {} }, inner);
    }, work);
    results.gateway = await underLoad(this.cluster, PLAIN, { ...await this.outside(), count: 20, concurrency: 1 }, loads);
    return results;
  }

  private async outside(): Promise<EchoRequest> {
    const { spec } = (await this.cluster.get('v1', 'Service', 'entrance', 'stage'))!;
    return { url: `http://${HOST}/load`, address: `${spec.clusterIP}:80`, timeoutMs: 15_000 };
  }
}

/** How often which workload answered with which image. */
export const imagesOf = (results: EchoResult[]) => countBy(results, ({ status, echo }) => `${status} ${echo?.workload} ${echo?.image?.split(':')[1]}`);

/** The lost requests of each client that has some. */
export function lostOf(results: { [client: string]: EchoResult[] }): { [client: string]: string[] } {
  return Object.fromEntries(Object.entries(results).map(([client, answers]) => [client, lost(answers)]).filter(([, losses]) => losses.length > 0));
}
