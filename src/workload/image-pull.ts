import { checkDnsName, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

export interface Pulled {
  readonly imagePullSecrets?: string[];
}

export function checkPulled(at: (property: string) => Site, { imagePullSecrets = [] }: Pulled): void {
  imagePullSecrets.forEach((name, index) => checkDnsName(at('imagePullSecrets').at(index), name));
  checkUnique(at('imagePullSecrets'), imagePullSecrets, 'DuplicateName', 'Name each Secret once.');
}

/** Beside those that a method of cdk8s-plus has named. */
export function pullSecrets({ spec }: any, { imagePullSecrets = [] }: Pulled): void {
  if (imagePullSecrets.length > 0) {
    spec.imagePullSecrets = [...spec.imagePullSecrets ?? [], ...imagePullSecrets.map(name => ({ name }))];
  }
}
