import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import { declaredProviders } from './provider';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';

/**
 * Properties of `ExtensionProviders`.
 */
export interface ExtensionProvidersProps {
  /**
   * The file, from the folder in which the app runs: `installation/providers.yaml`.
   */
  readonly file: string;
}

/**
 * What the installation of the mesh has to know of this app's telemetry, written into a file at synth: `meshConfig.extensionProviders`, as values of
 * Istio's Helm chart (`helm upgrade istiod istio/istiod --reuse-values -f installation/providers.yaml`), or below `spec` of an IstioOperator. A list of values
 * replaces another: whoever installs the mesh puts those of all its apps into one. Until it knows a provider, istiod sends nothing there.
 *
 * The file is written when nothing is wrong: the same app writes the same bytes.
 *
 * Throws `InvalidPath`, `DuplicateName`, and at synth `IneffectiveTelemetry` if the app needs no provider.
 *
 * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider
 *
 * @example
 * const collector = new ExistingWorkload(app, 'collector', {
 *   namespace: 'observability', podLabels: { app: 'otel-collector' }, service: 'otel-collector', ports: [MeshPort.grpc(4317)], inMesh: false,
 * });
 * new MeshTelemetry(chart, 'telemetry', { tracing: Tracing.otlp(collector) });
 * new ExtensionProviders(app, 'providers', { file: 'installation/providers.yaml' });
 */
@checked
export class ExtensionProviders extends Construct {
  constructor(scope: Construct, id: string, { file }: ExtensionProvidersProps) {
    super(scope, id);
    const site = Site.of(this, 'file');
    if (!/[^/]\.ya?ml$/.test(file)) {
      site.fail('InvalidPath', 'must be a file of YAML', file, 'End its name in .yaml: installation/providers.yaml.');
    }
    const { outdir } = App.of(this);
    if (outdir !== undefined && !path.relative(outdir, file).startsWith('..')) {
      site.fail('InvalidPath', `must be outside of ${outdir}, where what is applied to the cluster is written`, file, 'Choose a folder of its own: installation/providers.yaml.');
    }
    const graph = MeshGraph.of(this);
    graph.claim(site, ['file'], '', path.resolve(file), this.node.path);
    graph.check(() => declaredProviders(this).length > 0 ? [] : [site.problem(
      'IneffectiveTelemetry', 'would be empty: nothing of this app needs a provider', file, 'Leave it out, or add a MeshTelemetry that sends something somewhere.')]);
    graph.whenValid(() => {
      fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
      fs.writeFileSync(file, Yaml.stringify({ meshConfig: { extensionProviders: declaredProviders(this) } }));
    });
  }
}
