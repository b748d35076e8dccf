import { App, Chart } from 'cdk8s';
import { find, Manifest, synthesize } from './manifests';
import { CanaryRelease, CanaryReleaseProps, MeshPort, MeshService, MeshServiceProps } from '../../src';

/** An app with one chart for the namespace `shop`, and what tests put into it again and again. */
export class World {
  public readonly app: App = new App();
  public readonly shop: Chart = new Chart(this.app, 'shop', { namespace: 'shop' });

  /** A service with one HTTP port, unless the test says otherwise. */
  public service(id: string, props: Partial<MeshServiceProps> = {}): MeshService {
    return new MeshService(this.shop, id, { image: `ghcr.io/acme/${id}:1.0.0`, ports: [MeshPort.http(8080)], ...props });
  }

  /** The release `orders-next`, unless the test says otherwise. */
  public release(service: MeshService, props: Partial<CanaryReleaseProps> = {}, id = 'orders-next'): CanaryRelease {
    return new CanaryRelease(this.shop, id, { service, image: 'ghcr.io/acme/orders:2.0.0', stages: [0, 10, 100], stage: 1, ...props });
  }

  public chart(id: string, namespace?: string): Chart {
    return new Chart(this.app, id, { namespace });
  }

  /** Runs what only the whole app shows. */
  public synth(): void {
    this.app.synthYaml();
  }
}

/** The manifests of one service alone. */
export function ordersWith(props: Partial<MeshServiceProps> = {}): Manifest[] {
  const world = new World();
  world.service('orders', props);
  return synthesize(world.shop);
}

/** The pods of a Deployment. */
export function podOf(manifests: Manifest[], deployment = 'orders') {
  const { metadata, spec } = find(manifests, 'Deployment', deployment).spec.template;
  return { labels: metadata.labels, spec, container: spec.containers[0] };
}
