import * as kplus from 'cdk8s-plus-28';
import { plain } from './escape-hatch';
import { rebase } from './rebase';
import { WorkloadChanges } from './workload-changes';

/** The program's container among those of a template: by its name, or the first. */
export function programOf(template: any, service: string): any {
  const { containers } = template.spec;
  return containers.find(({ name }: { name: string }) => name === service) ?? containers[0];
}

/** What a controller is with the service's properties, and with those of a release: the difference is what the release changes. */
export interface Difference {
  readonly before: any;
  readonly after: any;
}

/**
 * A rendered controller with the changes of a release. What was done to the pods by methods and patches holds, but for what is changed.
 *
 * @param difference without it there is none but in what a program is started with.
 * @returns another object, which is plain.
 */
export function changed(controller: any, service: string, changes: WorkloadChanges, difference?: Difference): any {
  const json = plain(difference ? { ...controller, spec: rebase(controller.spec, difference.before.spec, difference.after.spec) } : controller);
  const program = programOf(json.spec.template, service);
  // What a patch has set in the place of a property gives way to a release that says it, be it what the property says
  for (const property of ['image', 'command', 'args'] as const) {
    if (changes[property] !== undefined) {
      program[property] = changes[property];
    }
  }
  setVariables(program, changes.env);
  return json;
}

/** In the place of what they replace: others may be made of them, which have to come later. */
function setVariables(container: any, env: { [name: string]: kplus.EnvValue } = {}): void {
  const set = new Map(Object.entries(env).map(([name, { value, valueFrom }]) => [name, plain({ name, value, valueFrom })]));
  if (set.size === 0) {
    return;
  }
  const own: any[] = container.env ?? [];
  const added = [...set.values()].filter(variable => !own.some(each => each.name === variable.name));
  container.env = [...own.map(each => set.get(each.name) ?? each), ...added];
}
