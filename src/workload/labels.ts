/** The labels by which objects find pods. The reasons are in docs/design.md. */

/** Selects the pods of a service, whatever their version. */
export const APP = 'app';

/** Tells the versions of a service apart: it names the DestinationRule's subset. */
export const VERSION = 'version';

/** Names what controls the pods. */
export const INSTANCE = 'app.kubernetes.io/instance';

/**
 * What every policy selects. Flagger renames `app` on its primary pods but copies this label, so a policy
 * never loses the pods that serve (https://github.com/fluxcd/flagger/issues/1604).
 *
 * @see https://istio.io/latest/docs/ops/configuration/telemetry/canonical-service/ (Istio's canonical service)
 */
export const CANONICAL_NAME = 'service.istio.io/canonical-name';

export const CANONICAL_REVISION = 'service.istio.io/canonical-revision';

/** Of pods that are the new version of a service, which it names, as long as its release goes on: put on by an engine that tells them apart by it. */
export const CANARY_OF = 'release.cdk8s-mesh.dev/canary-of';

/** The annotation of pods that are the service's own again, after what was tried last: its hash. */
export const ABORTED = 'release.cdk8s-mesh.dev/aborted';

/** Kubernetes puts the namespace's name into this label of every namespace. */
export const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

export function canonicalName(service: string): { [key: string]: string } {
  return { [CANONICAL_NAME]: service };
}

/** For the metadata of everything that belongs to a service. */
export function objectLabels(service: string): { [key: string]: string } {
  return { 'app.kubernetes.io/name': service, 'app.kubernetes.io/managed-by': 'cdk8s-mesh' };
}

/** Of a machine that is no pod, and of its proxy: what Istio would say itself of one without a version stands there too. */
export function machineLabels(service: string, version?: string): { [key: string]: string } {
  return {
    [APP]: service,
    ...(version === undefined ? {} : { [VERSION]: version }),
    ...canonicalName(service),
    [CANONICAL_REVISION]: version ?? 'latest',
  };
}

type Labels = { [key: string]: string };

/** How the pods of a service's own version are found. */
export interface PodIdentity {
  /** The name of what controls them. */
  readonly controller: string;
  /** By which the controller finds them. */
  readonly selector: Labels;
  /** By which the Service does, whatever their version. */
  readonly served: Labels;
  /** By which the network of others knows them. */
  readonly peers: Labels;
  /** All that they carry. */
  readonly labels: Labels;
}

/**
 * @param adopted what is there already, and cannot be changed or must not be.
 */
export function podIdentity(service: string, version: string, adopted: { workload?: string; selector?: Labels } = {}): PodIdentity {
  const { workload: controller = service, selector } = adopted;
  const own = { [APP]: service, [VERSION]: version };
  // Pods that are there already carry no label of ours: they serve and call until the new ones do
  const kept = selector && Object.fromEntries(Object.entries(selector).filter(([key]) => key !== VERSION));
  return {
    controller,
    selector: { ...selector ?? own },
    served: kept ?? { [APP]: service },
    peers: kept ?? canonicalName(service),
    labels: {
      [CANONICAL_REVISION]: version,
      [INSTANCE]: controller,
      'app.kubernetes.io/version': version,
      ...own,
      ...canonicalName(service),
      ...objectLabels(service),
      ...selector,
    },
  };
}
