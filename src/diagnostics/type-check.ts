import { closest } from 'fastest-levenshtein';
import { describedType, ownName, propertiesOf, TypeDescription, TypeReference, ValueDescription, ownType } from './assembly';
import { MeshProblem } from './mesh-problem';
import { Site } from './site';

const RTTI = Symbol.for('jsii.rtti');

/** The classes and enums of this library as they are at run time: the assembly knows their names alone. */
const CLASSES = new Map<string, Function>();
const ENUMS = new Map<string, { [name: string]: string }>();

export function registerClass(name: string, constructor: Function): void {
  CLASSES.set(name, constructor);
}

/** Lets the values of an enum be told from other texts: `registerEnums({ RetryOn })`, beside the enum. */
export function registerEnums(enums: { [name: string]: { [name: string]: string } }): void {
  Object.entries(enums).forEach(([name, members]) => ENUMS.set(name, members));
}

export function registeredNames(): string[] {
  return [...CLASSES.keys(), ...ENUMS.keys()];
}

/** What is wrong with a value, given what its parameter or property takes. */
export function valueProblems(site: Site, value: unknown, { type, optional, docs }: Pick<ValueDescription, 'type' | 'optional' | 'docs'>): MeshProblem[] {
  if (value === undefined && (optional || type.primitive === 'any')) {
    return [];
  }
  const described = type.fqn === undefined ? undefined : describedType(type.fqn);
  if (isStruct({ type }, value)) {
    return structProblems(site, value ?? {}, described!);
  }
  if (value === undefined) {
    return [site.problem('MissingProperty', 'is required', value, [fixOf(type, described), docs?.summary ?? ''].join(' ').trim())];
  }
  if (type.collection && isCollection(value, type.collection.kind)) {
    const element = { type: type.collection.elementtype };
    return Array.isArray(value)
      ? value.flatMap((item, index) => valueProblems(site.at(index), item, element))
      : Object.entries(value).flatMap(([key, item]) => valueProblems(site.in(key), item, element));
  }
  return fits(value, type, described) ? [] : [site.problem('WrongType', `must be ${wanted(type)}`, value, fixOf(type, described))];
}

/** Whether the value is to be looked at property by property: nothing at all lacks those that are required. */
export function isStruct({ type }: Pick<ValueDescription, 'type'>, value: unknown): value is object | undefined {
  return type.fqn !== undefined && Boolean(describedType(type.fqn)?.datatype) && (value === undefined || isPlain(value));
}

/** Of each property of a struct, and of names that it does not have. */
function structProblems(site: Site, value: object, struct: TypeDescription): MeshProblem[] {
  const properties = propertiesOf(struct);
  const names = properties.map(({ name }) => name);
  const unknown = Object.entries(value).filter(([name, given]) => given !== undefined && !names.includes(name));
  return [
    ...unknown.map(([name, given]) => site.in(name).problem(
      'UnknownProperty', `is no property of ${struct.name}`, given, `Did you mean ${closest(name, names)}? There are ${names.sort().join(', ')}.`)),
    ...properties.flatMap(property => valueProblems(site.in(property.name), (value as any)[property.name], property)),
  ];
}

function fits(value: unknown, type: TypeReference, described: TypeDescription | undefined): boolean {
  if (type.union) {
    return type.union.types.some(alternative => valueProblems(Site.named('', ''), value, { type: alternative }).length === 0);
  }
  if (type.primitive !== undefined) {
    return type.primitive === 'any' || type.primitive === 'json' || (type.primitive === 'date' ? value instanceof Date : typeof value === type.primitive);
  }
  if (type.fqn === undefined || type.collection) {
    return false;
  }
  const name = ownName(type.fqn);
  switch (described?.kind) {
    case 'class': return isInstance(value, type.fqn, name);
    case 'enum': {
      const members = name === undefined ? undefined : ENUMS.get(name);
      return members ? Object.values(members).includes(value as string) : ['string', 'number'].includes(typeof value);
    }
    // What an interface with methods asks for is for its own library to say; of an unknown type nothing can be said
    default: return described === undefined || (typeof value === 'object' && value !== null && !described.datatype);
  }
}

/** Two copies of one library have classes of one name: jsii marks them with it. */
function isInstance(value: unknown, fqn: string, name: string | undefined): boolean {
  const own = name === undefined ? undefined : CLASSES.get(name);
  if (own) {
    return value instanceof own;
  }
  for (let prototype = value; typeof prototype === 'object' && prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const constructor: any = Object.prototype.hasOwnProperty.call(prototype, 'constructor') ? prototype.constructor : undefined;
    if (constructor?.[RTTI]?.fqn === fqn) {
      return true;
    }
  }
  return false;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCollection(value: unknown, kind: 'array' | 'map'): value is object {
  return kind === 'array' ? Array.isArray(value) : isPlain(value);
}

/** A type in words: `a number`, `a list of MeshPort`. */
function wanted({ primitive, fqn, collection, union }: TypeReference): string {
  if (union) {
    return union.types.map(wanted).join(' or ');
  }
  if (collection) {
    const elements = wanted(collection.elementtype).replace(/^an? /, '');
    const plural = collection.elementtype.primitive === undefined ? elements : `${elements}s`;
    return collection.kind === 'array' ? `a list of ${plural}` : `a map of ${plural} by name`;
  }
  const name = primitive ?? fqn!.split('.').pop()!;
  // A class of another version of cdk8s-plus has the same name
  const library = fqn === undefined || ownName(fqn) !== undefined ? '' : ` of ${fqn.split('.')[0]}`;
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}${library}`;
}

/** How such a value is written. */
function fixOf(type: TypeReference, described: TypeDescription | undefined): string {
  if (type.collection?.kind === 'array') {
    return `Write it between brackets: [${type.collection.elementtype.primitive ?? `${type.collection.elementtype.fqn!.split('.').pop()}`}, ...].`;
  }
  const made = described?.methods?.filter(method => method.static && method.returns?.type.fqn === type.fqn).map(({ name }) => `${described.name}.${name}()`) ?? [];
  const members = described?.members?.map(({ name }) => `${described.name}.${name}`) ?? [];
  const ways = [...made, ...members];
  if (ways.length > 0) {
    return `Use ${ways.length > 1 ? 'one of ' : ''}${ways.join(', ')}.`;
  }
  const kinds = described?.abstract ? kindsOf(described.name) : [];
  return `Give ${wanted(type)}${kinds.length > 0 ? `: one of ${kinds.join(', ')}` : ''}.`;
}

/** What there is of a class that nobody makes itself. */
function kindsOf(name: string): string[] {
  const base = CLASSES.get(name);
  return [...CLASSES].filter(([kind, made]) => base && made.prototype instanceof base && !ownType(kind)?.abstract).map(([kind]) => kind).sort();
}
