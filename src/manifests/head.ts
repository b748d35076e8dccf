import { ApiObjectMetadata } from 'cdk8s';

/**
 * Where an object goes and what it is called. The namespace is the chart's.
 */
export interface Head extends ApiObjectMetadata {
  readonly name: string;
}
