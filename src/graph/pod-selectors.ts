import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

type Labels = { [key: string]: string };

/**
 * The labels by which policies find pods. Where two select the same pod, Istio takes one Sidecar and leaves the other (IST0110), and what
 * the one service may do the other may too.
 */
export class PodSelectors {
  private readonly selectors: { site: Site; namespace: string; labels: Labels; carried: Labels }[] = [];

  /** @param carried all labels that are known of the pods. */
  public add(site: Site, namespace: string, labels: Labels, carried = labels): void {
    this.selectors.push({ site, namespace, labels, carried });
  }

  public problems(): MeshProblem[] {
    return this.selectors.flatMap(({ site, namespace, labels }) => {
      const other = this.selectors.find(candidate => candidate.site.path !== site.path && candidate.namespace === namespace
        && Object.entries(labels).every(([key, value]) => candidate.carried[key] === value));
      return other ? [site.problem('AmbiguousPods', `must be carried by no pods but its own: those of ${other.site.path} carry them too`, labels,
        'Add a label that tells them apart, or put one of them into another namespace.')] : [];
    });
  }
}
