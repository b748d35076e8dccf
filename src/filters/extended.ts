import { Construct } from 'constructs';
import { checkFilteredGateway, oneOf } from './filtered-gateway';
import { checkFiltered } from './filtered-service';
import { BoundMatch, TrafficMatch } from './traffic-match';
import { Site } from '../diagnostics/site';
import { Member } from '../graph/call';
import { IngressGateway } from '../mesh/ingress-gateway';
import { MeshWorkload } from '../mesh/mesh-workload';

/** Whose proxies run an extension. */
export interface Extended {
  readonly name: string;
  readonly namespace: string;
  readonly labels: () => { [key: string]: string };
  readonly includes: (member: Member) => boolean;
  readonly bind: (site: Site, match: TrafficMatch) => BoundMatch;
}

export function extendedOf(construct: Construct, props: { readonly service?: MeshWorkload; readonly gateway?: IngressGateway }): Extended {
  const target = oneOf(construct, 'InvalidExtension', props);
  if ('gateway' in target) {
    const { gateway } = target;
    const head = checkFilteredGateway(construct, gateway, 'an extension matches no hosts, and would run for whatever others expose on its pods',
      'Extend the service, or let it be exposed by a MeshGateway.');
    const { client, servers } = gateway._exposures.entrance;
    return {
      ...head,
      labels: () => client.podLabels,
      includes: member => member === client,
      bind: (site, match) => match._bindGateway(site, servers),
    };
  }
  const { service } = target;
  return {
    ...checkFiltered(construct, service),
    labels: () => service._member.served,
    includes: member => service._member.includes(member),
    bind: (site, match) => match._bind(site, service),
  };
}
