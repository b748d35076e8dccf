import { describedType, ownName, propertiesOf, TypeDescription, TypeReference, ValueDescription } from './assembly';
import { UNKEPT } from './checks';

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

export function registeredClasses(): ReadonlyMap<string, Function> {
  return CLASSES;
}

/** What a parameter, a property or an element takes. */
export type Taken = Pick<ValueDescription, 'type' | 'optional' | 'docs'>;

type Fit = (value: unknown) => boolean;

const FITS = new WeakMap<Taken, Fit>();

/**
 * Whether a value is what is taken. It is asked for every value that a program gives, and nearly always is: what the
 * assembly says of a type is looked up once.
 */
export function fits(value: unknown, taken: Taken): boolean {
  if (value === undefined && taken.optional) {
    return true;
  }
  let fit = FITS.get(taken);
  if (!fit) {
    fit = fitOf(taken.type);
    FITS.set(taken, fit);
  }
  return fit(value);
}

/** Whether the value is to be looked at property by property: nothing at all lacks those that are required. */
export function isStruct({ type }: Pick<Taken, 'type'>, value: unknown): value is object | undefined {
  return type.fqn !== undefined && Boolean(describedType(type.fqn)?.datatype) && (value === undefined || isPlain(value));
}

/** A Map is no map: its entries are no properties. */
export function isCollection(value: unknown, kind: 'array' | 'map'): value is object {
  return kind === 'array' ? Array.isArray(value) : isPlain(value) && !(Symbol.iterator in value);
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fitOf(type: TypeReference): Fit {
  const { primitive, fqn, union, collection } = type;
  if (union) {
    const alternatives = union.types.map(each => ({ type: each }));
    return value => alternatives.some(alternative => fits(value, alternative));
  }
  if (collection) {
    const element = { type: collection.elementtype };
    // In a copy of a list its holes are elements
    return value => isCollection(value, collection.kind) && !Object.hasOwn(value, UNKEPT)
      && (Array.isArray(value) ? [...value] : Object.values(value)).every(item => fits(item, element));
  }
  switch (primitive) {
    case undefined: break;
    case 'any': case 'json': return value => primitive === 'any' || value !== undefined;
    case 'date': return value => value instanceof Date;
    default: return value => typeof value === primitive;
  }
  if (fqn === undefined) {
    return () => false;
  }
  const described = describedType(fqn);
  if (described?.datatype) {
    return structFit(described);
  }
  const name = ownName(fqn);
  switch (described?.kind) {
    case 'class': return value => isInstance(value, fqn, name);
    case 'enum': return (value) => {
      const members = name === undefined ? undefined : ENUMS.get(name);
      return members ? Object.values(members).includes(value as string) : ['string', 'number'].includes(typeof value);
    };
    // What an interface with methods asks for is for its own library to say; of an unknown type nothing can be said
    default: return value => described === undefined ? value !== undefined : typeof value === 'object' && value !== null;
  }
}

function structFit(struct: TypeDescription): Fit {
  const properties = propertiesOf(struct);
  const names = new Set(properties.map(({ name }) => name));
  return (value = {}) => isPlain(value) && properties.every(property => fits((value as any)[property.name], property))
    && Object.keys(value).every(name => names.has(name) || (value as any)[name] === undefined);
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
