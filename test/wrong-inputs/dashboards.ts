import { App, Chart } from 'cdk8s';
import { ExistingService, ExternalService, MeshDashboard, MeshDashboardProps, MeshPort } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const DASHBOARD = 'shop/mesh';

export const wrongDashboards: WrongInput[] = [
  props('a dashboard without a title', { title: ' ' }, 'InvalidDashboard', 'title', '" "', 'Leave it out'),
  props('a data source by its name', { dataSource: 'My Prometheus' }, 'InvalidDashboard', 'dataSource', '"My Prometheus"', 'the last part of its address'),
  props('a data source without a name', { dataSource: '' }, 'InvalidDashboard', 'dataSource', '""', 'the last part of its address'),
  props('a data source with a long name', { dataSource: 'p'.repeat(41) }, 'InvalidDashboard', 'dataSource', `"${'p'.repeat(41)}"`, 'the last part of its address'),
  props('a dashboard that no sidecar finds', { labels: {} }, 'EmptyList', 'labels', '{}', 'grafana_dashboard'),
  props('a label of a dashboard that is none', { labels: { grafana_dashboard: 'a b' } }, 'InvalidLabels', 'labels', '{"grafana_dashboard":"a b"}', 'at most 63'),
  props('an annotation of a dashboard that is none', { annotations: { 'grafana folder': 'Mesh' } }, 'InvalidLabels', 'annotations.grafana folder', '"grafana folder"', 'letters, digits'),
  {
    mistake: 'two dashboards of an app',
    make: (world) => {
      new MeshDashboard(world.shop, 'mesh');
      new MeshDashboard(world.shop, 'more');
    },
    code: 'DuplicateName',
    path: 'shop/more',
    property: 'id',
    received: '"MeshDashboard"',
    fix: ['another name'],
  },
  {
    mistake: 'a dashboard in a chart without a namespace',
    make: () => new MeshDashboard(new Chart(new App(), 'shop'), 'mesh'),
    code: 'MissingNamespace',
    path: DASHBOARD,
    property: 'namespace',
    received: 'undefined',
    fix: ['namespace: \'shop\''],
  },
  {
    mistake: 'a dashboard by a name that is none',
    make: world => new MeshDashboard(world.shop, 'Mesh'),
    code: 'InvalidName',
    path: 'shop/Mesh',
    property: 'id',
    received: '"Mesh"',
    fix: ['lower case'],
  },
  {
    mistake: 'a dashboard where there is no request',
    make: (world) => {
      world.service('db', { ports: [MeshPort.tcp(5432)] });
      new MeshDashboard(world.shop, 'mesh');
      world.synth();
    },
    code: 'UnknownService',
    path: DASHBOARD,
    property: 'id',
    received: '"mesh"',
    fix: ['HTTP or gRPC'],
  },
  {
    mistake: 'a dashboard of calls that their client\'s proxy counts under another name',
    make: (world) => {
      const reports = new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { app: 'reports' } });
      reports.calls(new ExternalService(world.shop, 'bank', { host: 'api.bank.example', ports: [MeshPort.http(80)], addresses: ['203.0.113.7'] }));
      new MeshDashboard(world.shop, 'mesh');
      world.synth();
    },
    code: 'MissingProperty',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"app":"reports"}',
    fix: ['service.istio.io/canonical-name'],
  },
  {
    mistake: 'a dashboard that kubectl cannot apply',
    make: (world) => {
      const orders = world.service('orders');
      const paths = Array.from({ length: 1600 }, (_, index) => `/${'long'.repeat(40)}/${index}`);
      world.service('web').calls(orders, { paths });
      new MeshDashboard(world.shop, 'mesh');
      world.synth();
    },
    code: 'InvalidDashboard',
    path: DASHBOARD,
    property: 'id',
    received: '["mesh.shop","mesh.shop.orders","mesh.shop.web"]',
    fix: ['Divide'],
  },
];

function props(mistake: string, given: MeshDashboardProps, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: (world: World) => {
      world.service('orders');
      new MeshDashboard(world.shop, 'mesh', given);
    },
    code,
    path: DASHBOARD,
    property,
    received,
    fix: [fix],
  };
}
