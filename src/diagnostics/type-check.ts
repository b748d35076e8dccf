import { closest } from 'fastest-levenshtein';
import { describedType, ownName, ownType, propertiesOf, TypeDescription, TypeReference } from './assembly';
import { checkKept, UNKEPT } from './checks';
import { MeshError } from './mesh-error';
import { MeshProblem } from './mesh-problem';
import { Site } from './site';
import { fits, isCollection, isStruct, registeredClasses, Taken } from './type-fit';

/** What is wrong with a value, given what its parameter or property takes: where in it, and what would be right. */
export function valueProblems(site: Site, value: unknown, taken: Taken): MeshProblem[] {
  if (fits(value, taken)) {
    return [];
  }
  const { type, docs } = taken;
  const described = type.fqn === undefined ? undefined : describedType(type.fqn);
  if (isStruct(taken, value)) {
    return structProblems(site, value ?? {}, described!);
  }
  if (value === undefined) {
    return [site.problem('MissingProperty', 'is required', value, [fixOf(type, described, docs?.summary), sentence(docs?.summary ?? '')].join(' ').trim())];
  }
  if (type.collection && isCollection(value, type.collection.kind)) {
    const element = { type: type.collection.elementtype };
    return Array.isArray(value)
      ? [...value].flatMap((item, index) => valueProblems(site.at(index), item, element))
      : Object.entries(value).flatMap(([key, item]) => (
        key === UNKEPT ? MeshError.collect(() => checkKept(site, key) ?? []) : valueProblems(site.in(key), item, element)));
  }
  return [site.problem('WrongType', `must be ${wanted(type)}`, value, numberIn(value, type) ?? fixOf(type, described, docs?.summary))];
}

const OF_CALLS = 'It is said of a call: give it to calls(), or to exposes() of a gateway.';

/** What stands somewhere else than one may look for it, by struct and property. */
const ELSEWHERE: { [struct: string]: { [property: string]: string } } = {
  RouteOptions: { timeout: OF_CALLS, retries: OF_CALLS },
  MeshServiceProps: { timeout: OF_CALLS, retries: OF_CALLS },
  ConnectionPoolOptions: { retryBudget: 'It is a property of the service itself: give it beside connectionPool.' },
};

/** Of each property of a struct, and of names that it does not have. */
function structProblems(site: Site, value: object, struct: TypeDescription): MeshProblem[] {
  const properties = propertiesOf(struct);
  const names = properties.map(({ name }) => name);
  const unknown = Object.entries(value).filter(([name, given]) => given !== undefined && !names.includes(name));
  return [
    ...unknown.map(([name, given]) => site.in(name).problem(
      'UnknownProperty', `is no property of ${struct.name}`, given, `${ELSEWHERE[struct.name]?.[name] ?? `Did you mean ${closest(name, names)}?`} There are ${names.sort().join(', ')}.`)),
    ...properties.flatMap(property => valueProblems(site.in(property.name), (value as any)[property.name], property)),
  ];
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

/** What jsii takes for the first sentence may be a part of one. */
function sentence(summary: string): string {
  const text = summary.replace(/[\s.;:,]+$/, '');
  return text === '' ? '' : `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** A share is a number where the property itself says that it is one of 100. */
function numberIn(value: unknown, { primitive }: TypeReference): string | undefined {
  const share = registeredClasses().get('Percent');
  return primitive === 'number' && share && value instanceof share ? `Write the number alone: ${(value as any)._toNumber(Site.named('', ''))}.` : undefined;
}

/** How such a value is written. @param summary of what takes it: where it names kinds, the others are not meant. */
function fixOf(type: TypeReference, described: TypeDescription | undefined, summary = ''): string {
  if (type.collection) {
    return type.collection.kind === 'array' ? `Write it between brackets: ${shape(type)}.` : `Write a plain object: ${shape(type)}.`;
  }
  const made = factoriesOf(described, type.fqn);
  const members = described?.members?.map(({ name }) => `${described.name}.${name}`) ?? [];
  const ways = [...made, ...members];
  if (ways.length > 0) {
    return `Use ${ways.length > 1 ? 'one of ' : ''}${ways.join(', ')}.`;
  }
  const all = described?.abstract ? kindsOf(described.name) : [];
  const meant = all.filter(kind => summary.includes(`\`${kind}\``));
  const kinds = meant.length > 0 ? meant : all;
  return `Give ${wanted(type)}${kinds.length > 0 ? `: one of ${kinds.join(', ')}` : ''}.`;
}

/** `[MeshPort, ...]`, or `{ name: number, ... }`. */
function shape({ primitive, fqn, collection }: TypeReference): string {
  const element = collection && shape(collection.elementtype);
  return !collection ? primitive ?? `${fqn?.split('.').pop()}` : collection.kind === 'array' ? `[${element}, ...]` : `{ name: ${element}, ... }`;
}

/** How one comes by a value of a class that has no constructor of its own to call. */
export function waysTo(type: TypeDescription): string {
  const kinds = kindsOf(type.name);
  const ways = [factoriesOf(type, type.fqn), kinds, factoriesOf(type)].find(({ length }) => length > 0) ?? [];
  return ways.length === 0 ? 'Use what another method returns.' : `Use ${ways.length > 1 ? 'one of ' : ''}${ways.join(', ')}.`;
}

/** The static methods of a class. @param fqn those alone that return this. */
function factoriesOf(type: TypeDescription | undefined, fqn?: string): string[] {
  return type?.methods?.filter(({ static: isStatic, returns }) => isStatic && (fqn === undefined || returns?.type.fqn === fqn)).map(({ name }) => `${type.name}.${name}()`) ?? [];
}

/** What there is of a class that nobody makes itself. */
function kindsOf(name: string): string[] {
  const base = registeredClasses().get(name);
  const derived = [...registeredClasses()].filter(([kind, made]) => base && made.prototype instanceof base && !ownType(kind)?.abstract);
  return derived.map(([kind]) => kind).sort();
}
