import { Manifest } from '../../cluster/api/client';
import { installLitmus } from '../../cluster/kinds/litmus';
import { connect, ConnectedCluster } from '../../cluster/remote';

const apiVersion = 'litmuschaos.io/v1alpha1';
const metadata = { name: 'test', namespace: 'default' };

/** The schema that drills are judged by (`litmus.crds.yaml`) takes what Litmus reads, and names the field that it does not. */
describe('the schema of Litmus', () => {
  let cluster: ConnectedCluster;

  beforeAll(async () => {
    cluster = await connect();
    await cluster.reset();
    await installLitmus(cluster);
  });

  afterAll(() => cluster.reset());

  const refusal = async (object: Manifest) => {
    const [{ ok, error, warnings }] = await cluster.apply([object], { dryRun: true });
    expect(warnings).toEqual([]);
    return ok ? undefined : error;
  };

  describe('takes', () => {
    const runProperties = { probeTimeout: '5s', interval: '1s' };
    const probe = (type: string, inputs: Manifest, rest: Manifest = {}) => engine({
      probe: [{ name: 'probe', type, mode: 'SOT', runProperties, [`${type}/inputs`]: inputs, ...rest }],
    });
    const value = { criteria: '>=', value: '99' };

    test.each<[string, Manifest]>([
      ['what is required and no more', engine()],
      ['all of an engine', engine({}, {
        engineState: 'stop',
        jobCleanUpPolicy: 'delete',
        defaultHealthCheck: true,
        auxiliaryAppInfo: '',
        terminationGracePeriodSeconds: 30,
        appinfo: { appns: 'shop', applabel: 'app=cart', appkind: 'deployment' },
        components: {
          runner: {
            image: 'runner',
            imagePullPolicy: 'Always',
            type: 'go',
            runnerLabels: { a: 'b' },
            runnerAnnotations: {},
            nodeSelector: { a: 'b' },
            tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 5 }],
            resources: { requests: { cpu: 1, memory: '64Mi' } },
            imagePullSecrets: [{ name: 'a' }],
          },
          sidecar: [{ image: 'sidecar', env: [{ name: 'A', value: 'b' }], envFrom: [{ secretRef: { name: 'a' } }] }],
        },
      })],
      ['appinfo of a namespace alone', engine({}, { appinfo: { appns: 'shop', applabel: '', appkind: '' } })],
      ['a selector of pods', engine({}, { selectors: { pods: [{ namespace: 'shop', names: 'cart-0,cart-1' }] } })],
      ['a selector of workloads by name', engine({}, { selectors: { workloads: [{ kind: 'statefulset', namespace: 'shop', names: 'cart' }] } })],
      ['a selector of workloads by label', engine({}, { selectors: { workloads: [{ kind: 'rollout', namespace: 'shop', labels: 'app=cart' }] } })],
      ['all of an experiment in an engine', engine({
        components: {
          env: [
            { name: 'TOTAL_CHAOS_DURATION', value: '120' },
            { name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
            { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: 1 } } },
          ],
          statusCheckTimeouts: { delay: 2, timeout: 180 },
          experimentAnnotations: { a: 'b' },
          experimentImage: 'image',
          nodeSelector: { a: 'b' },
          configMaps: [{ name: 'a', mountPath: '/a' }],
          secrets: [{ name: 'a', mountPath: '/a' }],
          tolerations: [{ key: 'a', effect: 'NoSchedule' }],
          resources: { limits: { cpu: '1' } },
        },
      })],
      ['a promProbe', probe('promProbe', { endpoint: 'http://prometheus:9090', query: 'up', comparator: value })],
      ['a promProbe from a file', probe('promProbe', { endpoint: 'http://prometheus:9090', queryPath: '/query', comparator: { criteria: 'between', value: '1,5' } })],
      ['all run properties', probe('promProbe', { endpoint: 'http://prometheus:9090', query: 'up', comparator: value }, {
        mode: 'Continuous',
        runProperties: {
          probeTimeout: '1m30s',
          interval: '500ms',
          initialDelay: '1.5s',
          probePollingInterval: '5s',
          evaluationTimeout: '1h',
          attempt: 2,
          retry: 1,
          stopOnFailure: true,
          verbosity: 'debug',
        },
      })],
      ['an httpProbe that gets', probe('httpProbe', { url: 'http://a', insecureSkipVerify: true, method: { get: { criteria: '==', responseCode: '200' } } })],
      ['an httpProbe that posts', probe('httpProbe', {
        url: 'http://a', method: { post: { criteria: 'oneOf', responseCode: '200,201', contentType: 'text/plain', body: 'a' } },
      })],
      ['a k8sProbe', probe('k8sProbe', {
        group: 'apps', version: 'v1', resource: 'deployments', namespace: 'shop', labelSelector: 'a=b', fieldSelector: 'metadata.name=a', operation: 'present',
      })],
      ['a k8sProbe that creates', probe('k8sProbe', { version: 'v1', resource: 'pods', resourceNames: 'a', operation: 'create' }, { data: 'kind: Pod' })],
      ['a cmdProbe in the experiment', probe('cmdProbe', { command: 'ls', comparator: { type: 'string', criteria: 'contains', value: 'a' } })],
      ['a cmdProbe in a pod of its own', probe('cmdProbe', {
        command: 'ls',
        comparator: { type: 'int', criteria: 'oneOf', value: '1,2' },
        source: {
          image: 'busybox',
          imagePullPolicy: 'Always',
          args: ['a'],
          command: ['b'],
          env: [{ name: 'A', value: '1' }],
          labels: { a: 'b' },
          annotations: { a: 'b' },
          hostNetwork: true,
          inheritInputs: true,
          privileged: false,
          nodeSelector: { a: 'b' },
          volumes: [{ name: 'a', emptyDir: {} }, { name: 'b', configMap: { name: 'b', items: [{ key: 'a', path: 'b' }] } }, { name: 'c', hostPath: { path: '/c' } }],
          volumeMount: [{ name: 'a', mountPath: '/a', readOnly: true }],
        },
      })],
      ['an sloProbe', probe('sloProbe', {
        platformEndpoint: 'http://a',
        sloIdentifier: 'a',
        comparator: value,
        evaluationWindow: { evaluationStartTime: 1, evaluationEndTime: 2 },
        sloSourceMetadata: { apiTokenSecret: 'a', scope: { accountIdentifier: 'a', orgIdentifier: 'b', projectIdentifier: 'c' } },
      })],
      ['what the operator reports', { ...engine(), status: { engineStatus: 'completed', experiments: [{ name: 'a', verdict: 'Pass', lastUpdateTime: '2026-01-01T00:00:00Z' }] } }],
      ['an experiment', experiment()],
      ['all of an experiment', {
        ...experiment({
          imagePullPolicy: 'Always',
          scope: 'Cluster',
          command: ['/bin/bash'],
          args: ['-c'],
          hostPID: true,
          env: [{ name: 'A', value: '' }],
          permissions: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['a'] }],
          configMaps: [{ name: 'a', mountPath: '/a' }],
          hostFileVolumes: [{ name: 'a', mountPath: '/a', nodePath: '/b' }],
          securityContext: { podSecurityContext: { runAsUser: 1000 }, containerSecurityContext: { capabilities: { add: ['NET_ADMIN'] } } },
        }),
        description: { message: 'Deletes a pod' },
      }],
      ['a result', result({ phase: 'Completed', verdict: 'Pass', probeSuccessPercentage: '100' })],
    ])('%s', async (_, object) => {
      expect(await refusal(object)).toBeUndefined();
    });
  });

  describe('refuses', () => {
    const prom = { endpoint: 'http://a', query: 'up', comparator: { criteria: '>=', value: '99' } };
    const runProperties = { probeTimeout: '5s', interval: '1s' };
    const probe = (change: Manifest) => engine({
      probe: [{ 'name': 'probe', 'type': 'promProbe', 'mode': 'SOT', runProperties, 'promProbe/inputs': prom, ...change }],
    });
    const http = (method: Manifest) => probe({ 'type': 'httpProbe', 'httpProbe/inputs': { url: 'http://a', method } });

    test.each<[string, Manifest, string]>([
      ['an unknown field of an engine', engine({}, { annotationCheck: 'false' }), 'spec.annotationCheck'],
      ['annotations of the runner, which are dropped', engine({}, { components: { runner: { runnerAnnotations: { a: 'b' } } } }), 'spec.components.runner.runnerAnnotations'],
      ['a label that is no string', engine({}, { components: { runner: { runnerLabels: { a: true } } } }), 'spec.components.runner.runnerLabels'],
      ['another state', engine({}, { engineState: 'paused' }), 'spec.engineState'],
      ['another clean-up', engine({}, { jobCleanUpPolicy: 'keep' }), 'spec.jobCleanUpPolicy'],
      ['a kind in capitals', engine({}, { appinfo: { appns: 'a', applabel: 'a=b', appkind: 'Deployment' } }), 'spec.appinfo.appkind'],
      ['a label without a kind', engine({}, { appinfo: { appns: 'a', applabel: 'a=b' } }), 'spec.appinfo'],
      ['a health check in a string', engine({}, { defaultHealthCheck: 'true' }), 'spec.defaultHealthCheck'],
      ['no service account', engine({}, { chaosServiceAccount: undefined }), 'spec.chaosServiceAccount'],
      ['no experiments', engine({}, { experiments: [] }), 'spec.experiments'],
      ['both selectors', engine({}, { selectors: { pods: [], workloads: [] } }), 'spec.selectors'],
      ['no selector', engine({}, { selectors: {} }), 'spec.selectors'],
      ['names and labels', engine({}, { selectors: { workloads: [{ kind: 'deployment', namespace: 'a', names: 'a', labels: 'a=b' }] } }), 'spec.selectors.workloads[0]'],
      ['workloads without a kind', engine({}, { selectors: { workloads: [{ namespace: 'a', names: 'a' }] } }), 'spec.selectors.workloads[0].kind'],
      ['names in a list', engine({}, { selectors: { pods: [{ namespace: 'a', names: ['a'] }] } }), 'spec.selectors.pods[0].names'],
      ['a number in the environment', engine({ components: { env: [{ name: 'A', value: 120 }] } }), 'spec.components.env[0].value'],
      ['a timeout in a string', engine({ components: { statusCheckTimeouts: { delay: '2' } } }), 'spec.components.statusCheckTimeouts.delay'],
      ['labels of an experiment', engine({ components: { experimentLabels: { a: 'b' } } }), 'spec.components.experimentLabels'],
      ['another type of probe', probe({ type: 'prometheusProbe' }), 'spec.probe[0].type'],
      ['a mode in small letters', probe({ mode: 'onchaos' }), 'spec.probe[0].mode'],
      ['a probe without a mode', probe({ mode: undefined }), 'spec.probe[0].mode'],
      ['inputs without their type', probe({ promProbe: prom }), 'spec.probe[0].promProbe:'],
      ['inputs of another type', probe({ type: 'cmdProbe' }), 'a cmdProbe needs cmdProbe/inputs'],
      ['a type of what Prometheus answers', probe({ 'promProbe/inputs': { ...prom, comparator: { ...prom.comparator, type: 'float' } } }), 'comparator.type'],
      ['a number to compare with', probe({ 'promProbe/inputs': { ...prom, comparator: { criteria: '>=', value: 99 } } }), 'comparator.value'],
      ['criteria that nobody knows', probe({ 'promProbe/inputs': { ...prom, comparator: { criteria: '=>', value: '99' } } }), 'comparator.criteria'],
      ['no query', probe({ 'promProbe/inputs': { ...prom, query: '' } }), 'query or queryPath is required'],
      ['a timeout in seconds', probe({ runProperties: { ...runProperties, probeTimeout: 5 } }), 'runProperties.probeTimeout'],
      ['a duration without a unit', probe({ runProperties: { ...runProperties, interval: '5' } }), 'runProperties.interval'],
      ['attempts in a string', probe({ runProperties: { ...runProperties, attempt: '2' } }), 'runProperties.attempt'],
      ['a delay under its old name', probe({ runProperties: { ...runProperties, initialDelaySeconds: 5 } }), 'runProperties.initialDelaySeconds'],
      ['no interval', probe({ runProperties: { probeTimeout: '5s', attempt: 1 } }), 'runProperties.interval'],
      ['no method', http({}), 'httpProbe/inputs.method'],
      ['a code that is a number', http({ get: { criteria: '==', responseCode: 200 } }), 'httpProbe/inputs.method.get.responseCode'],
      ['a timeout of the answer', http({ get: { criteria: '==', responseCode: '200', responseTimeout: 5 } }), 'httpProbe/inputs.method.get.responseTimeout'],
      ['a post of nothing', http({ post: { criteria: '==', responseCode: '200' } }), 'body or bodyPath is required'],
      ['another operation', probe({ 'type': 'k8sProbe', 'k8sProbe/inputs': { version: 'v1', resource: 'pods', operation: 'exists' } }), 'k8sProbe/inputs.operation'],
      ['criteria of another type', probe({ 'type': 'cmdProbe', 'cmdProbe/inputs': { command: 'ls', comparator: { type: 'int', criteria: 'contains', value: '1' } } }), 'criteria of another type'],
      ['a source without an image', probe({ 'type': 'cmdProbe', 'cmdProbe/inputs': { command: 'ls', comparator: { type: 'int', criteria: '==', value: '1' }, source: {} } }), 'source.image'],
      ['an experiment without labels', experiment({ labels: undefined }), 'spec.definition.labels'],
      ['another scope', experiment({ scope: 'Namespace' }), 'spec.definition.scope'],
      ['a number in an experiment\'s environment', experiment({ env: [{ name: 'A', value: 15 }] }), 'spec.definition.env[0].value'],
      ['permissions without verbs', experiment({ permissions: [{ apiGroups: [''], resources: ['pods'] }] }), 'spec.definition.permissions[0].verbs'],
      ['a type of file, which is dropped', experiment({ hostFileVolumes: [{ name: 'a', mountPath: '/a', nodePath: '/b', type: 'File' }] }), 'spec.definition.hostFileVolumes[0].type'],
      ['another verdict', result({ phase: 'Completed', verdict: 'Passed' }), 'status.experimentStatus.verdict'],
    ])('%s', async (_, object, field) => {
      expect(await refusal(object)).toContain(field);
    });
  });

  test('is gone after a reset, with all that is of its kinds, and can be added again', async () => {
    const objects = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'drills' } }, { ...engine(), metadata: { name: 'drill', namespace: 'drills' } }];
    const applied = async () => (await cluster.apply(objects)).map(({ ok }) => ok);
    expect(await applied()).toEqual([true, true]);
    await cluster.reset();
    expect(await applied()).toEqual([true, false]);
    await installLitmus(cluster);
    await installLitmus(cluster);
    expect(await applied()).toEqual([true, true]);
  });
});

/** An engine of one experiment: some of the experiment's spec, some of the engine's. */
function engine(experimentSpec: Manifest = {}, spec: Manifest = {}): Manifest {
  return {
    apiVersion,
    kind: 'ChaosEngine',
    metadata,
    spec: { engineState: 'active', chaosServiceAccount: 'test', experiments: [{ name: 'pod-delete', spec: experimentSpec }], ...spec },
  };
}

function experiment(definition: Manifest = {}): Manifest {
  return { apiVersion, kind: 'ChaosExperiment', metadata, spec: { definition: { image: 'image', labels: { name: 'test' }, ...definition } } };
}

function result(experimentStatus: Manifest): Manifest {
  return {
    apiVersion,
    kind: 'ChaosResult',
    metadata,
    spec: { engine: 'engine', experiment: 'pod-delete' },
    status: { experimentStatus, probeStatuses: [{ name: 'a', type: 'promProbe', mode: 'SOT', status: { verdict: 'Passed' } }], history: { passedRuns: 1, failedRuns: 0, stoppedRuns: 0 } },
  };
}
