export const DEFAULT_REPLICAS = 3;

/** The user `nonroot` of distroless images. */
export const DEFAULT_USER = 65532;

export const DEFAULT_WRITABLE_PATHS = ['/tmp'];
