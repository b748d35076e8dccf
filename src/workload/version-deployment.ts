import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { programOf } from './changed-program';
import { rendered } from './escape-hatch';
import { HardenedPods } from './hardened-pods';
import { PodMetadata } from './injection';
import { CANONICAL_REVISION, INSTANCE, VERSION } from './labels';

/** Who a version is that is somebody of its own, and what its calls need in the place of what the service's do. */
export interface VersionIdentity {
  readonly serviceAccount: string;
  readonly labels: { [key: string]: string };
  readonly mountsToken: () => boolean;
  readonly injection: { readonly service: () => PodMetadata; readonly version: () => PodMetadata };
  readonly variables: { readonly service: () => Variables; readonly version: () => Variables };
}

type Variables = { [name: string]: string };

/** In what the pods of another version differ from the service's own. */
export interface VersionDifferences {
  readonly name: string;
  readonly version: string;
  readonly service: string;
  /** The service's own controller with what the version changes: another object, which is plain. */
  readonly edit: (controller: any) => any;
  /** Without it, an autoscaler says how many. */
  readonly replicas?: number;
  /** Of a version that is somebody of its own. */
  readonly identity?: VersionIdentity;
}

/**
 * The Deployment of another version of a service: the service's own, whatever has been done to it by properties, methods
 * or patches, but for what makes the version.
 */
export function versionDeployment(scope: Construct, id: string, own: HardenedPods, differences: VersionDifferences): ApiObject {
  const object = new ApiObject(scope, id, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: differences.name } });
  return rendered(object, () => derive(own.unfinished, own.selector, differences), own.finish);
}

function derive(own: any, ownSelector: { [key: string]: string }, differences: VersionDifferences): any {
  const { name, version, replicas } = differences;
  const json = differences.edit(identified(own, differences));
  const { metadata, spec } = json;
  const { template } = spec;
  const ofVersion = { [INSTANCE]: name, 'app.kubernetes.io/version': version };
  Object.assign(metadata, { name, labels: Object.assign({}, metadata.labels, ofVersion) });
  if (replicas === undefined) {
    delete spec.replicas;
  } else {
    spec.replicas = replicas;
  }
  // But for what the service's own selector goes by
  const ofPods = { [VERSION]: version, [CANONICAL_REVISION]: version };
  template.metadata.labels = Object.assign({}, template.metadata.labels, ofVersion, ownSelector, ofPods);
  // Its own selector, and those by which its pods keep away from each other
  const isOwn = (labels: { [key: string]: string }) => Object.entries(ownSelector).every(([key, value]) => labels[key] === value);
  const selecting = [spec.selector, template.spec.affinity, template.spec.topologySpreadConstraints];
  selecting.flatMap(selectorsIn).filter(isOwn).forEach((labels) => { labels[VERSION] = version; });
  return json;
}

/** What was there for the service's own calls goes, unless the user has written something else in its place. */
function identified(own: any, { service, identity }: VersionDifferences): any {
  if (!identity) {
    return own;
  }
  const json = structuredClone(own);
  const { metadata, spec } = json.spec.template;
  const container = programOf(json.spec.template, service);
  const { serviceAccount, labels, mountsToken, injection, variables } = identity;
  const without = (values: Variables, ours: Variables) => Object.fromEntries(Object.entries(values).filter(([key, value]) => ours[key] !== value));
  const ours = variables.service();
  Object.assign(metadata.labels, labels);
  metadata.annotations = { ...injection.version().annotations, ...without(metadata.annotations, injection.service().annotations) };
  Object.assign(spec, { serviceAccountName: serviceAccount, automountServiceAccountToken: mountsToken() });
  const env = [
    ...Object.entries(variables.version()).map(([name, value]) => ({ name, value })),
    ...(container.env ?? []).filter(({ name, value }: any) => value === undefined || ours[name] !== value),
  ];
  container.env = env.length > 0 ? env : undefined;
  return json;
}

function selectorsIn(value: any): { [key: string]: string }[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const own = typeof value.matchLabels === 'object' ? [value.matchLabels] : [];
  return [...own, ...Object.values(value).flatMap(selectorsIn)];
}
