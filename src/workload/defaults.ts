import { Duration } from 'cdk8s';

export const DEFAULT_REPLICAS = 3;

/** The user `nonroot` of distroless images. */
export const DEFAULT_USER = 65532;

export const DEFAULT_WRITABLE_PATHS = ['/tmp'];

/** Time for the endpoints' removal to reach every proxy before the program is asked to stop. */
export const DEFAULT_DRAIN = Duration.seconds(5);

/** Kubernetes' own 30 seconds for the program, after the drain. */
export const DEFAULT_GRACE_PERIOD = Duration.seconds(35);
