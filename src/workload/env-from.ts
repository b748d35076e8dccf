import * as kplus from 'cdk8s-plus-28';
import { Site } from '../diagnostics/site';

/** cdk8s-plus takes a source that is none, and any prefix; the API server does not. */
export function checkEnvFrom(site: Site, sources: kplus.EnvFrom[] = []): void {
  sources.forEach((source, index) => {
    const { configMapRef, secretRef, prefix } = (source as any)._toKube();
    if ((configMapRef === undefined) === (secretRef === undefined)) {
      site.at(index).fail('InvalidVariable', 'must come from one ConfigMap or one Secret', source, 'Write kplus.Env.fromConfigMap(settings), or kplus.Env.fromSecret(secret).');
    }
    if (prefix !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(prefix)) {
      site.at(index).in('prefix').fail('InvalidVariable', 'must begin the name of a variable', prefix, 'Use letters, digits and _, and begin with no digit: ORDERS_.');
    }
  });
}
