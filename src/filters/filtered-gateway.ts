import { Construct } from 'constructs';
import { checkDnsLabel } from '../diagnostics/checks';
import { ErrorCode } from '../diagnostics/error-codes';
import { Site } from '../diagnostics/site';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { IngressGateway } from '../mesh/ingress-gateway';

interface Filtered {
  readonly name: string;
  readonly namespace: string;
}

/**
 * The name and the namespace of what is written for a gateway's proxies; fails where it would not be found there, and for pods that are another's.
 *
 * @param reason why not for those, to be read after a colon.
 */
export function checkFilteredGateway(construct: Construct, gateway: IngressGateway, reason: string, fix: string): Filtered {
  const site = Site.of(construct, 'gateway');
  const name = checkDnsLabel(Site.of(construct, 'id'), construct.node.id);
  const namespace = chartNamespace(construct);
  MeshGraph.of(construct).checkMember(site, gateway, 'Describe it in the app that describes the gateway.');
  const { isOurs, entrance: { client } } = gateway._exposures;
  if (!isOurs) {
    site.fail('NotOurs', `must be a MeshGateway: ${reason}`, gateway.node.path, fix);
  }
  if (client.namespace !== namespace) {
    site.fail('OtherNamespace', `must be in this chart's namespace ${namespace}`, `${client.namespace}/${client.name}`, `Put it into a chart with namespace: '${client.namespace}'.`);
  }
  return { name, namespace };
}

/** Whose proxies are meant. */
interface Target<S, G> {
  readonly service?: S;
  readonly gateway?: G;
}

/** One of the two, and not both. */
export function oneOf<S, G extends Construct>(construct: Construct, code: ErrorCode, target: Target<S, G>): { service: S } | { gateway: G } {
  const { service, gateway } = target;
  if (service !== undefined && gateway !== undefined) {
    Site.of(construct, 'gateway').fail(code, 'must not be given beside service', gateway.node.path, 'Give each a construct of its own.');
  }
  if (gateway !== undefined) {
    return { gateway };
  }
  const site = Site.of(construct, 'service');
  return { service: service ?? site.fail('MissingProperty', 'is required, or gateway', undefined, 'Name the service whose pods are meant, or the gateway.') };
}
