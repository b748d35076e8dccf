import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart, JsonPatch, Lazy } from 'cdk8s';
import { DirectResponse, MeshPort, MeshService, RouteMatch, StringMatch } from '../src';

const outdir = mkdtempSync(join(tmpdir(), 'late-'));
const PATCH = JsonPatch.add('/metadata/annotations', { late: 'yes' });

function annotated(chart: Chart, written: any[] = chart.toJson()): string[] {
  return written.filter(({ metadata }) => metadata.annotations?.late === 'yes').map(({ kind }) => kind).sort();
}

function objects(chart: Chart): ApiObject[] {
  return chart.node.findAll().filter(ApiObject.isApiObject);
}

function served(chart: Chart): MeshService {
  return new MeshService(chart, 'orders', { image: 'ghcr.io/acme/orders:1.0.0', ports: [MeshPort.http(8080)] });
}

/** Whatever is changed while an app is written is there, however often its objects have been looked at before. */
describe('what is changed late is written', () => {
  const written: any[] = [];
  class LateChart extends Chart {
    public toJson(): any[] {
      objects(this).forEach(object => object.addJsonPatch(PATCH));
      written.splice(0, written.length, ...super.toJson());
      return written;
    }
  }

  test('by a chart that patches each of its objects', () => {
    const app = new App({ outdir });
    const chart = new LateChart(app, 'shop', { namespace: 'shop' });
    served(chart);
    app.synth();

    expect(annotated(chart, written)).toEqual(objects(chart).map(({ kind }) => kind).sort());
  });

  test('by an app, between a look at its objects and their synthesis', () => {
    let orders: MeshService;
    class LateApp extends App {
      public synth(): void {
        const all = this.charts.flatMap(objects);
        all.forEach(object => object.toJson());
        all.forEach(object => object.addJsonPatch(PATCH));
        orders.addRoute('late', { match: [RouteMatch.path(StringMatch.prefix('/late/'))], directResponse: DirectResponse.of(410) });
        super.synth();
        written.splice(0, written.length, ...this.charts.flatMap(each => each.toJson()));
      }
    }
    const app = new LateApp({ outdir });
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    orders = served(chart);
    app.synth();

    expect(annotated(chart, written)).toEqual(objects(chart).map(({ kind }) => kind).sort());
    expect(written.find(({ kind }) => kind === 'VirtualService').spec.http[0].name).toBe('late');
  });

  test('by a check that patches', () => {
    const app = new App({ outdir });
    const chart = new LateChart(app, 'shop', { namespace: 'shop' });
    const orders = served(chart);
    app.node.addValidation({
      validate: () => {
        ApiObject.of(orders.workload).addJsonPatch(JsonPatch.add('/metadata/labels/checked', 'yes'));
        return [];
      },
    });
    app.synth();

    expect(written.find(({ kind }) => kind === 'Deployment').metadata.labels.checked).toBe('yes');
  });

  test('by what is read while another object is written', () => {
    const app = new App({ outdir });
    const chart = new LateChart(app, 'shop', { namespace: 'shop' });
    const orders = served(chart);
    const stock = new MeshService(chart, 'stock', { image: 'ghcr.io/acme/stock:1.0.0', ports: [MeshPort.http(8080)] });
    const annotation = Lazy.any({
      produce: () => {
        [orders, stock].forEach(({ workload }) => ApiObject.of(workload).addJsonPatch(JsonPatch.add('/metadata/labels/read', 'yes')));
        return 'yes';
      },
    });
    orders.workload.podMetadata.addAnnotation('reads', annotation as any);
    app.synth();

    const deployments = written.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata, spec }) => [metadata.labels.read, spec.template.metadata.annotations.reads])).toEqual([['yes', 'yes'], ['yes', undefined]]);
  });
});
