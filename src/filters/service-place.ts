import { Construct } from 'constructs';
import { answeredLimits } from './effective-limits';
import { checkCalls, checkFiltered, checkOnly, filteredPort } from './filtered-service';
import { LimitPlace } from './limit-place';
import { BY_HEADER, NO_QUERY } from './limited-requests';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { RoutedService } from '../mesh/routed-service';

/** The proxies of a service's pods, for one of its ports. */
export function servicePlace(construct: Construct, service: RoutedService, portName?: string): LimitPlace {
  const { name, namespace } = checkFiltered(construct, service);
  const port = filteredPort(Site.of(construct, ''), service, portName);
  return {
    name,
    namespace,
    isGrpc: port._isGrpc,
    chains: { get labels() { return service._member.served; }, context: 'SIDECAR_INBOUND', ports: [port.targetPort] },
    includes: member => service._member.includes(member),
    incoming: () => service._member.incoming.filter(call => call.port === port),
    claim: kind => checkOnly(construct, `${kind} of`, 'port', service, port.name),
    check: (limits) => {
      checkCalls(construct, limits, service, port);
      MeshGraph.of(construct).check(() => answeredLimits(limits, service, port));
    },
    matches: (where, matches) => service._reach(where).matches(where, matches),
    seesScheme: false,
    checkHosts: (site, hosts) => site.fail('IneffectiveLimit', 'is for a gateway: within the mesh a service is asked by whichever of its names', hosts,
      'Leave it out, or limit the gateway.'),
    checkCaller: () => undefined,
    checkParameter: (site, parameter) => port._isGrpc && site.fail('IneffectiveLimit', NO_QUERY, parameter, BY_HEADER),
    checkAddress: (site, received) => site.fail('IneffectiveAddresses', 'is for a gateway: what a pod\'s proxy takes for the address is what the client has written into X-Forwarded-For', received,
      'Limit the gateway, or use LimitKey.caller().'),
  };
}
