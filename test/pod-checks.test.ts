import { ApiObject, JsonPatch } from 'cdk8s';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';
import { podProblems } from '../src/workload/pod-checks';
import { DeclaredPort } from '../src/workload/probe-checks';

const LABELS = { 'app': 'orders', 'version': 'v1', 'service.istio.io/canonical-name': 'orders', 'sidecar.istio.io/inject': 'true' };
const SIDE = { name: 'side', image: 'side:1' };
const PORTS: DeclaredPort[] = [
  { name: 'http', number: 8080, speaks: 'http' }, { name: 'grpc', number: 50051, speaks: 'grpc' }, { name: 'tcp', number: 6379, speaks: 'tcp' },
];

/** The pods of orders as they are written, and what is found in them. What most mistakes look like stands in `wrong-inputs/pods.ts`. */
const NO_NEEDS = { dnsCapture: false, files: { mountPath: '', sources: [] } };
const OWN = { 'app': 'orders', 'version': 'v1', 'service.istio.io/canonical-name': 'orders' };

const found = (spec: object, metadata: object = {}) => podProblems({ metadata: { labels: LABELS, ...metadata }, spec: { serviceAccountName: 'orders', ...spec } }, { path: 'shop/orders', name: 'orders', serviceAccount: 'orders', labels: OWN, proxyNeeds: NO_NEEDS, written: false, ports: PORTS })
  .map(({ code, property, received }) => `${code} ${property} ${received}`);
const program = (fields: object) => ({ name: 'orders', image: 'orders:1', ports: PORTS.map(({ name, number }) => ({ name, containerPort: number })), ...fields });
const inProgram = (fields: object) => found({ containers: [program(fields)] });
const beside = (...containers: object[]) => found({ containers: [program({}), ...containers.map(fields => ({ ...SIDE, ...fields }))] });

test('a pod with nothing wrong passes', () => {
  expect(beside({})).toEqual([]);
});

describe('membership', () => {
  test.each(Object.keys(LABELS))('is lost without the label %s', (label) => {
    const { [label]: _, ...labels } = LABELS as { [key: string]: string };

    expect(found({ containers: [program({})] }, { labels })).toEqual([`MembershipLost pod.labels.${label} undefined`]);
  });

  test('is lost with another account', () => {
    expect(found({ containers: [program({})], serviceAccountName: 'root' })).toEqual(['MembershipLost pod.serviceAccountName "root"']);
  });

  test.each([
    ['excludeInboundPorts', '8080', 'must not have 8080'], ['excludeInboundPorts', '1, 50051', 'must not have 50051'], ['includeInboundPorts', '8080,50051', 'must have 6379'],
  ])('the annotation %s: %s goes past the proxy', (key, value, told) => {
    const annotations = { [`traffic.sidecar.istio.io/${key}`]: value };
    const template = { metadata: { labels: LABELS, annotations }, spec: { serviceAccountName: 'orders', containers: [program({})] } };
    const problems = podProblems(template, { path: 'shop/orders', name: 'orders', serviceAccount: 'orders', labels: OWN, proxyNeeds: NO_NEEDS, written: false, ports: PORTS });

    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([expect.stringMatching(new RegExp(`^BypassedProxy .*${told}`))]);
  });

  test.each([['excludeInboundPorts', '9090'], ['includeInboundPorts', '*'], ['includeInboundPorts', '8080,50051,6379,9090']])('the annotation %s: %s leaves what is declared to the proxy', (key, value) => {
    expect(found({ containers: [program({})] }, { annotations: { [`traffic.sidecar.istio.io/${key}`]: value } })).toEqual([]);
  });

  test('is lost without any label', () => {
    expect(found({ containers: [program({})] }, { labels: undefined })).toHaveLength(4);
  });

  test.each<[string, string[]]>([
    ['{}', ['holdApplicationUntilProxyStarts', 'terminationDrainDuration']],
    ['{"holdApplicationUntilProxyStarts":true}', ['terminationDrainDuration']],
    ['{"terminationDrainDuration":"5s"}', ['holdApplicationUntilProxyStarts']],
    ['{"holdApplicationUntilProxyStarts":true,"terminationDrainDuration":"5s"}', []],
  ])('without native sidecars needs what holds the program: %s', (config, missing) => {
    const annotations = { 'sidecar.istio.io/nativeSidecar': 'false', 'proxy.istio.io/config': config };
    const problems = podProblems({ metadata: { labels: LABELS, annotations }, spec: { serviceAccountName: 'orders', containers: [program({})] } }, { path: 'shop/orders', name: 'orders', serviceAccount: 'orders', labels: OWN, proxyNeeds: NO_NEEDS, written: false, ports: [] });

    expect(problems.map(({ message }) => /must have (\w+)/.exec(message)?.[1])).toEqual(missing);
  });

  test('with native sidecars needs no configuration of the proxy', () => {
    expect(found({ containers: [program({})] }, { annotations: { 'sidecar.istio.io/nativeSidecar': 'true', 'proxy.istio.io/config': '{}' } })).toEqual([]);
  });

  test('is lost by a patch of a release, and told of it', () => {
    const world = new World();
    world.release(world.service('orders')).deployment.addJsonPatch(JsonPatch.remove('/spec/template/metadata/labels/app'));

    expect(thrownBy(() => world.synth())).toMatchObject([{ code: 'MembershipLost', path: 'shop/orders-next', property: 'pod.labels.app', received: 'undefined' }]);
  });
});

