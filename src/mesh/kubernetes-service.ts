import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { MeshPort } from '../graph/mesh-port';
import { Head } from '../manifests/emit';
import { IpFamilies } from '../traffic/ip-families';
import { LoadBalancing } from '../traffic/load-balancing';
import { completed } from '../workload/escape-hatch';

/** What a Kubernetes Service is told besides its pods and ports. */
export interface ServiceShape {
  readonly headless?: boolean;
  readonly ipFamilies?: IpFamilies;
  readonly loadBalancing?: LoadBalancing;
}

type Labels = { [key: string]: string };

/** The address by which the pods of a service are reached, whatever their version; or, headless, the names of all of them at once. */
export function kubernetesService(scope: Construct, head: Head, selected: Labels, ports: MeshPort[], shape: ServiceShape): kplus.Service {
  const { headless, ipFamilies, loadBalancing } = shape;
  const more = { ...ipFamilies?._toManifest(), trafficDistribution: loadBalancing?._locality._trafficDistribution };
  return serviceOf(scope, 'service', selected, ports, more, {
    metadata: head,
    type: kplus.ServiceType.CLUSTER_IP,
    clusterIP: headless ? 'None' : undefined,
    ports: ports.map(port => ({ name: port.name, port: port.port, targetPort: port.targetPort, protocol: protocolOf(port) })),
  });
}

/** The names of the pods one by one: each is found before it is ready, because peers need each other to get ready. */
export function headlessService(scope: Construct, head: Head, selected: Labels, ports: MeshPort[], ipFamilies?: IpFamilies): kplus.Service {
  const service = serviceOf(scope, 'headless-service', selected, ports, { ...ipFamilies?._toManifest() }, {
    metadata: head,
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    ports: ports.map(port => ({ name: port.name, port: port.targetPort, targetPort: port.targetPort, protocol: protocolOf(port) })),
  });
  // The labels of a StatefulSet's pods are ours, and known already
  service.select = () => undefined;
  return service;
}

/** @param more what cdk8s-plus has no property for. */
function serviceOf(scope: Construct, id: string, selected: Labels, ports: MeshPort[], more: object, props: kplus.ServiceProps): kplus.Service {
  const service = completed(new kplus.Service(scope, id, props), (json) => {
    Object.assign(json.spec, Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)));
    ports.forEach(({ _appProtocol: appProtocol }, index) => appProtocol && Object.assign(json.spec.ports[index], { appProtocol }));
  });
  Object.entries(selected).forEach(([key, value]) => service.selectLabel(key, value));
  return service;
}

/** TCP is Kubernetes' default. */
function protocolOf(port: MeshPort): kplus.Protocol | undefined {
  return port._isUdp ? kplus.Protocol.UDP : undefined;
}
