import { FlaggerOptions } from './flagger-options';
import { FLAGGER } from './strategy';
import { MeshProblem } from '../../diagnostics/mesh-problem';
import { Call } from '../../graph/call';
import { MeshPort } from '../../graph/mesh-port';
import { CheckedRelease, refuse, unsupported } from '../checked-release';

/** Refuses a service that Flagger cannot run, and gives the one port that it has. */
export function fittingPort(release: CheckedRelease, { prepareOnly }: FlaggerOptions): MeshPort {
  const { at, service, version, stage, replicas, image } = release;
  const { ports = [], peers, ipFamilies, loadBalancing, adopts, autoscaling, image: own } = service._workload;
  const site = at('service');
  if (ports.length !== 1) {
    refuse(FLAGGER, site.in('ports'), 'its Services and routes have one port', ports.map(({ name }) => name), 'Give each port a service of its own, or release by CanaryEngine.static().');
  }
  const [port] = ports;
  if (!port._isHttp) {
    refuse(FLAGGER, site.in('ports').at(0), 'its routes are those of requests', port.name, 'Declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks, or release by CanaryEngine.static().');
  }
  const without = 'Leave it out, or release by CanaryEngine.static().';
  for (const [property, value, why] of [
    ['peers', peers, 'its own pods are found by other labels, and their peers would not meet them'],
    ['ipFamilies', ipFamilies, 'its Services have the cluster\'s own addresses'],
    ['loadBalancing.locality', loadBalancing?._locality._trafficDistribution, 'its Services say nothing of zones'],
    ['adopts', adopts?.selector ?? adopts?.workload, 'its own pods are told from the service\'s by the label app and the name of the Deployment'],
  ] as const) {
    if (value !== undefined) {
      refuse(FLAGGER, site.in(property), why, value, without);
    }
  }
  if (autoscaling && autoscaling._kinds[0] !== 'HorizontalPodAutoscaler') {
    refuse(FLAGGER, site.in('autoscaling'), 'its own pods get an autoscaler that is a copy of the service\'s, which has to be Kubernetes\' own', autoscaling,
      'Use Autoscaling.horizontal(), or release by CanaryEngine.static().');
  }
  for (const [property, value, fix] of [
    ['version', version, 'Leave it out: the new pods bear the label of the service\'s, and are told apart by their Service.'],
    ['stage', stage, 'Leave it out: Flagger goes on by itself.'],
    ['replicas', replicas, 'Leave it out: while it is released, the new version has as many pods as the service.'],
  ] as const) {
    if (value !== undefined) {
      refuse(FLAGGER, at(property), 'it is for commits to say, and here a controller moves the release', value, fix);
    }
  }
  if (prepareOnly && image !== own) {
    refuse(FLAGGER, at('image'), 'while the engine is prepared, requests go to the pods of every version', image, `Write ${own}, the service's own, and change it in a commit after that without prepareOnly.`);
  }
  return port;
}

/** What other statements have made of the service. */
export function unfitting({ at, service, reach, match }: CheckedRelease): MeshProblem[] {
  const others = reach.routes.versions.filter(version => version !== service.version);
  const namesakes = match ? homonyms(service._member.incoming) : [];
  return [
    ...(reach.routes.named.length > 0 ? [unsupported(FLAGGER, at('service').in('addRoute'), 'it writes the routes between the versions, and has one for all requests',
      reach.routes.named, 'Leave the routes out, use match with stages: [0, 0, 100], or release by CanaryEngine.static().')] : []),
    ...(others.length > 0 ? [unsupported(FLAGGER, at('service'), 'the pods of other versions would be behind its Service of the new one', others,
      'Describe them as services of their own, or release by CanaryEngine.static().')] : []),
    ...(namesakes.length > 0 ? [unsupported(FLAGGER, at('match'), 'Istio joins a route for testers with one of a client by the client\'s labels, and not by its namespace', namesakes,
      'Give the clients other names, or leave match out.')] : []),
  ];
}

/** Clients whose pods bear the same labels in several namespaces. */
function homonyms(calls: Call[]): string[] {
  const clients = calls.map(({ client }) => client).filter(({ gateway }) => !gateway);
  return [...new Set(clients.filter(({ name, namespace }) => clients.some(other => other.name === name && other.namespace !== namespace)).map(({ name }) => name))].sort();
}