describe('a container', () => {
  test('has another name than an init container', () => {
    expect(found({ initContainers: [SIDE], containers: [program({}), SIDE] })).toEqual(['InvalidContainer pod.containers[1].name "side"']);
  });

  test.each([
    ['a', []], ['a'.repeat(63), []], ['0-a', []], ['istio', []],
    ['a'.repeat(64), ['InvalidContainer pod.containers[1].name']], ['-a', ['InvalidContainer pod.containers[1].name']], ['a-', ['InvalidContainer pod.containers[1].name']],
    ['a.b', ['InvalidContainer pod.containers[1].name']], ['', ['InvalidContainer pod.containers[1].name']], ['istio-init', ['InvalidContainer pod.containers[1].name']],
  ])('named "%s"', (name, problems) => {
    expect(beside({ name })).toEqual(problems.map(problem => `${problem} ${JSON.stringify(name)}`));
  });

  test('before the program is no user of the proxy\'s', () => {
    expect(found({ initContainers: [{ ...SIDE, securityContext: { runAsUser: 1337 } }], containers: [program({})] }))
      .toEqual(['InvalidUser pod.initContainers[0].securityContext.runAsUser 1337']);
    expect(beside({ securityContext: { runAsUser: 1338 } })).toEqual([]);
  });

  test('of the program runs what a patch says, be it an image that the property refuses', () => {
    const world = new World();
    ApiObject.of(world.service('orders').deployment).addJsonPatch(JsonPatch.replace('/spec/template/spec/containers/0/image', 'orders:latest'));

    expect(() => world.synth()).not.toThrow();
  });

  test('mounts one volume at each path of its own', () => {
    const mounts = ['/a', '/b', '/a', '/a'].map(mountPath => ({ name: 'x', mountPath }));

    expect(beside({ volumeMounts: mounts })).toEqual(['InvalidPath pod.containers[1].volumeMounts[2] "/a"', 'InvalidPath pod.containers[1].volumeMounts[3] "/a"']);
    expect(beside({ volumeMounts: mounts.slice(0, 1) }, { name: 'other', volumeMounts: mounts.slice(0, 1) })).toEqual([]);
  });
});

describe('a variable', () => {
  test.each(['LOG_LEVEL', '_x', 'spring.config', 'my-var', 'A1'])('named %s', name => expect(beside({ env: [{ name, value: '' }] })).toEqual([]));

  test.each(['A=B', 'A B', '', 'Ä'])('must not be named "%s"', name => expect(beside({ env: [{ name, value: 'x' }] })).toEqual([`InvalidVariable pod.containers[1].env.${name} ${JSON.stringify(name)}`]));

  test('may come from elsewhere', () => {
    expect(beside({ env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'a' } } }] })).toEqual([]);
  });

  test('must have a value, each of several', () => {
    expect(beside({ env: [{ name: 'A', value: 'x' }, { name: 'B' }, { name: 'C', value: true }] })).toEqual([
      'InvalidVariable pod.containers[1].env.B undefined', 'InvalidVariable pod.containers[1].env.C true',
    ]);
  });

  test('of the program is looked at too', () => {
    expect(inProgram({ env: [{ name: 'B', value: null }] })).toEqual(['InvalidVariable pod.containers[0].env.B null']);
  });
});

describe('a port', () => {
  test('is one container\'s alone', () => {
    expect(beside({ ports: [{ containerPort: 9090 }] }, { name: 'other', ports: [{ containerPort: 9091 }, { containerPort: 9090 }] }))
      .toEqual(['DuplicatePort pod.containers[2].ports[1].containerPort 9090']);
  });

  test('is another one over UDP', () => {
    expect(beside({ ports: [{ containerPort: 8080, protocol: 'UDP' }] })).toEqual([]);
    expect(beside({ ports: [{ containerPort: 8080, protocol: 'TCP' }] })).toEqual(['DuplicatePort pod.containers[1].ports[0].containerPort 8080']);
  });

  test('may be that of an init container, which is gone', () => {
    expect(found({ initContainers: [{ ...SIDE, ports: [{ containerPort: 8080 }] }], containers: [program({})] })).toEqual([]);
  });

  test.each([15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090])('is not the proxy\'s %d', (containerPort) => {
    expect(beside({ ports: [{ containerPort }] })).toEqual([`InvalidPort pod.containers[1].ports[0].containerPort ${containerPort}`]);
  });
});

