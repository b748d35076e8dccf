import { ProgramProps } from './workload-props';

/**
 * What one group of properties does to a rendered pod: each in a file of its own, and a line in `pod-parts.ts`.
 *
 * @param template `metadata` and `spec` of the pods; the program's own container is the first.
 */
export type PodPart = (template: any, program: ProgramProps) => void;
