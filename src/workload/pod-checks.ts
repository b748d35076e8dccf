import { checkImage } from './check-image';
import { PROXY_CONFIG, PROXY_MOUNTS, PROXY_VOLUME, PROXY_VOLUMES, ProxyNeeds, proxyVariables } from './injection';
import { containerProbeProblems, DeclaredPort } from './probe-checks';
import { PROXY_PORTS, proxyMetadata } from './proxy';
import { ProxyOptions } from './proxy-options';
import { writtenProxyProblems } from './written-proxy-checks';
import { isWhollyUnset } from '../diagnostics/checks';
import { MeshError } from '../diagnostics/mesh-error';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/** What the pods of a workload have to keep, whatever else is done to them by methods and patches. */
export interface PodExpectations {
  readonly path: string;
  /** The name of the program's own container, and of the identity that policies select. */
  readonly name: string;
  /** Those that cannot be others. */
  readonly labels: { [key: string]: string };
  /** The account that policies know the pods by. */
  readonly serviceAccount: string;
  /** Variables that the service's own version has, and these pods have not. */
  readonly withoutVariables?: string[];
  readonly ports: DeclaredPort[];
  readonly proxy?: ProxyOptions;
  readonly proxyNeeds: ProxyNeeds;
  /** Whether no injector gives them their proxy. */
  readonly written: boolean;
}

type At = (field: string) => Site;

/** What the API server, the kubelet or the mesh would refuse or silently do otherwise, in a rendered template. */
export function podProblems(template: any, expected: PodExpectations): MeshProblem[] {
  const at: At = field => Site.named(expected.path, `pod.${field}`);
  const { containers, initContainers = [] } = template.spec;
  const lists = [{ list: 'initContainers', members: initContainers }, { list: 'containers', members: containers }];
  const all = lists.flatMap(({ list, members }) => members.map((container: any, index: number) => ({ container, at: at(`${list}[${index}]`) })));
  return [
    ...membershipProblems(template, expected, at),
    ...(expected.written ? writtenProxyProblems(template, at) : []),
    ...proxyProblems(template.metadata.annotations, expected.proxyNeeds, at),
    ...bypassProblems(template.metadata.annotations, expected.ports, at),
    ...all.flatMap(({ container, at: site }, index) => [
      ...nameProblems(container, all.slice(0, index).map(other => other.container), site),
      // That of the program is checked when it is given
      ...(container.name === expected.name ? [] : MeshError.collect(() => {
        checkImage(site.in('image'), container.image);
        return [];
      })),
      ...userProblems(container, site),
      ...mountProblems(container, site),
      ...variableProblems(container, site),
      ...referenceProblems(container, expected.withoutVariables ?? [], site),
      ...unsetProblems(container, site),
      ...hookProblems(container, site),
      ...containerProbeProblems(container, site, container.name === expected.name ? expected.ports : []),
    ]),
    ...portProblems([...all.filter(({ container }) => !initContainers.includes(container) || container.restartPolicy === 'Always')]),
    ...sidecarProblems(template, initContainers, at),
  ];
}

/**
 * The pods of a StatefulSet get their claims in the place of the template's volumes of the same name.
 *
 * Upstream: kubernetes/kubernetes pkg/controller/statefulset/stateful_set_utils.go, updateStorage.
 */
export function claimProblems({ spec }: any, path: string): MeshProblem[] {
  const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }: any) => metadata.name);
  return (spec.template.spec.volumes ?? []).flatMap(({ name }: any, index: number) => claims.includes(name) ? [Site.named(path, `pod.volumes[${index}].name`).problem(
    'DuplicateName', 'must not be that of a claim, which would take its place', name, 'Give the claim, or the volume, another name.')] : []);
}

/** Without these no policy selects the pod, no controller finds it, or no proxy is injected. */
function membershipProblems({ metadata, spec }: any, { labels, serviceAccount, proxy, written }: PodExpectations, at: At): MeshProblem[] {
  const own = written ? labels : Object.assign({}, labels, { 'sidecar.istio.io/inject': 'true' });
  const lost = Object.entries(own).filter(([key, value]) => metadata.labels?.[key] !== value).map(([key, value]) => at(`labels.${key}`).problem(
    'MembershipLost', `must be ${value}`, metadata.labels?.[key], 'Leave this label as it is: selectors, policies and the proxy\'s injection go by it.'));
  const hold = String(metadata.annotations?.['proxy.istio.io/config'] ?? '');
  const unheld = metadata.annotations?.['sidecar.istio.io/nativeSidecar'] === 'false'
    ? ['holdApplicationUntilProxyStarts', 'terminationDrainDuration'].filter(setting => !hold.includes(setting)) : [];
  return [
    ...lost,
    ...unheld.map(setting => at('annotations.proxy.istio.io/config').problem('MembershipLost', `must have ${setting}`, hold, 'Without native sidecars the program needs it to start after its proxy and end before it: add it to your own text.')),
    ...Object.keys(proxyMetadata(proxy).config).filter(setting => !hold.includes(setting)).map(setting => at('annotations.proxy.istio.io/config').problem(
      'InvalidProxy', `must have ${setting}, which proxy says`, hold, 'Leave the annotation out, and say with proxy what you can: one of the two is read.')),
    ...(spec.serviceAccountName === serviceAccount ? [] : [at('serviceAccountName').problem(
      'MembershipLost', `must be ${serviceAccount}`, spec.serviceAccountName, 'Leave the account as it is, or say adopts: { serviceAccount }: policies know the pods by it.')]),
    // Upstream: istio/istio pkg/kube/inject/inject.go, injectRequired
    ...(spec.hostNetwork === true ? [at('hostNetwork').problem('MembershipLost', 'must not be set', true, 'A pod on its node\'s network gets no proxy: leave it out.')] : []),
  ];
}

