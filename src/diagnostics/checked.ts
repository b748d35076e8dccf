import { ownType, ValueDescription } from './assembly';
import { MeshError } from './mesh-error';
import { Site } from './site';
import { isStruct, registerClass, valueProblems } from './type-check';

/**
 * On every public class: compares what its constructor and its methods are given with what the API says that they take,
 * before any of them runs. TypeScript does so for those who use it; plain JavaScript and values of type `any` get here
 * what would otherwise be `ports.forEach is not a function`, or nothing at all for a property whose name is misspelt.
 *
 * Nothing is said by hand: the API is read from the assembly that jsii has made of the docstrings and types.
 */
export function checked<T extends Function>(target: T): T {
  for (const name of Object.getOwnPropertyNames(target)) {
    guard(target, target, name, true);
  }
  for (const name of Object.getOwnPropertyNames(target.prototype)) {
    guard(target, target.prototype, name, false);
  }
  const guarded = new Proxy(target, {
    construct(constructor, args, newTarget) {
      const parameters = ownType(target.name)?.initializer?.parameters;
      if (parameters) {
        const [scope, id] = args;
        const within = scope?.node?.path;
        check(parameters, args, within ? `${within}/${id}` : String(id ?? target.name), '');
      }
      return Reflect.construct(constructor, args, newTarget);
    },
  });
  registerClass(target.name, guarded);
  return guarded;
}

/** Puts the check before a public method. Internal ones are in no assembly. */
function guard(target: Function, holder: any, name: string, isStatic: boolean): void {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name)!;
  if (name === 'constructor' || typeof descriptor.value !== 'function' || name.startsWith('_')) {
    return;
  }
  const method = descriptor.value;
  let parameters: ValueDescription[] | undefined;
  Object.defineProperty(holder, name, {
    ...descriptor,
    value: function (this: any, ...args: unknown[]) {
      const known = parameters ??= described(target.name, name, isStatic);
      if (!known) {
        return method.apply(this, args);
      }
      if (isStatic) {
        check(known, args, `${target.name}.${name}`, '');
      } else {
        check(known, args, this.node?.path ?? target.name, `${name}(${labelOf(args[0])})`);
      }
      return method.apply(this, args);
    },
  });
}

/** `undefined` where the assembly does not say. */
function described(type: string, name: string, isStatic: boolean): ValueDescription[] | undefined {
  const method = ownType(type)?.methods?.find(candidate => candidate.name === name && Boolean(candidate.static) === isStatic);
  return method && (method.parameters ?? []);
}

/** The properties of a struct are named without their parameter, as users write them. */
function check(parameters: ValueDescription[], args: unknown[], path: string, call: string): void {
  const site = Site.named(path, call);
  const surplus = parameters.at(-1)?.variadic ? -1 : args.findIndex((value, index) => index >= parameters.length && value !== undefined);
  MeshError.throwIfAny([
    ...parameters.flatMap((parameter, index) => {
      const given = parameter.variadic ? args.slice(index) : [args[index]];
      return given.flatMap((value) => {
        const problems = valueProblems(isStruct(parameter, value) ? site : site.in(parameter.name), value, parameter);
        // Of a struct whose properties are all optional none is missing
        return value === undefined && !parameter.optional && problems.length === 0 && parameter.type.primitive !== 'any'
          ? [site.in(parameter.name).problem('MissingProperty', 'is required', value, 'Give an object with what is to be said.')] : problems;
      });
    }),
    ...(surplus < 0 ? [] : [site.in(`arguments[${surplus}]`).problem('UnknownProperty', 'is one value too many', args[surplus],
      `Give ${parameters.map(({ name }) => name).join(', ') || 'none'}: what follows would have no effect.`)]),
  ]);
}

/** What tells one call of a method from another: `calls(orders)`. */
function labelOf(first: any): string {
  return typeof first === 'string' ? first : first?.node?.id ?? '';
}
