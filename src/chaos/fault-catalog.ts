import { ContainerRuntimeSettings } from '../graph/mesh-settings';
import { EnvManifest } from '../manifests/litmus';

/** What Litmus knows of a fault: the ChaosExperiment that has to lie beside the engine. */
export interface FaultEntry {
  /** Whether it acts from a helper pod that is privileged on the node. */
  readonly helper: boolean;
  /** Whether it deletes the pods of the target itself. */
  readonly deletesPods: boolean;
  readonly env: { [name: string]: string };
}

/** The chosen values of this library where Litmus' own are `latest` or empty. */
export const LITMUS_IMAGE = 'litmuschaos.docker.scarf.sh/litmuschaos/go-runner:3.31.0';

/**
 * Without DEFAULT_HEALTH_CHECK, which upstream sets to false: the runner lets it win over the engine's defaultHealthCheck
 * (litmuschaos/chaos-runner pkg/utils/environment.go, SetENV).
 */
const COMMON = { RAMP_TIME: '', PODS_AFFECTED_PERC: '', TARGET_CONTAINER: '', TARGET_PODS: '', NODE_LABEL: '', SEQUENCE: 'parallel' };

/**
 * The faults and their tunables.
 *
 * Upstream: litmuschaos/chaos-charts faults/kubernetes/<name>/fault.yaml, spec.definition.
 */
export const FAULTS = {
  'pod-delete': {
    helper: false,
    deletesPods: true,
    env: { ...COMMON, TOTAL_CHAOS_DURATION: '15', CHAOS_INTERVAL: '5', FORCE: 'true' },
  },
  'pod-cpu-hog': {
    helper: true,
    deletesPods: false,
    env: { ...COMMON, TOTAL_CHAOS_DURATION: '60', CPU_CORES: '1', CPU_LOAD: '100' },
  },
  'pod-network-loss': {
    helper: true,
    deletesPods: false,
    env: {
      ...COMMON, TOTAL_CHAOS_DURATION: '60', NETWORK_INTERFACE: 'eth0', NETWORK_PACKET_LOSS_PERCENTAGE: '100', DESTINATION_IPS: '', DESTINATION_HOSTS: '',
    },
  },
} satisfies { [name: string]: FaultEntry };

export type FaultName = keyof typeof FAULTS;

/** What a fault's ChaosExperiment says; the helper has to find the container on its node. */
export function faultEnv(fault: FaultEntry, runtime: ContainerRuntimeSettings): EnvManifest[] {
  const helper = { LIB_IMAGE: LITMUS_IMAGE, CONTAINER_RUNTIME: runtime.name, SOCKET_PATH: runtime.socketPath };
  return envOf(fault.helper ? { ...fault.env, ...helper } : fault.env);
}

export function envOf(values: { [name: string]: string }): EnvManifest[] {
  return Object.entries(values).sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => ({ name, value }));
}