/** An annotation of the user's own replaces ours, and what the calls need of the proxy with it. */
function proxyProblems(annotations: { [key: string]: string } = {}, needs: ProxyNeeds, at: At): MeshProblem[] {
  const { files } = needs;
  const needed: [string, string][] = [
    ...Object.keys(proxyVariables(needs)).map((name): [string, string] => [PROXY_CONFIG, name]),
    ...(files.sources.length > 0 ? [PROXY_VOLUMES, PROXY_MOUNTS].map((key): [string, string] => [key, `"${PROXY_VOLUME}"`]) : []),
  ];
  return needed.filter(([key, part]) => !String(annotations[key] ?? '').includes(part)).map(([key, part]) => at(`annotations.${key}`).problem(
    'MembershipLost', `must have ${part}`, annotations[key], 'What the pod calls, or its own connectionPool, needs it of the proxy: leave this annotation out, and read what it would be in the output, to add yours to it.'));
}

/** An annotation goes past what `proxy` of the service would refuse. */
function bypassProblems(annotations: { [key: string]: string } = {}, ports: DeclaredPort[], at: At): MeshProblem[] {
  const proxied = ports.filter(({ speaks }) => speaks !== 'udp').map(({ number }) => String(number));
  const listed = (key: string) => annotations[key]?.split(',').map(port => port.trim());
  const [excluded, included] = ['traffic.sidecar.istio.io/excludeInboundPorts', 'traffic.sidecar.istio.io/includeInboundPorts'];
  const past = proxied.find(port => listed(excluded)?.includes(port));
  const left = proxied.find(port => listed(included) && !listed(included)!.includes('*') && !listed(included)!.includes(port));
  return [
    ...(past === undefined ? [] : [at(`annotations.${excluded}`).problem('BypassedProxy', `must not have ${past}, which the service declares`, annotations[excluded], 'Leave it out: nothing would check who connects there.')]),
    ...(left === undefined ? [] : [at(`annotations.${included}`).problem('BypassedProxy', `must have ${left}, which the service declares`, annotations[included], 'Add it: nothing would check who connects there.')]),
  ];
}

function nameProblems({ name }: any, others: any[], site: Site): MeshProblem[] {
  const at = site.in('name');
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    return [at.problem('InvalidContainer', 'must be a DNS label', name, 'Use lower case letters, digits and \'-\', at most 63.')];
  }
  if (name.startsWith('istio-')) {
    return [at.problem('InvalidContainer', 'must not begin as the mesh\'s own', name, 'Choose another name: the injector would merge the two.')];
  }
  return others.some(other => other.name === name) ? [at.problem('InvalidContainer', 'must be unique within the pod', name, 'Choose another name.')] : [];
}

function userProblems({ securityContext }: any, site: Site): MeshProblem[] {
  return securityContext?.runAsUser === 1337
    ? [site.in('securityContext.runAsUser').problem('InvalidUser', 'must not be the mesh proxy\'s user', 1337, 'Traffic of user 1337 bypasses the proxy (IST0144): use another number.')] : [];
}

function mountProblems({ volumeMounts = [] }: any, site: Site): MeshProblem[] {
  return volumeMounts.map((mount: any) => mount.mountPath).flatMap((path: string, index: number, paths: string[]) => {
    const at = site.in('volumeMounts').at(index);
    if (!path.startsWith('/')) {
      return [at.problem('InvalidPath', 'must be an absolute directory', path, 'Write it from the root: /var/log.')];
    }
    return paths.indexOf(path) < index ? [at.problem('InvalidPath', 'must be the only mount at its path', path, 'Mount one volume at each path.')] : [];
  });
}

