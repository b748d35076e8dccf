#!/usr/bin/env node
// Moves a release by commits on to its next stage, or aborts it, by what Prometheus knows: docs/static-releases.md, "A step of CI".
// It changes the file alone; the step that calls it synthesizes and commits. Exit code 0: the file says what is to be (changed or not); 1: nobody can tell.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    file: { type: 'string', default: 'releases.json' },
    release: { type: 'string' }, // its key in the file
    prometheus: { type: 'string' }, // https://prometheus.example
    alert: { type: 'string' }, // the name of the alert that aborts
    labels: { type: 'string', default: '' }, // which of them: server="orders.shop.svc.cluster.local"
    ready: { type: 'string' }, // a query of a number: the pods that are there
    requests: { type: 'string' }, // a query of a number: what the new version was asked at this stage
    least: { type: 'string', default: '1' }, // how many pods, and how many requests, are enough: 2,500
  },
});

try {
  console.log(await step(options));
} catch (error) {
  console.error(`The release stays as it is: ${error.message}`);
  process.exitCode = 1;
}

async function step({ file, release: key, prometheus, alert, labels, ready, requests, least }) {
  for (const [name, value] of Object.entries({ release: key, prometheus, alert, ready, requests })) {
    if (!value) {
      throw new Error(`--${name} is missing`);
    }
  }
  const [pods, asked = pods] = least.split(',').map(Number);
  if (!(pods > 0 && asked > 0)) {
    throw new Error(`--least must be numbers above 0, got ${least}`);
  }
  const releases = JSON.parse(readFileSync(file, 'utf8'));
  const release = releases[key];
  const last = (release?.stages?.length ?? 0) - 1;
  if (last < 1 || !(release.stage >= 0 && release.stage <= last)) {
    throw new Error(`${file} has no release ${key} with stages and a stage`);
  }
  const save = (change) => {
    Object.assign(release, change);
    writeFileSync(file, `${JSON.stringify(releases, null, 2)}\n`);
  };
  if (release.aborted) {
    return `${key} is aborted: somebody has to look at it`;
  }
  // Silence is good news only of an alert that there is
  await ruled(prometheus, alert, labels);
  const firing = await ask(prometheus, `ALERTS{alertname=${JSON.stringify(alert)},alertstate="firing"${labels && `,${labels}`}}`);
  if (firing.length > 0) {
    save({ aborted: true });
    return `${key} is aborted: ${alert} fires`;
  }
  if (release.stage === last) {
    return `${key} has everything: give the service the new version`;
  }
  const share = release.stages[release.stage];
  const [query, enough, what] = share === 0 ? [ready, pods, 'pods'] : [requests, asked, 'requests'];
  const got = await number(prometheus, query);
  if (!(got >= enough)) {
    return `${key} stays at ${share} percent: ${got} of ${enough} ${what}`;
  }
  save({ stage: release.stage + 1 });
  return `${key} goes on to ${release.stages[release.stage]} percent`;
}

async function ruled(prometheus, alert, labels) {
  const { groups } = await get(prometheus, '/api/v1/rules?type=alert');
  // A label of the rule itself; others come from what it finds
  const asked = [...labels.matchAll(/(\w+)\s*=\s*"([^"]*)"/g)];
  const meant = ({ labels: its = {} }) => asked.every(([, label, value]) => its[label] === undefined || its[label] === value);
  const rules = groups.flatMap(({ rules: all }) => all).filter(rule => rule.name === alert && meant(rule));
  const unwell = rules.find(({ health }) => health !== 'ok');
  if (rules.length === 0 || unwell) {
    throw new Error(unwell ? `the alert ${alert} is not evaluated: ${unwell.lastError ?? unwell.health}` : `Prometheus knows no alert ${alert}${labels && ` with ${labels}`}`);
  }
}

async function number(prometheus, query) {
  const result = await ask(prometheus, query);
  if (result.length > 1) {
    throw new Error(`${query} has ${result.length} results: make it one number`);
  }
  return result.length === 0 ? 0 : Number(result[0].value[1]);
}

async function ask(prometheus, query) {
  const { result } = await get(prometheus, `/api/v1/query?query=${encodeURIComponent(query)}`);
  return result;
}

async function get(prometheus, path) {
  const token = process.env.PROMETHEUS_TOKEN;
  const response = await fetch(new URL(path.slice(1), prometheus.endsWith('/') ? prometheus : `${prometheus}/`), {
    headers: token ? { authorization: `Bearer ${token}` } : {}, signal: AbortSignal.timeout(30_000),
  });
  const { status, data, error } = await response.json();
  if (status !== 'success') {
    throw new Error(`Prometheus answered ${response.status}: ${error}`);
  }
  return data;
}
