import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Site } from '../diagnostics/site';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { MeshService } from '../mesh/mesh-service';

/** What a release asks for, checked: the weights come from commits. */
export interface StaticRelease {
  readonly service: MeshService;
  readonly version: string;
  readonly name: string;
  readonly workload: { image: string; replicas?: number };
  readonly weight: number;
  readonly match?: HttpMatchManifest[];
  readonly mirror?: number;
}

/** A Deployment beside the service's own, and fixed weights between the two. */
export function releaseStatically(scope: Construct, release: StaticRelease): ApiObject {
  const { service, version, weight, match, mirror } = release;
  service._addRelease(Site.of(scope, 'service'), scope.node.path, version, [
    ...(match ? [{ name: 'canary-match', match, split: [{ subset: version, weight: 100 }] }] : []),
    {
      name: 'canary',
      // Both versions at every stage, so that a stage changes two numbers and no line more
      split: [{ subset: service.version, weight: 100 - weight }, { subset: version, weight }],
      mirror: mirror === undefined ? undefined : { subset: version, percent: mirror },
    },
  ]);
  return service._pods.addVersion(scope, release.name, version, release.workload.image, release.workload.replicas);
}
