import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Site } from '../diagnostics/site';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { MeshService } from '../mesh/mesh-service';
import { splitBetween } from '../mesh/service-routes';

/** What a release asks for, checked: the weights come from commits. */
export interface StaticRelease {
  readonly service: MeshService;
  readonly version: string;
  readonly name: string;
  readonly workload: { image: string; replicas?: number };
  /** Whether the new version gets anything: at the first stage its pods may not be there yet. */
  readonly started: boolean;
  readonly weight: number;
  readonly match?: HttpMatchManifest[];
  readonly mirror?: number;
}

/** A Deployment beside the service's own, and fixed weights between the two. */
export function releaseStatically(scope: Construct, release: StaticRelease): ApiObject {
  const { service, version, started, weight, match, mirror } = release;
  const split = (percent: number) => splitBetween(service.version, version, percent);
  service._reach(Site.of(scope, 'service')).addRelease(Site.of(scope, 'service'), {
    path: scope.node.path,
    version,
    started,
    routes: [
      ...(match ? [{ name: 'canary-match', match, split: split(started ? 100 : 0) }] : []),
      // A share of 0 copies nothing (istio/istio pilot/pkg/networking/core/route/route.go, MirrorPercent)
      { name: 'canary', split: split(weight), mirror: mirror === undefined ? undefined : { subset: version, percent: started ? mirror : 0 } },
    ],
  });
  return service._pods.addVersion(scope, { ...release.workload, name: release.name, version });
}
