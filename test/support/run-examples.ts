import * as cdk8s from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import * as ts from 'typescript';
import { programOf } from './page-examples';
import * as mesh from '../../src';

const MODULES: { [name: string]: unknown } = { 'cdk8s': cdk8s, 'cdk8s-mesh': mesh, 'cdk8s-plus-28': kplus };

/**
 * Runs examples of a page one after the other in an app. Each is a block of its own that sees what the ones before it have made.
 *
 * @param chart is what they call so.
 */
export function runExamples(examples: string[], app: cdk8s.App, chart: cdk8s.Chart): void {
  const body = examples.reduceRight((after, code) => `${code}\n{\n${after}\n}`, '');
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS };
  const { outputText } = ts.transpileModule(programOf(body), { compilerOptions: options });
  // What the fixture declares besides an app and a chart the examples make themselves
  new Function('require', 'exports', 'app', 'chart', `${outputText}\nsnippet();`)((name: string) => MODULES[name], {}, app, chart);
}
