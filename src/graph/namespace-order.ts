import { ApiObject, App, Chart, Names, YamlOutputType } from 'cdk8s';
import { IConstruct } from 'constructs';
import { objectsOf } from './output-files';

/**
 * Puts every Namespace before what stands in it, so that one `kubectl apply -f` of the whole takes everything: within a file
 * by dependencies of objects, and where the Namespace is in another chart whose file would be later, by one of charts.
 *
 * With a file for each resource cdk8s names the files after the kinds, and no dependency changes their order.
 */
export function putNamespacesFirst(root: IConstruct): void {
  const objects = objectsOf(root);
  const namespaces = new Map(objects.filter(isNamespace).map(object => [object.name, { object, needs: prerequisites(object) }]));
  const elsewhere = new Map<Chart, Set<Chart>>();
  for (const object of objects.filter(each => !isNamespace(each))) {
    const namespace = namespaces.get(object.metadata.namespace ?? '');
    if (!namespace || namespace.needs.has(object)) {
      continue;
    }
    const [chart, other] = [Chart.of(object), Chart.of(namespace.object)];
    if (chart === other) {
      object.addDependency(namespace.object);
    } else {
      elsewhere.set(chart, (elsewhere.get(chart) ?? new Set()).add(other));
    }
  }
  const pairs = [...elsewhere].flatMap(([chart, others]) => [...others].map(other => ({ chart, other })));
  if (pairs.length > 0) {
    const order = chartOrder(root as App);
    if (pairs.some(({ chart, other }) => order.indexOf(chart) < order.indexOf(other))) {
      pairs.filter(({ chart, other }) => !prerequisites(other).has(chart)).forEach(({ chart, other }) => chart.addDependency(other));
    }
  }
}

function isNamespace({ kind, apiVersion }: ApiObject): boolean {
  return kind === 'Namespace' && apiVersion === 'v1';
}

/** What a construct, or what it is part of, depends on already: the other way round would be a circle. */
function prerequisites(construct: IConstruct, found = new Set<IConstruct>()): Set<IConstruct> {
  const direct = construct.node.scopes.flatMap(scope => scope.node.dependencies).flatMap(dependency => dependency.node.findAll());
  for (const part of direct.filter(each => !found.has(each))) {
    found.add(part);
    prerequisites(part, found);
  }
  return found;
}

/** The charts as `kubectl apply -f` meets them: by the names of their files, which cdk8s numbers if any depends on another. */
function chartOrder(app: App): Chart[] {
  const { charts } = app;
  const dependent = app.node.findAll().some(construct => construct.node.dependencies.some(target => Chart.of(target) !== Chart.of(construct))
    || (Chart.isChart(construct) && construct.node.children.some(Chart.isChart)));
  if (app.yamlOutputType !== YamlOutputType.FILE_PER_CHART || dependent) {
    return charts;
  }
  const file = (chart: Chart) => `${Names.toDnsLabel(chart)}${app.outputFileExtension}`;
  return [...charts].sort((a, b) => file(a) < file(b) ? -1 : 1);
}
