/**
 * Where the requests of the clients of one place go.
 *
 * A place is a region, a zone of it and, if there are some, a subzone: `eu-1`, `eu-1/eu-1a` or `eu-1/eu-1a/rack-7`. Less takes in all below it, and
 * `*` every place.
 *
 * Istio: `localityLbSetting.distribute`.
 *
 * @see https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/distribute/
 */
export interface LocalityShare {
  /**
   * Where the clients are.
   *
   * Istio: `distribute.from`.
   */
  readonly from: string;

  /**
   * The share of each place where pods are, in whole percents: 1 to 100, which make 100 together. Pods elsewhere get nothing from these clients.
   *
   * Istio: `distribute.to`.
   */
  readonly to: { [locality: string]: number };
}
