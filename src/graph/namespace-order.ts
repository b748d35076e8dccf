import { ApiObject, App, Chart, Names, YamlOutputType } from 'cdk8s';
import { IConstruct } from 'constructs';
import { constructsOf, isNamespace, objectsOf } from './output-files';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/**
 * Puts every Namespace before what stands in it, so that one `kubectl apply -f` of the whole takes everything: within a file
 * by dependencies of objects, and where the Namespace is in another chart whose file would be later, by one of charts.
 *
 * With a file for each resource cdk8s names the files after the kinds, and no dependency changes their order.
 *
 * @returns the charts that would have to stand before and after each other at once.
 */
export function putNamespacesFirst(root: IConstruct): MeshProblem[] {
  neededChartsFirst(root);
  const objects = objectsOf(root);
  const namespaces = new Map(objects.filter(isNamespace).map(object => [object.name, { object, needs: prerequisites(object) }]));
  const elsewhere = new Map<Chart, Map<Chart, ApiObject>>();
  for (const object of objects.filter(each => !isNamespace(each))) {
    const namespace = namespaces.get(object.metadata.namespace ?? '');
    if (!namespace) {
      continue;
    }
    const [chart, other] = [Chart.of(object), Chart.of(namespace.object)];
    if (chart !== other) {
      elsewhere.set(chart, (elsewhere.get(chart) ?? new Map()).set(other, namespace.object));
    } else if (!namespace.needs.has(object)) {
      object.addDependency(namespace.object);
    }
  }
  const pairs = [...elsewhere].flatMap(([chart, others]) => [...others].map(([other, namespace]) => ({ chart, other, namespace })));
  const order = pairs.length > 0 ? chartOrder(root as App) : [];
  if (!pairs.some(({ chart, other }) => order.indexOf(chart) < order.indexOf(other)) || !isOrdered(root as App)) {
    return [];
  }
  return pairs.flatMap(({ chart, other, namespace }) => {
    if (prerequisites(other).has(chart)) {
      return [Site.of(namespace, 'metadata.name').problem('NamespaceTooLate', `must stand before what is in it, but its chart ${other.node.path} comes after the chart ${chart.node.path}`,
        namespace.name, 'Put the Namespace into a chart of its own, beside the others: a chart comes after those within it and those that it depends on.')];
    }
    chart.addDependency(other);
    return [];
  });
}

/** cdk8s writes a chart after those within it and after those that its objects depend on, but only tells so when it has validated the app. */
function neededChartsFirst(root: IConstruct): void {
  for (const construct of constructsOf(root)) {
    if (Chart.isChart(construct)) {
      construct.node.children.filter(Chart.isChart).forEach(child => construct.addDependency(child));
    }
    for (const [chart, other] of construct.node.dependencies.map(target => [Chart.of(construct), Chart.of(target)])) {
      if (chart !== other) {
        chart.addDependency(other);
      }
    }
  }
}

/** Whether the order of the files follows that of the charts. */
function isOrdered({ yamlOutputType }: App): boolean {
  return [YamlOutputType.FILE_PER_CHART, YamlOutputType.FILE_PER_APP].includes(yamlOutputType);
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
  const dependent = app.node.findAll().some(construct => construct.node.dependencies.some(target => Chart.of(target) !== Chart.of(construct)));
  if (app.yamlOutputType !== YamlOutputType.FILE_PER_CHART || dependent) {
    return charts;
  }
  const file = (chart: Chart) => `${Names.toDnsLabel(chart)}${app.outputFileExtension}`;
  return [...charts].sort((a, b) => file(a) < file(b) ? -1 : 1);
}
