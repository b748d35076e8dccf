import { Construct } from 'constructs';
import { oneOf } from './filtered-gateway';
import { gatewayPlace } from './gateway-place';
import { LimitPlace } from './limit-place';
import { servicePlace } from './service-place';
import { Site } from '../diagnostics/site';
import { IngressGateway } from '../mesh/ingress-gateway';
import { RoutedService } from '../mesh/routed-service';

interface Placed {
  readonly service?: RoutedService;
  readonly gateway?: IngressGateway;
  readonly port?: string;
  readonly gatewayPort?: number;
}

/** Where the limits of a construct hold. */
export function placeOf(construct: Construct, props: Placed): LimitPlace {
  const { port, gatewayPort } = props;
  const target = oneOf(construct, 'IneffectiveLimit', props);
  const unused = (property: string, received: unknown, fix: string) => received !== undefined && Site.of(construct, property).fail('IneffectiveLimit', 'has no effect here', received, fix);
  if ('gateway' in target) {
    unused('port', port, 'It is the name of a service\'s port: use gatewayPort, the number to which clients connect.');
    return gatewayPlace(construct, target.gateway, gatewayPort);
  }
  unused('gatewayPort', gatewayPort, 'It is for a gateway: use port, the name of the service\'s port.');
  return servicePlace(construct, target.service, port);
}
