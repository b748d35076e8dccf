import { SchedulingOptions } from './scheduling-options';
import { DEFAULT_SPREAD } from './spread';
import { checkDnsName, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

export interface Scheduled {
  readonly scheduling?: SchedulingOptions;
  readonly priorityClassName?: string;
}

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

export function checkScheduled(at: (property: string) => Site, { scheduling = {}, priorityClassName }: Scheduled): void {
  if (priorityClassName !== undefined) {
    checkDnsName(at('priorityClassName'), priorityClassName);
  }
  const site = at('scheduling');
  for (const property of ['nodes', 'preferredNodes'] as const) {
    scheduling[property]?.forEach((query, index) => checkQuery(site.in(property).at(index), (query as any)._toKube()));
  }
  scheduling.tolerations?.forEach((query, index) => {
    const { key, value } = (query as any)._toKube();
    checkKeyAndValues(site.in('tolerations').at(index), key, value === undefined ? [] : [value]);
  });
  if (scheduling.spread?.length === 0) {
    site.in('spread').fail('EmptyList', 'must name what the pods are spread over', [], 'Leave it out for nodes and zones, or write Spread.over(kplus.Topology.HOSTNAME).');
  }
  scheduling.spread?.forEach((spread, index) => spread._check(site.in('spread').at(index)));
  checkUnique(site.in('spread'), scheduling.spread?.map(({ _key }) => _key) ?? [], 'InvalidScheduling', 'Spread the pods once over each.');
}

/** Upstream: kubernetes/kubernetes pkg/apis/core/validation/validation.go, ValidateNodeSelectorRequirement. */
function checkQuery(site: Site, { key, operator, values = [] }: any): void {
  checkKeyAndValues(site, key, values);
  if (['In', 'NotIn'].includes(operator) && values.length === 0) {
    site.fail('InvalidScheduling', 'must name at least one value', values, 'Write the values of the label, or use kplus.NodeLabelQuery.exists().');
  }
  if (['Gt', 'Lt'].includes(operator) && !(values.length === 1 && /^-?\d+$/.test(values[0]))) {
    site.fail('InvalidScheduling', 'must compare with one whole number', values, 'Write kplus.NodeLabelQuery.gt(\'cores\', [\'8\']).');
  }
}

function checkKeyAndValues(site: Site, key: string | undefined, values: string[]): void {
  if (key !== undefined && !LABEL_KEY.test(key)) {
    site.fail('InvalidScheduling', 'must name a label or a taint', key, 'Write its key: topology.kubernetes.io/zone.');
  }
  const wrong = values.find(value => typeof value !== 'string' || !LABEL_VALUE.test(value));
  if (wrong !== undefined || values.includes(undefined as any)) {
    site.fail('InvalidScheduling', 'must have the value of a label', wrong, 'Use letters, digits, \'-\', \'_\' and \'.\', at most 63.');
  }
}

/** Where the pods go, and before whom. */
export function schedulePods({ metadata, spec }: any, { scheduling = {}, priorityClassName }: Scheduled): void {
  if (priorityClassName !== undefined) {
    spec.priorityClassName = priorityClassName;
  }
  const { nodes = [], preferredNodes = [], tolerations = [], spread } = scheduling;
  if (nodes.length > 0) {
    const required = nodeAffinityOf(spec).requiredDuringSchedulingIgnoredDuringExecution ??= { nodeSelectorTerms: [{}] };
    // Of several terms one is enough: what is asked of every node belongs to each of them
    required.nodeSelectorTerms = required.nodeSelectorTerms.map((term: any) => ({
      ...term, matchExpressions: [...term.matchExpressions ?? [], ...nodes.map(expressionOf)],
    }));
  }
  if (preferredNodes.length > 0) {
    const affinity = nodeAffinityOf(spec);
    affinity.preferredDuringSchedulingIgnoredDuringExecution = [
      ...affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [],
      ...preferredNodes.map(query => ({ weight: 100, preference: { matchExpressions: [expressionOf(query)] } })),
    ];
  }
  if (tolerations.length > 0) {
    spec.tolerations = [...spec.tolerations ?? [], ...tolerations.map(query => (query as any)._toKube())];
  }
  if (spread) {
    const ofVersion = { app: metadata.labels.app, version: metadata.labels.version };
    spec.topologySpreadConstraints = spreadOver(spec.topologySpreadConstraints?.[0].labelSelector.matchLabels ?? ofVersion, spread);
  }
}

/** Pods of one version, by the labels by which their controller finds them. */
export function spreadOver(selector: { [key: string]: string }, spread = DEFAULT_SPREAD): any[] {
  return spread.map(each => each._toManifest({ ...selector }));
}

function nodeAffinityOf(spec: any): any {
  spec.affinity ??= {};
  return spec.affinity.nodeAffinity ??= {};
}

function expressionOf(query: unknown): any {
  const { key, operator, values } = (query as any)._toKube();
  return values === undefined ? { key, operator } : { key, operator, values: [...values] };
}
