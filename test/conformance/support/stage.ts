import { Chart } from 'cdk8s';
import { synthesizeApp } from './objects';
import { refused } from './refused';
import { MeshPort, MeshService, MeshServiceProps, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { connect, ConnectedCluster } from '../../cluster/remote';

/** A small application of a test's own: a zero-trust namespace with a client, and what the test adds. */
export class Stage {
  public static async open(): Promise<Stage> {
    return new Stage(await connect());
  }

  private objects: Manifest[] = [];

  private constructor(public readonly cluster: ConnectedCluster) {}

  /** Describes the application anew and applies what has changed, as a commit would, or in an order of the test's own. */
  public async show(describe: (chart: Chart, client: MeshService) => void, apply: typeof applyChange = applyChange): Promise<void> {
    const objects = synthesizeApp((app) => {
      const chart = new Chart(app, 'stage', { namespace: 'stage' });
      new ZeroTrustNamespace(chart, 'namespace');
      describe(chart, service(chart, 'client'));
    });
    await apply(this.cluster, this.objects, objects);
    this.objects = objects;
    await this.cluster.podsReady();
    await this.cluster.settled();
  }

  public async clear(): Promise<void> {
    await this.cluster.reset();
    this.objects = [];
  }

  /** The requests that reached the pods of a version, with the attempts and the copies among them. */
  public async arrived(workload: string, version: string, path: string): Promise<Manifest[]> {
    const pods = (await this.cluster.pods('stage')).filter(pod => pod.labels.app === workload && pod.version === version);
    const requests = await Promise.all(pods.map(pod => this.cluster.requests(`stage/${pod.name}`)));
    return requests.flat().filter(request => request.path === path);
  }
}

/** Applies what has changed and deletes what is gone, as a commit would. */
export async function applyChange(cluster: ConnectedCluster, before: Manifest[], after: Manifest[]): Promise<void> {
  const known = new Map(before.map(object => [key(object), JSON.stringify(object)]));
  const changed = after.filter(object => known.get(key(object)) !== JSON.stringify(object));
  const names = new Set(after.map(key));
  const complaints = refused(await cluster.apply(changed));
  if (complaints.length > 0) {
    throw new Error(JSON.stringify(complaints, undefined, 2));
  }
  await cluster.delete(before.filter(object => !names.has(key(object))));
}

export function service(chart: Chart, name: string, props: Partial<MeshServiceProps> = {}): MeshService {
  return new MeshService(chart, name, { image: `registry.example/${name}:1.0.0`, ports: [MeshPort.http(8080)], replicas: 1, ...props });
}

function key({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}
