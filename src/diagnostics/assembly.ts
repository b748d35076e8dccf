import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * What the public API says of itself: the assembly that jsii writes beside the compiled library, and that every jsii
 * package carries. Only the parts that are read here.
 *
 * Upstream: aws/jsii packages/@jsii/spec/src/assembly.ts.
 */
export interface TypeReference {
  readonly primitive?: string;
  readonly fqn?: string;
  readonly collection?: { readonly kind: 'array' | 'map'; readonly elementtype: TypeReference };
  readonly union?: { readonly types: TypeReference[] };
}

/** A parameter of a method, or a property of a struct. */
export interface ValueDescription {
  readonly name: string;
  readonly type: TypeReference;
  readonly optional?: boolean;
  readonly variadic?: boolean;
  readonly docs?: { readonly summary?: string };
}

export interface MethodDescription {
  readonly name: string;
  readonly static?: boolean;
  readonly parameters?: ValueDescription[];
  readonly returns?: { readonly type: TypeReference };
}

export interface TypeDescription {
  readonly name: string;
  readonly fqn: string;
  readonly kind: 'class' | 'enum' | 'interface';
  /** An interface that is a struct. */
  readonly datatype?: boolean;
  /** A class that nobody makes. */
  readonly abstract?: boolean;
  readonly interfaces?: string[];
  readonly initializer?: { readonly parameters?: ValueDescription[] };
  readonly methods?: MethodDescription[];
  readonly properties?: ValueDescription[];
  readonly members?: { readonly name: string }[];
}

interface Assembly {
  readonly name: string;
  readonly types?: { readonly [fqn: string]: TypeDescription };
}

const OWN_FOLDER = path.join(__dirname, '../..');

const loaded = new Map<string, Assembly | undefined>();

/** A type of this library, or of one whose types it takes. `undefined` where no assembly is at hand, as in a bundled program. */
export function describedType(fqn: string): TypeDescription | undefined {
  const own = assemblyIn(OWN_FOLDER);
  const [library] = fqn.split('.');
  return (library === own?.name ? own : assemblyOf(library))?.types?.[fqn];
}

/** A type of this library by its name. */
export function ownType(name: string): TypeDescription | undefined {
  const own = assemblyIn(OWN_FOLDER);
  return own?.types?.[`${own.name}.${name}`];
}

/** The name of a type that belongs to this library. */
export function ownName(fqn: string): string | undefined {
  const prefix = `${assemblyIn(OWN_FOLDER)?.name}.`;
  return fqn.startsWith(prefix) ? fqn.slice(prefix.length) : undefined;
}

const PROPERTIES = new WeakMap<TypeDescription, ValueDescription[]>();

/** The properties of a struct, those of the structs that it extends included. */
export function propertiesOf(struct: TypeDescription): ValueDescription[] {
  let properties = PROPERTIES.get(struct);
  if (!properties) {
    const bases = (struct.interfaces ?? []).map(describedType).filter(base => base !== undefined);
    properties = [...bases.flatMap(propertiesOf), ...struct.properties ?? []];
    PROPERTIES.set(struct, properties);
  }
  return properties;
}

const libraries = new Map<string, Assembly | undefined>();

function assemblyOf(library: string): Assembly | undefined {
  if (!libraries.has(library)) {
    libraries.set(library, resolved(library));
  }
  return libraries.get(library);
}

function resolved(library: string): Assembly | undefined {
  try {
    return assemblyIn(path.dirname(require.resolve(`${library}/package.json`)));
  } catch {
    return undefined;
  }
}

function assemblyIn(folder: string): Assembly | undefined {
  if (!loaded.has(folder)) {
    const file = path.join(folder, '.jsii');
    loaded.set(folder, fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined);
  }
  return loaded.get(folder);
}
