import { configure } from './configure';
import { PodPart } from './pod-part';

/** In the order in which they are done, before all containers are hardened. */
export const POD_PARTS: PodPart[] = [
  configure,
];
