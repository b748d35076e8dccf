import { warningsOf } from './refused';
import { Manifest } from '../../cluster/api/client';
import { ConnectedCluster } from '../../cluster/remote';

/**
 * Everything that the API server (schemas, CEL rules, Pod Security), istiod's webhook and `istioctl analyze` have against
 * some objects: refusals and warnings. Their namespaces have to exist for a dry run.
 */
export async function complaints(cluster: ConnectedCluster, objects: Manifest[], options: { dryRun?: boolean } = {}): Promise<string[]> {
  const applied = await cluster.apply(objects, options);
  return [
    ...applied.filter(({ ok }) => !ok).map(({ object, error }) => `${object}: refused: ${error}`),
    ...applied.flatMap(each => warningsOf(each).map(warning => `${each.object}: ${warning}`)),
    ...await analysis(cluster, objects),
  ];
}

/** The same of what stands in some namespaces. */
export async function analysisOf(
  cluster: ConnectedCluster, namespaces: string[], kinds: [apiVersion: string, kind: string][], isMeant: (object: Manifest) => boolean = () => true,
): Promise<string[]> {
  const objects = await Promise.all(namespaces.flatMap(namespace => kinds.map(async ([apiVersion, kind]) => (
    (await cluster.list(apiVersion, kind, kind === 'Namespace' ? undefined : namespace)).map((object): Manifest => ({ ...object, apiVersion, kind }))))));
  return analysis(cluster, objects.flat().filter(isMeant));
}

/** What stands around a gateway. */
export const OF_GATEWAYS: [apiVersion: string, kind: string][] = [
  ['networking.istio.io/v1', 'Gateway'], ['networking.istio.io/v1', 'VirtualService'], ['networking.istio.io/v1', 'DestinationRule'], ['v1', 'Service'], ['v1', 'Pod'], ['v1', 'Secret'],
];

export async function analysis(cluster: ConnectedCluster, objects: Manifest[]): Promise<string[]> {
  return (await cluster.analyze(objects)).map(({ code, origin, message }) => `istioctl analyze: ${code} ${origin}: ${message}`);
}
