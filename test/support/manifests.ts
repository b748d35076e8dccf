import { App, Chart, Testing } from 'cdk8s';

/** An object as it stands in the YAML. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: { [key: string]: string };
    readonly annotations?: { [key: string]: string };
  };
  readonly spec?: any;
  readonly [field: string]: any;
}

export function synthesize(chart: Chart): Manifest[] {
  return Testing.synth(chart);
}

/** Every object of every chart. */
export function synthesizeApp(app: App): Manifest[] {
  return app.charts.flatMap(synthesize);
}

/** The one object of a kind and name; fails when there is none or a second one. */
export function find(manifests: Manifest[], kind: string, name: string, namespace?: string): Manifest {
  const found = lookUp(manifests, kind, name, namespace);
  if (!found) {
    throw new Error(`There is no ${kind} ${name}. There are: ${manifests.map(showOne).join(', ')}`);
  }
  return found;
}

/** Like `find`, for an object that may be absent. */
export function lookUp(manifests: Manifest[], kind: string, name: string, namespace?: string): Manifest | undefined {
  const found = manifests.filter(({ kind: itsKind, metadata }) => (
    itsKind === kind && metadata.name === name && (namespace === undefined || metadata.namespace === namespace)));
  if (found.length > 1) {
    throw new Error(`There are ${found.length} objects ${kind} ${name}: the API server would keep the last one`);
  }
  return found[0];
}

/** Kind, namespace and name of each object. */
export function inventory(manifests: Manifest[]): string[] {
  return manifests.map(showOne);
}

function showOne({ kind, metadata: { namespace, name } }: Manifest): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
