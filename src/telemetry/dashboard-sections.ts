import { GraphPanel, Query, Section, WINDOW } from './panels';
import { CONNECTIONS, droppedOf, requestsOfStrangers } from './refusal-rules';
import { Call, Member } from '../graph/call';
import { failureRate, Labels, oneOf, quantile, rate, requestsOf, requestsTo } from '../graph/request-metrics';

/** By which a client is known in the view of its own proxy. */
const CLIENT = ['source_workload_namespace', 'source_canonical_service'];

const SERVER = ['destination_service'];

/** Who asks a service, and what becomes of it. */
export function askedSection(hosts: string[]): Section {
  return {
    title: `Who asks ${hosts[0]}`,
    id: 100,
    panels: measured(101, requestsTo(hosts), CLIENT, 'As the clients\' proxies count them.'),
  };
}

/** By the servers' own proxies: a client need not know which version it has met. Of a controller's old and new pods the Services alone tell, which clients know. */
export function versionsSection(hosts: string[]): Section {
  const title = 'Versions side by side';
  return hosts.length === 1
    ? { title, id: 200, panels: measured(201, { reporter: 'destination', destination_service: hosts[0] }, ['destination_canonical_revision'], 'As the proxies of the pods count them.') }
    : { title, id: 200, panels: measured(201, requestsTo(hosts), SERVER, 'As the clients\' proxies count them: the Services of old and new pods.') };
}

/** What a workload calls, or a gateway lets in. */
export function callsSection(client: Member, hosts: string[]): Section {
  return {
    title: client.gateway ? 'What it lets in' : 'What it calls',
    id: 300,
    panels: measured(301, requestsOf(client, oneOf(hosts)), SERVER, 'As declared. What is called but not declared is among the refused.'),
  };
}

/** To a client's proxy all that lies behind an egress gateway is the gateway, which counts for all of its clients. */
export function throughSection(gateways: { readonly name: string; readonly namespace: string }[], hosts: string[]): Section {
  const labels = {
    reporter: 'source',
    source_workload_namespace: oneOf([...new Set(gateways.map(({ namespace }) => namespace))]),
    source_canonical_service: oneOf([...new Set(gateways.map(({ name }) => name))]),
    destination_service: oneOf(hosts),
  };
  return {
    title: 'What is called through a gateway', id: 310, panels: measured(311, labels, SERVER, 'As the gateway counts it, for whomever it goes on: other clients too.'),
  };
}

export function servicesSection(hosts: string[]): Section {
  return { title: 'Services', id: 400, panels: measured(401, { reporter: 'source', destination_service: oneOf(hosts) }, SERVER, 'As their clients\' proxies count them.') };
}

export function gatewaysSection(namespace: string, names: string[]): Section {
  const labels = { reporter: 'source', source_workload_namespace: namespace, source_canonical_service: oneOf(names) };
  return { title: 'Gateways', id: 500, panels: measured(501, labels, ['source_canonical_service'], 'What they have led to a service. What no service is exposed for is not among it.') };
}

export function outsideSection(namespace: string, hosts: string[]): Section {
  const labels = { reporter: 'source', source_workload_namespace: namespace, destination_service: oneOf(hosts) };
  return { title: 'Outside', id: 600, panels: measured(601, labels, SERVER, 'What the namespace\'s workloads call outside of the mesh, with requests.') };
}

/** Of one workload. */
export function refusedSection(client: Member, incoming: Call[], hosts?: string[]): Section | undefined {
  const strangers = hosts === undefined ? undefined : requestsOfStrangers(hosts, incoming);
  return refused([
    ...(strangers ? [panel(701, 'Asked by whom no call declares', 'reqps', [
      { expr: rate(strangers, WINDOW, ['source_principal']), legend: '{{source_principal}}' },
    ], 'The server\'s proxy has refused them.')] : []),
    ...(hosts === undefined ? [] : [denied({ reporter: 'destination', destination_service: oneOf(hosts) }, CLIENT)]),
    ...dropped(droppedOf(client), ['source_canonical_service']),
  ]);
}

/** Of all of a namespace's. */
export function refusedInSection(namespace: string, hosts: string[], names: string[]): Section | undefined {
  return refused([
    ...(hosts.length === 0 ? [] : [denied({ reporter: 'destination', destination_service: oneOf(hosts) }, SERVER)]),
    ...(names.length === 0 ? [] : dropped({
      reporter: 'source', source_workload_namespace: namespace, source_canonical_service: oneOf(names), destination_service_name: 'BlackHoleCluster',
    }, ['source_canonical_service'])),
  ]);
}

function refused(panels: GraphPanel[]): Section | undefined {
  return panels.length === 0 ? undefined : { title: 'Refused', id: 700, panels };
}

function denied(labels: Labels, by: string[]): GraphPanel {
  const answers = { expr: rate({ ...labels, response_code: '=~401|403' }, WINDOW, [...by, 'response_code']), legend: `${legendOf(by)} {{response_code}}` };
  // UNAUTHENTICATED and PERMISSION_DENIED, which come with an HTTP code of 200
  const statuses = rate({ ...labels, grpc_response_status: '=~7|16' }, WINDOW, [...by, 'grpc_response_status']);
  return panel(702, 'Answers of 401 and 403, over gRPC 7 and 16', 'reqps', [
    answers, { expr: statuses, legend: `${legendOf(by)} gRPC {{grpc_response_status}}` },
  ], 'Of the proxy or of the program: the access log tells them apart.');
}

function dropped(labels: Labels | undefined, by: string[]): GraphPanel[] {
  return labels === undefined ? [] : [panel(703, 'Calls that are not declared', 'reqps', [
    { expr: rate(labels, WINDOW, by), legend: `${legendOf(by)} requests` },
    { expr: rate(labels, WINDOW, by, CONNECTIONS), legend: `${legendOf(by)} connections` },
  ], 'The client\'s own proxy has dropped them: it knows no way there.')];
}

/** Rate, errors and duration of some requests. */
function measured(id: number, labels: Labels, by: string[], counted: string): GraphPanel[] {
  const legend = legendOf(by);
  return [
    panel(id, 'Requests', 'reqps', [{ expr: rate(labels, WINDOW, by), legend }], counted),
    panel(id + 1, 'Failed', 'percentunit', [
      { expr: `(${failureRate(labels, WINDOW, by)}) / (${rate(labels, WINDOW, by)} > 0)`, legend },
    ], 'The share without an answer, or with one of 500 and above, over gRPC 2, 4, 13, 14 and 15.'),
    panel(id + 2, 'Latency', 'ms', [50, 99].map(percent => (
      { expr: quantile(percent / 100, labels, WINDOW, by), legend: `${legend} p${percent}` }
    )), 'Of what has not failed, WebSockets aside: half of it, and 99 of a hundred, took no longer.'),
  ];
}

function panel(id: number, title: string, unit: GraphPanel['unit'], queries: Query[], description: string): GraphPanel {
  return { id, title, unit, queries, description };
}

function legendOf(by: string[]): string {
  return by.map(label => `{{${label}}}`).join('/');
}
