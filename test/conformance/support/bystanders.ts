import { Manifest } from '../../cluster/api/client';

/** A workload that the application under test does not describe: one pod that answers and sends. */
export function bystander(where: string, name: string, options: { serviceAccount?: string; labels?: { [key: string]: string } } = {}): Manifest[] {
  const labels = { app: name, ...options.labels };
  const account = options.serviceAccount ?? name;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace: where } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: where },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: account,
            securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [{ name, image: 'bystander:1', ports: [{ name: 'http', containerPort: 8080 }] }],
          },
        },
      },
    },
  ];
}

export function namespace(name: string, meshed: boolean): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: meshed ? { 'istio-injection': 'enabled' } : {} } };
}

/**
 * The neighbours of every application under test: one of the mesh whose account bears a client's name, but in another
 * namespace; one without a proxy; and the one that collects metrics.
 */
export const STRANGER = 'elsewhere/frontend';
export const PLAIN = 'plain/plain';
export const COLLECTOR = 'monitoring/collector';

export function neighbours(): Manifest[] {
  return [
    namespace('elsewhere', true), ...bystander('elsewhere', 'frontend', { labels: { 'service.istio.io/canonical-name': 'frontend' } }),
    namespace('plain', false), ...bystander('plain', 'plain'),
    namespace('monitoring', false), ...bystander('monitoring', 'collector'),
  ];
}
