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
    ...applied.flatMap(({ object, warnings }) => warnings.map(warning => `${object}: ${warning}`)),
    ...await analysis(cluster, objects),
  ];
}

export async function analysis(cluster: ConnectedCluster, objects: Manifest[]): Promise<string[]> {
  return (await cluster.analyze(objects)).map(({ code, origin, message }) => `istioctl analyze: ${code} ${origin}: ${message}`);
}
