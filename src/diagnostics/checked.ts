import { ownType, ValueDescription } from './assembly';
import { MeshError } from './mesh-error';
import { Site } from './site';
import { valueProblems, waysTo } from './type-check';
import { fits, isStruct, registerClass } from './type-fit';

/**
 * On every public class: compares what its constructor and its methods are given with what the API says that they take,
 * before any of them runs. TypeScript does so for those who use it; plain JavaScript and values of type `any` get here
 * what would otherwise be `ports.forEach is not a function`, or nothing at all for a property whose name is misspelt.
 *
 * Nothing is said by hand: the API is read from the assembly that jsii has made of the docstrings and types.
 */
export function checked<T extends Function>(target: T): T {
  const running: Running = { count: 0 };
  for (const name of Object.getOwnPropertyNames(target)) {
    guard(target, target, name, true, running);
  }
  for (const name of Object.getOwnPropertyNames(target.prototype)) {
    guard(target, target.prototype, name, false, running);
  }
  const typeOf = lazily(() => ownType(target.name));
  const guarded: T = new Proxy(target, {
    construct(constructor, args, newTarget) {
      const type = typeOf();
      if (type && newTarget === guarded && (type.abstract || (!type.initializer && running.count === 0))) {
        Site.named(target.name, `new ${target.name}()`).fail('WrongType', 'is not how one is made', args, waysTo(type));
      }
      const parameters = type?.initializer?.parameters;
      if (parameters && !taken(parameters, args)) {
        const [scope, id] = args;
        const within = scope?.node?.path;
        refuse(parameters, args, within ? `${within}/${id}` : String(id ?? target.name), '');
      }
      // Of a Proxy as the new target, V8 gives each object a hidden class of its own (v8 src/objects/js-function.cc, JSFunction::GetDerivedMap):
      // whatever reads the object would be slow
      return Reflect.construct(constructor, args, newTarget === guarded ? constructor : newTarget);
    },
  });
  registerClass(target.name, guarded);
  return guarded;
}

/** How many methods of a class run just now: what they construct is their own, where the constructor is private. */
interface Running {
  count: number;
}

/** Puts the check before a method. Internal ones are in no assembly, and take whatever they are given. */
function guard(target: Function, holder: any, name: string, isStatic: boolean, running: Running): void {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name)!;
  if (name === 'constructor' || typeof descriptor.value !== 'function') {
    return;
  }
  const method = descriptor.value;
  const parametersOf = lazily(() => name.startsWith('_') ? undefined : described(target.name, name, isStatic));
  Object.defineProperty(holder, name, {
    ...descriptor,
    value: function (this: any, ...args: unknown[]) {
      const known = parametersOf();
      if (known && !taken(known, args)) {
        const [path, call] = isStatic ? [`${target.name}.${name}`, ''] : [this.node?.path ?? target.name, `${name}(${labelOf(args[0])})`];
        refuse(known, args, path, call);
      }
      running.count++;
      try {
        return method.apply(this, args);
      } finally {
        running.count--;
      }
    },
  });
}

/** The assembly is read at the first use, and asked once. */
function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** `undefined` where the assembly does not say. */
function described(type: string, name: string, isStatic: boolean): ValueDescription[] | undefined {
  const method = ownType(type)?.methods?.find(candidate => candidate.name === name && Boolean(candidate.static) === isStatic);
  return method && (method.parameters ?? []);
}

/** Whether every argument is what its parameter takes, and there is none too many. */
function taken(parameters: ValueDescription[], args: unknown[]): boolean {
  const isVariadic = parameters.at(-1)?.variadic;
  const single = parameters.length - (isVariadic ? 1 : 0);
  const fitsRest = (value: unknown) => isVariadic ? fits(value, parameters[single]) : value === undefined;
  return parameters.every((parameter, index) => index >= single || (fits(args[index], parameter) && !isMissing(parameter, args[index])))
    && args.every((value, index) => index < single || fitsRest(value));
}

/** Of a struct whose properties are all optional nothing fits, and yet something was to be given. */
function isMissing({ optional, type }: ValueDescription, value: unknown): boolean {
  return value === undefined && !optional && type.primitive !== 'any';
}

/** The properties of a struct are named without their parameter, as users write them. */
function refuse(parameters: ValueDescription[], args: unknown[], path: string, call: string): void {
  const site = Site.named(path, call);
  const surplus = parameters.at(-1)?.variadic ? -1 : args.findIndex((value, index) => index >= parameters.length && value !== undefined);
  MeshError.throwIfAny([
    ...parameters.flatMap((parameter, index) => {
      const given = parameter.variadic ? args.slice(index) : [args[index]];
      return given.flatMap((value) => {
        const problems = valueProblems(isStruct(parameter, value) ? site : site.in(parameter.name), value, parameter);
        return problems.length === 0 && isMissing(parameter, value)
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
