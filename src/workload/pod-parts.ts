import { completeContainers } from './added-container';
import { pullSecrets } from './image-pull';
import { programExceptions } from './pod-exception';
import { ownMetadata } from './pod-metadata';
import { schedulePods } from './scheduling';
import { ProgramProps } from './workload-props';

/**
 * What one group of properties does to a rendered pod: each in a file of its own, and a line here.
 *
 * @param template `metadata` and `spec` of the pods; the program's own container is the first.
 */
export type PodPart = (template: any, program: ProgramProps) => void;

/** In the order in which they are done, before all containers are hardened. */
export const POD_PARTS: PodPart[] = [ownMetadata, pullSecrets, schedulePods, completeContainers, programExceptions];