describe('a probe', () => {
  const tcp = (fields: object, port: unknown = 8080) => ({ tcpSocket: { port }, ...fields });

  test.each<[string, object]>([
    ['counts from their least', { readinessProbe: tcp({ initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1, successThreshold: 1 }) }],
    ['a readiness that must pass twice', { readinessProbe: tcp({ successThreshold: 2 }) }],
    ['the port by its name', { livenessProbe: { httpGet: { path: '/', port: 'http' } } }],
    ['a command', { startupProbe: { exec: { command: ['/alive'] } } }],
    ['HTTP where HTTP is spoken', { readinessProbe: { httpGet: { path: '/readyz', port: 8080 } } }],
    ['gRPC where gRPC is spoken', { readinessProbe: { grpc: { port: 50051 } } }],
    ['a connection wherever', { startupProbe: tcp({}, 8080), readinessProbe: tcp({}, 50051), livenessProbe: tcp({}, 6379) }],
    ['HTTP on a port that no call is for', { readinessProbe: { httpGet: { path: '/readyz', port: 9000 } } }],
    ['gRPC on a port that no call is for', { readinessProbe: { grpc: { port: 9000 } } }],
    ['the greatest port', { readinessProbe: tcp({}, 65535) }],
  ])('asks by %s', (_, fields) => {
    expect(inProgram(fields)).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['a delay before now', { readinessProbe: tcp({ initialDelaySeconds: -1 }) }, 'readinessProbe.initialDelaySeconds -1'],
    ['no period', { livenessProbe: tcp({ periodSeconds: 0 }) }, 'livenessProbe.periodSeconds 0'],
    ['no time', { startupProbe: tcp({ timeoutSeconds: 0 }) }, 'startupProbe.timeoutSeconds 0'],
    ['one and a half seconds', { startupProbe: tcp({ timeoutSeconds: 1.5 }) }, 'startupProbe.timeoutSeconds 1.5'],
    ['no failure', { readinessProbe: tcp({ failureThreshold: 0 }) }, 'readinessProbe.failureThreshold 0'],
    ['no success', { readinessProbe: tcp({ successThreshold: 0 }) }, 'readinessProbe.successThreshold 0'],
    ['a start-up that must pass twice', { startupProbe: tcp({ successThreshold: 2 }) }, 'startupProbe.successThreshold 2'],
    ['a port that is too great', { readinessProbe: tcp({}, 65536) }, 'readinessProbe.tcpSocket.port 65536'],
    ['a port of a name that is none', { readinessProbe: tcp({}, 'admin') }, 'readinessProbe.tcpSocket.port "admin"'],
    ['half a port', { readinessProbe: { grpc: { port: 50051.5 } } }, 'readinessProbe.grpc.port 50051.5'],
    ['a relative path', { readinessProbe: { httpGet: { path: 'readyz', port: 8080 } } }, 'readinessProbe.httpGet.path "readyz"'],
    ['no command', { readinessProbe: { exec: {} } }, 'readinessProbe.exec.command undefined'],
    ['HTTP on gRPC by the port\'s name', { readinessProbe: { httpGet: { path: '/', port: 'grpc' } } }, 'readinessProbe.httpGet.port 50051'],
    ['gRPC on TCP', { readinessProbe: { grpc: { port: 6379 } } }, 'readinessProbe.grpc.port 6379'],
  ])('does not ask by %s', (_, fields, problem) => {
    expect(inProgram(fields)).toEqual([`InvalidProbe pod.containers[0].${problem}`]);
  });

  test('tells one mistake of each probe, of all of them', () => {
    expect(inProgram({ startupProbe: tcp({ periodSeconds: 0 }, 0), livenessProbe: tcp({}, 0) })).toEqual([
      'InvalidProbe pod.containers[0].startupProbe.periodSeconds 0', 'InvalidProbe pod.containers[0].livenessProbe.tcpSocket.port 0',
    ]);
  });

  test('of an added container asks on ports of its own, of which nobody knows what they speak', () => {
    expect(beside({ readinessProbe: { grpc: { port: 8080 } } })).toEqual([]);
    expect(beside({ readinessProbe: tcp({}, 'http') })).toEqual(['InvalidProbe pod.containers[1].readinessProbe.tcpSocket.port "http"']);
  });

  test('is helped with the ports that there are', () => {
    const [{ fix }] = podProblems({ metadata: { labels: LABELS }, spec: { serviceAccountName: 'orders', containers: [program({ readinessProbe: tcp({}, 'admin') })] } }, { path: 'shop/orders', name: 'orders', serviceAccount: 'orders', labels: OWN, proxyNeeds: NO_NEEDS, written: false, ports: PORTS });

    expect(fix).toBe('Use its number: 8080, 50051, 6379.');
  });
});

describe('variables that are made of others', () => {
  const made = (...env: object[]) => inProgram({ env });

  test('come after them', () => {
    expect(made({ name: 'DB', value: 'db:5432' }, { name: 'URL', value: 'pg://$(DB)/x' })).toEqual([]);
    expect(made({ name: 'URL', value: 'pg://$(DB)/x' }, { name: 'DB', value: 'db:5432' })).toEqual(['InvalidVariable pod.containers[0].env.URL "pg://$(DB)/x"']);
  });

  test('may name what comes from elsewhere, or is only written so', () => {
    expect(made({ name: 'URL', value: 'pg://$(FROM_A_CONFIG_MAP)/x' }, { name: 'TEXT', value: '$$(LATER)' }, { name: 'LATER', value: 'x' })).toEqual([]);
  });
});
