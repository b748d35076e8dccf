import { BudgetSettings, PROVEN } from '../traffic/budgets';
import { WrittenProxy } from '../workload/written-proxy-context';

/** What runs the containers on the nodes. */
export interface ContainerRuntimeSettings {
  readonly name: string;
  readonly socketPath: string;
}

/** What every service of a mesh has in common. */
export interface MeshSettings {
  readonly trustDomain: string;
  readonly clusterDomain: string;
  readonly istioNamespace: string;
  readonly revision?: string;
  readonly nativeSidecars: boolean;
  /** Absent where the injector gives the pods their proxy. */
  readonly writtenProxy?: WrittenProxy;
  readonly prometheusUrl: string;
  readonly prometheusNamespace: string;
  readonly scrapeIntervalSeconds: number;
  readonly containerRuntime: ContainerRuntimeSettings;
  readonly apiServerCidrs: string[];
  readonly dnsCidrs: string[];
  /** What the network knows something outside by, of which nothing but the name is said. */
  readonly externalEgress: 'addresses' | 'ciliumFqdns';
  /** Absent where nothing is proven. */
  readonly budgets?: BudgetSettings;
}

export const DEFAULT_SETTINGS: MeshSettings = {
  trustDomain: 'cluster.local',
  clusterDomain: 'cluster.local',
  istioNamespace: 'istio-system',
  nativeSidecars: true,
  prometheusUrl: 'http://prometheus.istio-system:9090',
  prometheusNamespace: 'istio-system',
  scrapeIntervalSeconds: 60,
  containerRuntime: { name: 'containerd', socketPath: '/run/containerd/containerd.sock' },
  apiServerCidrs: ['0.0.0.0/0'],
  dnsCidrs: [],
  externalEgress: 'addresses',
  budgets: PROVEN,
};

export function hostOf(settings: MeshSettings, namespace: string, service: string): string {
  return `${service}.${namespace}.svc.${settings.clusterDomain}`;
}

/** The identity in a workload's certificate, as an AuthorizationPolicy writes it. */
export function principalOf(settings: MeshSettings, namespace: string, serviceAccount: string): string {
  return `${settings.trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}
