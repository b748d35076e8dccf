import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Manifest } from '../../cluster/api/client';
import { BIN } from '../../cluster/machine/container';

/** What a test of `promtool test rules` gives and expects: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ */
export interface RuleCase {
  /** `metric{labels}` and its values, as `0+100x60`. */
  readonly series: { [series: string]: string };
  readonly at: string;
  readonly alert: string;
  /** The labels of each alert that fires. */
  readonly fires: { [label: string]: string }[];
}

/** The rules of PrometheusRules as one file of Prometheus'. */
function writeRules(rules: Manifest[]): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-rules-'));
  const groups = rules.filter(({ kind }) => kind === 'PrometheusRule').flatMap(({ spec }) => spec.groups);
  // What is written for people is none of the tests' business
  groups.forEach(group => group.rules.forEach((rule: Manifest) => { delete rule.annotations; }));
  fs.writeFileSync(path.join(folder, 'rules.yaml'), JSON.stringify({ groups }));
  return folder;
}

/** What promtool has against the rules: nothing, or its words. */
export function checkRules(rules: Manifest[]): string {
  return promtool(['check', 'rules', path.join(writeRules(rules), 'rules.yaml')]);
}

export function testRules(rules: Manifest[], cases: RuleCase[]): string {
  const folder = writeRules(rules);
  const tests = cases.map(({ series, at, alert, fires }) => ({
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: fires.map(labels => ({ exp_labels: labels })) }],
  }));
  fs.writeFileSync(path.join(folder, 'test.yaml'), JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests }));
  return promtool(['test', 'rules', path.join(folder, 'test.yaml')]);
}

/** What a query answers at a time, by the labels of each series. */
export interface QueryCase {
  readonly series: { [series: string]: string };
  readonly at: string;
  readonly expr: string;
  readonly answers: { [labels: string]: number };
}

export function testQueries(cases: QueryCase[]): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-queries-'));
  const tests = cases.map(({ series, at, expr, answers }) => ({
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [{ expr, eval_time: at, exp_samples: Object.entries(answers).map(([labels, value]) => ({ labels, value })) }],
  }));
  fs.writeFileSync(path.join(folder, 'test.yaml'), JSON.stringify({ rule_files: [], evaluation_interval: '1m', tests }));
  return promtool(['test', 'rules', path.join(folder, 'test.yaml')]);
}

function promtool(args: string[]): string {
  try {
    execFileSync(`${BIN}/promtool`, args, { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}` || String(error);
  }
}
