import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { MeshPort } from '../graph/mesh-port';
import { Head } from '../manifests/emit';
import { completed } from '../workload/escape-hatch';

/** The address by which the pods of a service are reached, whatever their version. */
export function kubernetesService(scope: Construct, head: Head, selected: { [key: string]: string }, ports: MeshPort[]): kplus.Service {
  const service = completed(new kplus.Service(scope, 'service', {
    metadata: head,
    type: kplus.ServiceType.CLUSTER_IP,
    ports: ports.map(port => ({ name: port.name, port: port.port, targetPort: port.targetPort })),
  }));
  Object.entries(selected).forEach(([key, value]) => service.selectLabel(key, value));
  return service;
}

/** The names of the pods one by one: each is found before it is ready, because peers need each other to get ready. */
export function headlessService(scope: Construct, head: Head, selected: { [key: string]: string }, ports: MeshPort[]): kplus.Service {
  const service = completed(new kplus.Service(scope, 'headless-service', {
    metadata: head,
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    ports: ports.map(port => ({ name: port.name, port: port.targetPort, targetPort: port.targetPort })),
  }));
  Object.entries(selected).forEach(([key, value]) => service.selectLabel(key, value));
  // The labels of a StatefulSet's pods are ours, and known already
  service.select = () => undefined;
  return service;
}
