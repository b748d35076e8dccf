import { ApiObject, App, Chart, YamlOutputType } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  ChaosExperiment, ChaosNamespace, ChaosTarget, ExternalService, Fault, Mesh, MeshPort, MeshService, Permission, WorkloadRole, ZeroTrustNamespace,
} from '../../src';
import { WrongInput } from '../support/wrong-input';

const POD_LOSS = { target: ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app' }), fault: Fault.podDelete() };
const ORDERS = { image: 'ghcr.io/acme/orders:1.0.0', ports: [MeshPort.http(8080)] };
const READS = [Permission.read(kplus.ApiResource.CONFIG_MAPS)];
const STRIPE = { host: 'api.stripe.com', ports: [MeshPort.tls(443)] };

/** cdk8s writes the second object of one kind, namespace and name over the first. */
export const duplicates: WrongInput[] = [
  {
    mistake: 'an object of the user\'s own beside one of ours',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      new ApiObject(world.shop, 'mine', { apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata: { name: 'default' }, spec: { mtls: { mode: 'PERMISSIVE' } } });
      world.synth();
    },
    code: 'DuplicateName',
    path: 'shop/mine',
    property: 'metadata.name',
    received: '"default"',
    fix: ['Leave one of them out'],
  },
  {
    mistake: 'a Namespace of the user\'s own beside ours',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      new ApiObject(world.shop, 'mine', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
      world.synth();
    },
    code: 'DuplicateName',
    path: 'shop/mine',
    property: 'metadata.name',
    received: '"shop"',
    fix: ['Leave one of them out'],
  },
  {
    mistake: 'a service that takes the API server\'s address',
    make: world => new MeshService(world.chart('default', 'default'), 'kubernetes', { image: 'orders:1', ports: [MeshPort.http(8080)] }),
    code: 'DuplicateName',
    path: 'default/kubernetes',
    property: 'name',
    received: '"kubernetes"',
    fix: ['another name'],
  },
  {
    mistake: 'two services of one name in a chart',
    make: (world) => {
      world.service('orders');
      world.service('orders-2', { name: 'orders' });
    },
    code: 'DuplicateName',
    path: 'shop/orders-2',
    property: 'name',
    received: '"orders"',
    fix: ['another name'],
  },
  {
    mistake: 'two services of one name in two charts of a namespace',
    make: (world) => {
      world.service('orders');
      new MeshService(world.chart('more', 'shop'), 'orders', ORDERS);
    },
    code: 'DuplicateName',
    path: 'more/orders',
    property: 'name',
    received: '"orders"',
    fix: ['another name'],
  },
  {
    mistake: 'a service of the name of a release\'s Deployment',
    make: (world) => {
      world.release(world.service('orders'));
      world.service('orders-v2');
    },
    code: 'DuplicateName',
    path: 'shop/orders-v2',
    property: 'name',
    received: '"orders-v2"',
    fix: ['another name'],
  },
  {
    mistake: 'a release whose Deployment has the name of a service',
    make: (world) => {
      world.service('orders-v2');
      world.release(world.service('orders'));
    },
    code: 'DuplicateName',
    path: 'shop/orders-next',
    property: 'version',
    received: '"orders-v2"',
    fix: ['another name'],
  },
  {
    mistake: 'two external services of one id in a namespace',
    make: (world) => {
      new ExternalService(world.shop, 'stripe', STRIPE);
      new ExternalService(world.chart('more', 'shop'), 'stripe', { ...STRIPE, host: 'files.stripe.com' });
    },
    code: 'DuplicateName',
    path: 'more/stripe',
    property: 'id',
    received: '"stripe"',
    fix: ['another name'],
  },
  {
    mistake: 'an external service of the name of a service',
    make: (world) => {
      world.service('payments');
      new ExternalService(world.chart('more', 'shop'), 'payments', STRIPE);
    },
    code: 'DuplicateName', // both may have a VirtualService
    path: 'more/payments',
    property: 'id',
    received: '"payments"',
    fix: ['another name'],
  },
  {
    mistake: 'two external services of one host in a namespace',
    make: (world) => {
      new ExternalService(world.shop, 'stripe', STRIPE);
      new ExternalService(world.shop, 'stripe-files', STRIPE);
    },
    code: 'DuplicateName',
    path: 'shop/stripe-files',
    property: 'host',
    received: '"api.stripe.com"',
    fix: ['use the existing'],
  },
  {
    mistake: 'two roles of one name in a namespace',
    make: (world) => {
      const workload = world.service('orders');
      new WorkloadRole(world.shop, 'reader', { workload, permissions: READS });
      new WorkloadRole(world.chart('more', 'shop'), 'reader', { workload, permissions: READS });
    },
    code: 'DuplicateName',
    path: 'more/reader',
    property: 'id',
    received: '"reader"',
    fix: ['another name'],
  },
  {
    mistake: 'a drill of the name of a role',
    make: (world) => {
      new WorkloadRole(world.shop, 'reader', { workload: world.service('orders'), permissions: READS });
      new ChaosExperiment(world.chart('drills', 'shop'), 'reader', POD_LOSS);
    },
    code: 'DuplicateName',
    path: 'drills/reader',
    property: 'id',
    received: '"reader"',
    fix: ['another name'],
  },
  {
    mistake: 'a drill of the name of a service in its namespace',
    make: (world) => {
      world.service('orders');
      new ChaosExperiment(world.chart('drills', 'shop'), 'orders', POD_LOSS);
    },
    code: 'DuplicateName', // both have a ServiceAccount
    path: 'drills/orders',
    property: 'id',
    received: '"orders"',
    fix: ['another name'],
  },
  {
    mistake: 'two drills whose roles in the target\'s namespace have one name',
    make: (world) => {
      new ChaosExperiment(world.chart('drills', 'loss-drills'), 'pod', POD_LOSS);
      new ChaosExperiment(world.chart('more', 'drills'), 'pod-loss', POD_LOSS);
    },
    code: 'DuplicateName', // pod-loss-drills
    path: 'more/pod-loss',
    property: 'id',
    received: '"pod-loss-drills"',
    fix: ['another name'],
  },
  {
    mistake: 'a service of the name of a zero-trust namespace\'s policy',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      world.service('default-deny');
    },
    code: 'DuplicateName',
    path: 'shop/default-deny',
    property: 'name',
    received: '"default-deny"',
    fix: ['another name'],
  },
  {
    mistake: 'two drills of one name in a namespace',
    make: (world) => {
      new ChaosExperiment(world.chart('drills', 'shop-chaos'), 'pod-loss', POD_LOSS);
      new ChaosExperiment(world.chart('more', 'shop-chaos'), 'pod-loss', POD_LOSS);
    },
    code: 'DuplicateName',
    path: 'more/pod-loss',
    property: 'id',
    received: '"pod-loss"',
    fix: ['another name'],
  },
  {
    mistake: 'a second zero-trust namespace of one name',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      new ZeroTrustNamespace(world.chart('more', 'shop'), 'namespace');
    },
    code: 'DuplicateName',
    path: 'more/namespace',
    property: 'namespace',
    received: '"shop"',
    fix: ['use the existing Namespace'],
  },
  {
    mistake: 'a zero-trust namespace that is one for drills too',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      new ChaosNamespace(world.shop, 'chaos');
    },
    code: 'DuplicateName',
    path: 'shop/chaos',
    property: 'namespace',
    received: '"shop"',
    fix: ['use the existing Namespace'],
  },
  {
    mistake: 'two objects in one file',
    make: () => {
      const app = new App({ yamlOutputType: YamlOutputType.FILE_PER_RESOURCE });
      new Mesh(app, 'mesh');
      const config = (namespace: string) => new ApiObject(new Chart(app, namespace, { namespace }), 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config' } });
      ['shop', 'web'].forEach(config);
      app.synthYaml();
    },
    code: 'FileCollision',
    path: 'web/config',
    property: 'metadata.name',
    received: '"config"',
    fix: ['YamlOutputType.FILE_PER_CHART'],
  },
  {
    mistake: 'a second Mesh',
    make: (world) => {
      new Mesh(world.app, 'mesh');
      new Mesh(world.shop, 'another');
    },
    code: 'DuplicateMesh',
    path: 'shop/another',
    property: 'id',
    received: '"shop/another"',
    fix: ['Keep one Mesh'],
  },
];
