import { App, Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  ChaosExperiment, ChaosNamespace, ChaosTarget, ExistingWorkload, ExternalService, Fault, MeshPort, MeshService, Permission, WorkloadRole,
  ZeroTrustNamespace, Mesh,
} from '../../src';
import { WrongInput } from '../support/wrong-input';

const LONG = 'a'.repeat(64);

const POD_LOSS = { target: ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app' }), fault: Fault.podDelete() };
const ORDERS = { image: 'ghcr.io/acme/orders:1.0.0', ports: [MeshPort.http(8080)] };
const READS = [Permission.read(kplus.ApiResource.CONFIG_MAPS)];
const STRIPE = { host: 'api.stripe.com', ports: [MeshPort.tls(443)] };

export const wrongNames: WrongInput[] = [
  ...['Orders', 'orders_v1', 'orders.shop', '-orders', 'orders-', '1orders', '', 'örders'].map((name): WrongInput => ({
    mistake: `a service named '${name}'`,
    make: world => world.service('orders', { name }),
    code: 'InvalidName',
    path: 'shop/orders',
    property: 'name',
    received: JSON.stringify(name),
    fix: ['lower case letters', 'start with a letter'],
  })),
  {
    mistake: 'a Mesh with another domain after a host was told',
    make: (world) => {
      expect(world.service('orders').host).toBe('orders.shop.svc.cluster.local');
      new Mesh(world.app, 'mesh', { clusterDomain: 'acme.internal' });
    },
    code: 'MeshTooLate',
    path: 'mesh',
    property: 'clusterDomain',
    received: '"acme.internal"',
    fix: ['Move the Mesh up'],
  },
  {
    mistake: 'a service called default',
    make: world => world.service('default'),
    code: 'InvalidName',
    path: 'shop/default',
    property: 'name',
    received: '"default"',
    fix: ['choose another name'],
  },
  {
    mistake: 'a construct id that is no name',
    make: world => world.service('Orders'),
    code: 'InvalidName',
    path: 'shop/Orders',
    property: 'name',
    received: '"Orders"',
    fix: ['lower case letters'],
  },
  {
    mistake: 'a service name of 64 characters',
    make: world => world.service('orders', { name: LONG }),
    code: 'NameTooLong',
    path: 'shop/orders',
    property: 'name',
    received: JSON.stringify(LONG),
    fix: ['Shorten it by 1'],
  },
  {
    mistake: 'a version with a dot',
    make: world => world.service('orders', { version: '1.4' }),
    code: 'InvalidName',
    path: 'shop/orders',
    property: 'version',
    received: '"1.4"',
    fix: ['lower case letters'],
  },
  ...['Drill', '9-lives', 'pod_loss'].map((id): WrongInput => ({
    mistake: `a drill named '${id}'`,
    make: world => new ChaosExperiment(world.shop, id, POD_LOSS),
    code: 'InvalidName',
    path: `shop/${id}`,
    property: 'id',
    received: JSON.stringify(id),
    fix: ['lower case letters', 'start with a letter'],
  })),
  {
    mistake: 'a drill name of 37 characters',
    make: world => new ChaosExperiment(world.shop, 'a'.repeat(37), POD_LOSS),
    code: 'NameTooLong',
    path: `shop/${'a'.repeat(37)}`,
    property: 'id',
    received: JSON.stringify('a'.repeat(37)),
    fix: ['Shorten it by 1'],
  },
  {
    mistake: 'an external service whose id is no name',
    make: world => new ExternalService(world.shop, 'api.stripe.com', STRIPE),
    code: 'InvalidName',
    path: 'shop/api.stripe.com',
    property: 'id',
    received: '"api.stripe.com"',
    fix: ['lower case letters'],
  },
  {
    mistake: 'a role whose id is no name',
    make: world => new WorkloadRole(world.shop, 'DbReader', { workload: world.service('orders'), permissions: READS }),
    code: 'InvalidName',
    path: 'shop/DbReader',
    property: 'id',
    received: '"DbReader"',
    fix: ['lower case letters'],
  },
  {
    mistake: 'an existing workload in a namespace that is no name',
    make: world => new ExistingWorkload(world.app, 'ingress', { namespace: 'Istio', serviceAccount: 'ingress', podLabels: { istio: 'ingress' } }),
    code: 'InvalidName',
    path: 'ingress',
    property: 'namespace',
    received: '"Istio"',
    fix: ['lower case letters'],
  },
  {
    mistake: 'an existing workload without a service account',
    make: world => new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: '', podLabels: { istio: 'ingress' } }),
    code: 'InvalidName',
    path: 'ingress',
    property: 'serviceAccount',
    received: '""',
    fix: ['lower case letters'],
  },
  {
    mistake: 'a zero-trust namespace in capitals',
    make: world => new ZeroTrustNamespace(world.chart('shouting', 'SHOP'), 'namespace'),
    code: 'InvalidName',
    path: 'shouting/namespace',
    property: 'namespace',
    received: '"SHOP"',
    fix: ['lower case letters'],
  },
  ...([
    ['a service', chart => new MeshService(chart, 'it', ORDERS)],
    ['an external service', chart => new ExternalService(chart, 'it', STRIPE)],
    ['a drill', chart => new ChaosExperiment(chart, 'it', POD_LOSS)],
    ['a namespace for drills', chart => new ChaosNamespace(chart, 'it')],
  ] as [string, (chart: Chart) => unknown][]).map(([what, make]): WrongInput => ({
    mistake: `${what} in a namespace in capitals`,
    make: world => make(world.chart('shouting', 'SHOP')),
    code: 'InvalidName',
    path: 'shouting/it',
    property: 'namespace',
    received: '"SHOP"',
    fix: ['lower case letters'],
  })),
  ...([
    ['a service', chart => new MeshService(chart, 'it', ORDERS)],
    ['an external service', chart => new ExternalService(chart, 'it', STRIPE)],
    ['a zero-trust namespace', chart => new ZeroTrustNamespace(chart, 'it')],
    ['a drill', chart => new ChaosExperiment(chart, 'it', POD_LOSS)],
    ['a namespace for drills', chart => new ChaosNamespace(chart, 'it')],
  ] as [string, (chart: Chart) => unknown][]).map(([what, make]): WrongInput => ({
    mistake: `${what} in a chart without a namespace`,
    make: () => make(new Chart(new App(), 'nowhere')),
    code: 'MissingNamespace',
    path: 'nowhere/it',
    property: 'namespace',
    received: 'undefined',
    fix: ['Give the chart a namespace'],
  })),
];
