import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

type Labels = { [key: string]: string };

interface Selector {
  readonly site: Site;
  readonly namespace: string;
  readonly labels: Labels;
  readonly carried: Labels;
}

/**
 * The labels by which policies find pods. Where two select the same pod, Istio takes one Sidecar and leaves the other (IST0110), and what
 * the one service may do the other may too.
 */
export class PodSelectors {
  private readonly selectors: Selector[] = [];

  /** @param carried all labels that are known of the pods. */
  public add(site: Site, namespace: string, labels: Labels, carried = labels): void {
    this.selectors.push({ site, namespace, labels, carried });
  }

  public problems(): MeshProblem[] {
    const carriers = new Map<string, Selector[]>();
    const keyOf = (namespace: string, [label, value]: [string, string]) => `${namespace} ${label}=${value}`;
    for (const selector of this.selectors) {
      for (const key of Object.entries(selector.carried).map(entry => keyOf(selector.namespace, entry))) {
        carriers.set(key, carriers.get(key) ?? []);
        carriers.get(key)!.push(selector);
      }
    }
    return this.selectors.flatMap(({ site, namespace, labels }) => {
      const entries = Object.entries(labels);
      // The rarest label has few carriers, however many services there are
      const [candidates = []] = entries.map(entry => carriers.get(keyOf(namespace, entry)) ?? []).sort((a, b) => a.length - b.length);
      const other = candidates.find(({ site: { path }, carried }) => path !== site.path && entries.every(([key, value]) => carried[key] === value));
      return other ? [site.problem('AmbiguousPods', `must be carried by no pods but its own: those of ${other.site.path} carry them too`, labels,
        'Add a label that tells them apart, or put one of them into another namespace.')] : [];
    });
  }
}
