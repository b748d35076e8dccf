import { dataOf, field } from './volumes';
import { Api, Manifest } from '../api/client';
import { NODE_NAME } from '../network/node';
import { ADDRESSES } from '../network/pod-network';

/**
 * A container's environment, with the references to the pod's fields and resources, to ConfigMaps and to Secrets resolved. Of the
 * last two, what comes from `envFrom` gives way to `env`, and what is not there yet is waited for.
 */
export async function environmentOf(api: Api, pod: Manifest, spec: Manifest, address: string): Promise<Record<string, string>> {
  const view = { ...pod, spec: { ...pod.spec, nodeName: NODE_NAME }, status: { ...pod.status, podIP: address, hostIP: ADDRESSES.node } };
  const env: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of spec.envFrom ?? []) {
    const data = await (configMapRef ? dataOf(api, pod, 'configmaps', configMapRef.name, configMapRef) : dataOf(api, pod, 'secrets', secretRef.name, secretRef));
    for (const [key, value] of Object.entries(data)) env[`${prefix}${key}`] = value;
  }
  for (const { name, value, valueFrom } of spec.env ?? []) {
    if (valueFrom?.fieldRef) env[name] = String(field(view, valueFrom.fieldRef.fieldPath) ?? '');
    else if (valueFrom?.resourceFieldRef) env[name] = String(resource(spec, valueFrom.resourceFieldRef));
    else if (valueFrom?.configMapKeyRef) env[name] = await keyOf(api, pod, 'configmaps', valueFrom.configMapKeyRef);
    else if (valueFrom?.secretKeyRef) env[name] = await keyOf(api, pod, 'secrets', valueFrom.secretKeyRef);
    else env[name] = expand(value ?? '', env);
  }
  return env;
}

async function keyOf(api: Api, pod: Manifest, plural: string, reference: Manifest): Promise<string> {
  const data = await dataOf(api, pod, plural, reference.name, reference);
  if (!(reference.key in data) && !reference.optional) throw new Error(`${plural} ${reference.name} has no key ${reference.key}`);
  return data[reference.key] ?? '';
}

/** `$(VAR)`, and `$$(VAR)` for the text itself. */
export function expand(text: string, env: Record<string, string>): string {
  return text.replace(/\$(\$)?\(([^)]+)\)/g, (all, escaped, name) => escaped ? all.slice(1) : env[name] ?? all);
}

/** `limits.cpu` of a container that sets none is the node's. */
function resource(spec: Manifest, reference: Manifest): number {
  const [kind, name] = reference.resource.split('.');
  const given = spec.resources?.[kind]?.[name] ?? (name === 'cpu' ? '2' : '4Gi');
  return Math.ceil(quantity(given) / quantity(reference.divisor && reference.divisor !== '0' ? reference.divisor : '1'));
}

const UNITS: Record<string, number> = {
  m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40,
};

function quantity(text: string | number): number {
  const parts = /^([\d.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(String(text));
  if (!parts) throw new Error(`not a quantity: ${text}`);
  return Number(parts[1]) * (parts[2] ? UNITS[parts[2]] : 1);
}
