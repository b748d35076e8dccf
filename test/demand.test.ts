import { ApiObject, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ZeroTrustNamespace } from '../src';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';
import { renderedDemand, requestsAboveDefaults } from '../src/workload/demand';

type Resources = { requests?: { [resource: string]: string | number }; limits?: { [resource: string]: string | number } };

/** A container that asks for CPU alone, and may use as much. */
const asking = (cpu: string | number) => ({ resources: { requests: { cpu }, limits: { cpu } } });
const cpuOf = (podSpec: object) => renderedDemand(podSpec).requests.cpu;

describe('a pod asks for', () => {
  test('what its containers ask for together', () => {
    const resources = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '1Gi' } };

    expect(renderedDemand({ containers: [{ resources }, { resources }] })).toEqual({
      requests: { cpu: 200, memory: 256 }, limits: { cpu: 2000, memory: 2048 }, largest: { cpu: 1000, memory: 1024 },
    });
  });

  test.each<[string, Resources | undefined, object, object]>([
    ['the defaults of the namespace where a container says nothing', undefined, { cpu: 50, memory: 64 }, { cpu: 500, memory: 256 }],
    ['the limit where it says only that', { limits: { cpu: '2', memory: '2Gi' } }, { cpu: 2000, memory: 2048 }, { cpu: 2000, memory: 2048 }],
    ['its own request and the default limit', { requests: { cpu: '10m', memory: '10Mi' } }, { cpu: 10, memory: 10 }, { cpu: 500, memory: 256 }],
    ['its own CPU and the default memory', { requests: { cpu: '300m' }, limits: { cpu: '300m' } }, { cpu: 300, memory: 64 }, { cpu: 300, memory: 256 }],
  ])('%s', (_, resources, requests, limits) => {
    expect(renderedDemand({ containers: [{ resources }] })).toEqual({ requests, limits, largest: limits });
  });

  test('what an init container asks for, when that is more: they run before', () => {
    expect(cpuOf({ initContainers: [asking('3')], containers: [asking('1'), asking('1')] })).toBe(3000);
    expect(cpuOf({ initContainers: [asking('1'), asking('1')], containers: [asking('1')] })).toBe(1000);
  });

  test('what its sidecars ask for as well: they stay', () => {
    const sidecar = { ...asking('1'), restartPolicy: 'Always' };

    expect(cpuOf({ initContainers: [sidecar, sidecar], containers: [asking('1')] })).toBe(3000);
  });

  test('what an init container asks for beside the sidecars that were started before it, and no others', () => {
    const sidecar = { ...asking('1'), restartPolicy: 'Always' };

    expect(cpuOf({ initContainers: [sidecar, asking('4'), sidecar], containers: [asking('1')] })).toBe(5000);
  });

  test('at most what its largest container may use, be it an init container', () => {
    expect(renderedDemand({
      initContainers: [{ resources: { limits: { cpu: '100m', memory: '3Gi' } } }], containers: [asking('2'), asking('1')],
    }).largest).toEqual({ cpu: 2000, memory: 3072 });
  });

  test.each([
    ['cpu', '250m', 250], ['cpu', '1.5', 1500], ['cpu', 2, 2000], ['cpu', '1e1', 10000], ['cpu', '2k', 2_000_000],
    ['memory', '1Gi', 1024], ['memory', '512Ki', 0.5], ['memory', '1Ti', 1024 * 1024], ['memory', '1.5Gi', 1536], ['memory', 1048576, 1],
    ['memory', '1048576k', 1000], ['memory', '1M', 1e6 / 2 ** 20], ['memory', '1G', 1e9 / 2 ** 20], ['memory', '1T', 1e12 / 2 ** 20], ['memory', '1048576000m', 1],
    ['memory', '1Pi', 2 ** 30], ['memory', '1Ei', 2 ** 40], ['memory', '1P', 1e15 / 2 ** 20], ['memory', '1E', 1e18 / 2 ** 20],
    ['cpu', '500000u', 500], ['cpu', '500000000n', 500], ['cpu', '5e-1', 500], ['cpu', '5E+1', 50000],
  ] as const)('%s of %s as %d', (resource, text, amount) => {
    const { requests } = renderedDemand({ containers: [{ resources: { requests: { [resource]: text } } }] });

    expect(requests[resource]).toBeCloseTo(amount, 6);
  });
});

describe('a request above the limit that the namespace gives', () => {
  const above = (containers: Resources[], initContainers: Resources[] = []) => requestsAboveDefaults({
    containers: containers.map(resources => ({ resources })), initContainers: initContainers.map(resources => ({ resources })),
  });

  test('is told with both', () => {
    expect(above([{ requests: { memory: '1Gi' } }])).toEqual([{ field: 'containers[0].resources.limits.memory', resource: 'memory', request: '1Gi', limit: '256Mi' }]);
  });

  test('is told of each container and of each resource', () => {
    expect(above([{}, { requests: { cpu: '2', memory: '1Gi' } }], [{ requests: { cpu: '501m' } }]).map(({ field }) => field)).toEqual([
      'initContainers[0].resources.limits.cpu', 'containers[1].resources.limits.cpu', 'containers[1].resources.limits.memory',
    ]);
  });

  test.each<[string, Resources]>([
    ['a request of as much', { requests: { cpu: '500m', memory: '256Mi' } }],
    ['a request below a limit of its own', { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } }],
    ['a limit alone', { limits: { cpu: '4', memory: '4Gi' } }],
    ['nothing', {}],
  ])('is not %s', (_, resources) => {
    expect(above([resources])).toEqual([]);
  });
});

test('a patch of the pods counts for the quota of their namespace', () => {
  const world = new World();
  new ZeroTrustNamespace(world.shop, 'namespace', { quota: { requestsCpu: kplus.Cpu.units(6), requestsMemory: Size.gibibytes(2) } });
  ApiObject.of(world.service('orders').deployment).addJsonPatch(
    JsonPatch.replace('/spec/replicas', 4), JsonPatch.replace('/spec/template/spec/containers/0/resources/requests/cpu', '1'));

  expect(thrownBy(() => world.synth()).map(({ property, fix }) => [property, fix])).toEqual([
    ['quota.requestsCpu', 'Raise it to 8800m at least.'],
  ]);
});
