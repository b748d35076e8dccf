import { completeContainers } from './added-container';
import { configure } from './configure';
import { pullSecrets } from './image-pull';
import { programExceptions } from './pod-exception';
import { ownMetadata } from './pod-metadata';
import { PodPart } from './pod-part';
import { schedulePods } from './scheduling';

/** In the order in which they are done, before all containers are hardened: a watcher of files runs as the program does, exceptions included. */
export const POD_PARTS: PodPart[] = [ownMetadata, pullSecrets, schedulePods, completeContainers, programExceptions, configure];
