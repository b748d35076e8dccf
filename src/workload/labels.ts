/** The labels by which objects find pods. The reasons are in docs/design.md. */

/** Selects the pods of a service, whatever their version. */
export const APP = 'app';

/** Tells the versions of a service apart: it names the DestinationRule's subset. */
export const VERSION = 'version';

/**
 * What every policy selects. Flagger renames `app` on its primary pods but copies this label, so a policy
 * never loses the pods that serve (https://github.com/fluxcd/flagger/issues/1604).
 *
 * @see https://istio.io/latest/docs/ops/configuration/telemetry/canonical-service/ (Istio's canonical service)
 */
export const CANONICAL_NAME = 'service.istio.io/canonical-name';

export const CANONICAL_REVISION = 'service.istio.io/canonical-revision';

/** Kubernetes puts the namespace's name into this label of every namespace. */
export const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

export function canonicalName(service: string): { [key: string]: string } {
  return { [CANONICAL_NAME]: service };
}

/** For the metadata of everything that belongs to a service. */
export function objectLabels(service: string): { [key: string]: string } {
  return { 'app.kubernetes.io/name': service, 'app.kubernetes.io/managed-by': 'cdk8s-mesh' };
}

export function podSelector(service: string, version: string): { [key: string]: string } {
  return { [APP]: service, [VERSION]: version };
}

export function podLabels(service: string, version: string, deployment: string): { [key: string]: string } {
  return {
    ...podSelector(service, version),
    ...canonicalName(service),
    [CANONICAL_REVISION]: version,
    ...objectLabels(service),
    'app.kubernetes.io/instance': deployment,
    'app.kubernetes.io/version': version,
  };
}
