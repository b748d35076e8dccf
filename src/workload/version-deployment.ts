import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { rendered } from './escape-hatch';
import { HardenedPods } from './hardened-pods';
import { CANONICAL_REVISION, VERSION } from './labels';

/** In what the pods of another version differ from the service's own. */
export interface VersionDifferences {
  readonly name: string;
  readonly version: string;
  readonly service: string;
  readonly image: string;
  /** Without it, an autoscaler says how many. */
  readonly replicas?: number;
}

/**
 * The Deployment of another version of a service: the service's own, whatever has been done to it by properties, methods
 * or patches, but for what makes the version.
 */
export function versionDeployment(scope: Construct, id: string, own: HardenedPods, differences: VersionDifferences): ApiObject {
  const object = new ApiObject(scope, id, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: differences.name } });
  return rendered(object, () => derive(structuredClone(own.unfinished), own.selector, differences), own.finish);
}

function derive(json: any, ownSelector: { [key: string]: string }, { name, version, service, image, replicas }: VersionDifferences): any {
  const { metadata, spec } = json;
  const { template } = spec;
  // But for what the service's own selector goes by
  const ofVersion = { 'app.kubernetes.io/instance': name, 'app.kubernetes.io/version': version, ...ownSelector };
  delete (ofVersion as any)[VERSION];
  Object.assign(metadata, { name, labels: { ...metadata.labels, 'app.kubernetes.io/instance': name, 'app.kubernetes.io/version': version } });
  if (replicas === undefined) {
    delete spec.replicas;
  } else {
    spec.replicas = replicas;
  }
  template.metadata.labels = { ...template.metadata.labels, ...ofVersion, [VERSION]: version, [CANONICAL_REVISION]: version };
  const container = template.spec.containers.find((candidate: any) => candidate.name === service) ?? template.spec.containers[0];
  container.image = image;
  // Its own selector, and those by which its pods keep away from each other
  const isOwn = (labels: { [key: string]: string }) => Object.entries(ownSelector).every(([key, value]) => labels[key] === value);
  selectorsIn(spec).filter(isOwn).forEach((labels) => { labels[VERSION] = version; });
  return json;
}

function selectorsIn(value: any): { [key: string]: string }[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const own = typeof value.matchLabels === 'object' ? [value.matchLabels] : [];
  return [...own, ...Object.values(value).flatMap(selectorsIn)];
}
