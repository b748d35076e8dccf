import { JsonPatch, Size } from 'cdk8s';
import { ExistingWorkload, MeshPort, MeshService, Route, StringMatch } from '../../src';
import { WrongInput } from '../support/wrong-input';

/** What only plain JavaScript can write. `test/checked.test.ts` goes through the whole API. */
export const untyped: WrongInput[] = [
  {
    mistake: 'a misspelt property',
    make: world => new MeshService(world.shop, 'orders', { image: 'orders:1', ports: [MeshPort.http(8080)], replica: 2 } as any),
    code: 'UnknownProperty',
    path: 'shop/orders',
    property: 'replica',
    received: '2',
    fix: ['Did you mean replicas?'],
  },
  {
    mistake: 'a text as port',
    make: () => MeshPort.http('8080' as any),
    code: 'WrongType',
    path: 'MeshPort.http',
    property: 'port',
    received: '"8080"',
    fix: ['Give a number'],
  },
  {
    mistake: 'a match without a value',
    make: () => StringMatch.exactly(undefined as any),
    code: 'MissingProperty',
    path: 'StringMatch.exactly',
    property: 'value',
    received: 'undefined',
    fix: ['Give a string'],
  },
  {
    mistake: 'one value too many',
    make: world => (world.service('frontend').calls as any).call(world.service('cart'), world.service('orders'), {}, { methods: ['GET'] }),
    code: 'UnknownProperty',
    path: 'shop/cart',
    property: 'calls(orders).arguments[2]',
    received: '{"methods":["GET"]}',
    fix: ['Give server, options'],
  },
  {
    mistake: 'a second patch that is none',
    make: world => Route.named(world.service('orders'), 'default').addJsonPatch(JsonPatch.add('/timeout', '1s'), 'x' as any),
    code: 'WrongType',
    path: 'Route',
    property: 'addJsonPatch().operations',
    received: '"x"',
    fix: ['JsonPatch'],
  },
  {
    mistake: 'a size in place of a time',
    make: world => world.service('orders', { terminationGracePeriod: Size.mebibytes(1) as any }),
    code: 'WrongType',
    path: 'shop/orders',
    property: 'terminationGracePeriod',
    received: 'a Size',
    fix: ['Duration'],
  },
  {
    mistake: 'a number for a label',
    make: world => new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'ingress', podLabels: { app: 7 as any } }),
    code: 'WrongType',
    path: 'ingress',
    property: 'podLabels.app',
    received: '7',
    fix: ['Give a string'],
  },
  {
    mistake: 'a probe of another version of cdk8s-plus',
    make: world => world.service('orders', { readiness: new (class Probe {})() as any }),
    code: 'WrongType',
    path: 'shop/orders',
    property: 'readiness',
    received: 'a Probe',
    fix: ['Probe.fromHttpGet()'],
  },
];
