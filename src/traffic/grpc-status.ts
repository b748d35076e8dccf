import { registerEnums } from '../diagnostics/type-fit';

/**
 * How a gRPC call fails.
 *
 * Istio: `HTTPFaultInjection.Abort.grpcStatus`.
 *
 * @see https://grpc.io/docs/guides/status-codes/
 */
export enum GrpcStatus {
  /** 1: the caller gave it up. */
  CANCELLED = 'CANCELLED',
  /** 2: nobody knows why. */
  UNKNOWN = 'UNKNOWN',
  /** 3: the caller asks for what there cannot be. */
  INVALID_ARGUMENT = 'INVALID_ARGUMENT',
  /** 4: it took too long. */
  DEADLINE_EXCEEDED = 'DEADLINE_EXCEEDED',
  /** 5: what is asked for is not there. */
  NOT_FOUND = 'NOT_FOUND',
  /** 6: what is to be made is there. */
  ALREADY_EXISTS = 'ALREADY_EXISTS',
  /** 7: the caller may not. */
  PERMISSION_DENIED = 'PERMISSION_DENIED',
  /** 8: a limit is reached. */
  RESOURCE_EXHAUSTED = 'RESOURCE_EXHAUSTED',
  /** 9: something has to happen before. */
  FAILED_PRECONDITION = 'FAILED_PRECONDITION',
  /** 10: another call was in the way. */
  ABORTED = 'ABORTED',
  /** 11: beyond the end of what there is. */
  OUT_OF_RANGE = 'OUT_OF_RANGE',
  /** 12: the server has no such method. */
  UNIMPLEMENTED = 'UNIMPLEMENTED',
  /** 13: the server is broken. */
  INTERNAL = 'INTERNAL',
  /** 14: the server cannot be reached, or not now. */
  UNAVAILABLE = 'UNAVAILABLE',
  /** 15: data is lost. */
  DATA_LOSS = 'DATA_LOSS',
  /** 16: nobody knows who the caller is. */
  UNAUTHENTICATED = 'UNAUTHENTICATED',
}

registerEnums({ GrpcStatus });