function variableProblems({ env = [] }: any, site: Site): MeshProblem[] {
  return env.flatMap(({ name, value, valueFrom }: any, index: number) => {
    const at = site.in(`env.${name}`);
    // Upstream: kubernetes/apimachinery pkg/util/validation/validation.go, IsEnvVarName
    if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) {
      return [at.problem('InvalidVariable', 'must be named by letters, digits and \'_\'', name, 'Begin with no digit, and leave out = and spaces: LOG_LEVEL.')];
    }
    // Of two the last one counts, and an apply by the server refuses both
    if (env.findIndex((other: any) => other.name === name) < index) {
      return [at.problem('InvalidVariable', 'must be set once', name, 'Leave one out of the two: addressVariable of a call sets one.')];
    }
    if (valueFrom === undefined && typeof value !== 'string') {
      return [at.problem('InvalidVariable', 'must have a text for its value', value, 'Write a number as text, and look where the value comes from if it is not set.')];
    }
    return [];
  });
}

/**
 * Kubernetes leaves a reference as it stands where nothing of that name comes before it.
 *
 * Upstream: kubernetes/kubernetes pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables.
 */
function referenceProblems({ env = [] }: any, without: string[], site: Site): MeshProblem[] {
  return env.flatMap(({ name, value }: any, index: number) => {
    const referred = [...String(value ?? '').replaceAll('$$', '').matchAll(/\$\(([^)]+)\)/g)].map(([, reference]) => reference);
    const late = referred.find(reference => env.findIndex((other: any) => other.name === reference) > index);
    const gone = referred.find(reference => without.includes(reference) && !env.some((other: any) => other.name === reference));
    return [
      ...(late === undefined ? [] : [site.in(`env.${name}`).problem('InvalidVariable', `must come after ${late}, which it is made of`, value, `Write ${late} before it: Kubernetes leaves $(${late}) as it stands.`)]),
      ...(gone === undefined ? [] : [site.in(`env.${name}`).problem('InvalidVariable', `cannot be made of ${gone}, the address of a server that the service calls and this version does not`, value,
        `Let the version call it, or give it another ${name}.`)]),
    ];
  });
}

function unsetProblems({ env = [], command = [], args = [] }: any, site: Site): MeshProblem[] {
  const texts = [
    ...env.filter(({ value }: any) => typeof value === 'string').map(({ name, value }: any) => ({ at: site.in(`env.${name}`), text: value })),
    ...command.map((text: string, index: number) => ({ at: site.in('command').at(index), text })),
    ...args.map((text: string, index: number) => ({ at: site.in('args').at(index), text })),
  ];
  return texts.filter(({ text }) => isWhollyUnset(text)).map(({ at, text }) => at.problem(
    'UnsetValue', 'must not be made of a value that is not set', text, 'Look where the text is put together: the variable or the environment was empty.'));
}

/** cdk8s-plus asks port 80 where a container has none and the hook says none. */
function hookProblems({ ports = [], lifecycle = {} }: any, site: Site): MeshProblem[] {
  return ports.length > 0 ? [] : ['postStart', 'preStop'].filter(hook => lifecycle[hook]?.httpGet?.port === 80).map(hook => site.in(`lifecycle.${hook}.httpGet.port`).problem(
    'InvalidHook', 'must be said where the container has no port', 80, 'Write kplus.Handler.fromHttpGet(\'/stop\', { port: 8081 }).'));
}

/** A sidecar of the user's where the mesh's own proxy is none would start before that one, without a network. */
function sidecarProblems({ metadata }: any, initContainers: any[], at: At): MeshProblem[] {
  return metadata.annotations?.['sidecar.istio.io/nativeSidecar'] !== 'false' ? [] : initContainers.flatMap(({ name, restartPolicy }, index) => restartPolicy === 'Always'
    ? [at(`initContainers[${index}]`).problem('NeedsNativeSidecars', 'must not be a sidecar in a mesh without them', name, 'Use AddedContainer.beside(), or leave nativeSidecars of the Mesh out.')] : []);
}

/** Containers of a pod share its addresses: of two on one port, one ends at once. */
function portProblems(lasting: { container: any; at: Site }[]): MeshProblem[] {
  const taken = new Set<string>();
  return lasting.flatMap(({ container, at }) => (container.ports ?? []).flatMap(({ containerPort, protocol = 'TCP' }: any, place: number) => {
    const site = at.in('ports').at(place).in('containerPort');
    const key = `${containerPort}/${protocol}`;
    const twice = taken.has(key);
    taken.add(key);
    if (PROXY_PORTS.includes(containerPort)) {
      return [site.problem('InvalidPort', 'must not be a port of the mesh proxy', containerPort, `Choose one other than ${PROXY_PORTS.join(', ')}.`)];
    }
    return twice ? [site.problem('DuplicatePort', 'must be free: another container of the pod listens there', containerPort, 'Choose another port.')] : [];
  }));
}
