import { Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** The namespace of the chart in which a construct stands: identities, hosts and policies are made of it. */
export function chartNamespace(construct: IConstruct): string {
  const site: Site = Site.of(construct, 'namespace');
  const { namespace } = Chart.of(construct);
  if (namespace === undefined) {
    site.fail('MissingNamespace', 'is not known', undefined, 'Give the chart a namespace: new Chart(app, \'shop\', { namespace: \'shop\' }).');
  }
  return checkDnsLabel(site, namespace);
}
