import { createHash } from 'node:crypto';
import { DashboardManifest, DataSourceManifest, LinkManifest, PanelManifest } from '../manifests/grafana';

/** Grafana's: as long as it takes to see a change, and no shorter than four readings of the metrics. */
export const WINDOW = '$__rate_interval';

/** The tag by which the dashboards of an app find each other. */
const TAG = 'cdk8s-mesh';

/** The reader's choice of a Prometheus. */
const DATA_SOURCE: DataSourceManifest = { type: 'prometheus', uid: '${datasource}' };

/** A menu of all that bear the tag. */
const LINK: LinkManifest = {
  type: 'dashboards', title: 'Mesh', icon: 'external link', tooltip: '', tags: [TAG], asDropdown: true, targetBlank: false, includeVars: true, keepTime: true,
};

/** That of Grafana 9 and above, which migrate it to their own. */
const SCHEMA_VERSION = 38;

const WIDTH = 24;
const HEIGHT = 8;

/** What can be measured: Grafana's names of units. */
export type Unit = 'reqps' | 'percentunit' | 'ms';

export interface Query {
  readonly expr: string;
  /** How its series are called: `{{label}}` is a label of theirs. */
  readonly legend: string;
}

/** A panel of a section, which has a number of its own: what is added beside leaves the others as they were. */
export interface Section {
  readonly title: string;
  readonly id: number;
  readonly panels: (TextPanel | GraphPanel)[];
}

interface Titled {
  readonly id: number;
  readonly title: string;
}

export interface TextPanel extends Titled {
  readonly markdown: string;
}

export interface GraphPanel extends Titled {
  readonly unit: Unit;
  readonly queries: Query[];
  readonly description: string;
}

export interface Dashboard {
  /** By which its address stays the same: unique in the app. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly sections: Section[];
  /** The data source that is chosen at first. */
  readonly dataSource?: string;
  readonly scrapeIntervalSeconds: number;
}

/** Sections one below the other, their panels side by side. */
export function dashboardOf({ key, title, description, sections, dataSource, scrapeIntervalSeconds }: Dashboard): DashboardManifest {
  let y = 0;
  const panels = sections.flatMap((section): PanelManifest[] => {
    const { id, title: heading } = section;
    const row: PanelManifest = { id, type: 'row', title: heading, gridPos: { x: 0, y, w: WIDTH, h: 1 }, collapsed: false, panels: [] };
    const w = WIDTH / section.panels.length;
    const below = section.panels.map((panel, index) => (
      { ...panelOf(panel, scrapeIntervalSeconds), gridPos: { x: index * w, y: y + 1, w, h: HEIGHT } }));
    y += 1 + HEIGHT;
    return [row, ...below];
  });
  return {
    // At most 40 letters, digits, - and _ (grafana/grafana pkg/util/shortid_generator.go)
    uid: `mesh-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`,
    title,
    description,
    tags: [TAG],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    graphTooltip: 1,
    refresh: '1m',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [{
        type: 'datasource',
        name: 'datasource',
        label: 'Prometheus',
        query: 'prometheus',
        ...(dataSource !== undefined && { current: { selected: true, text: dataSource, value: dataSource } }),
      }],
    },
    annotations: { list: [] },
    links: [LINK],
    panels,
  };
}

function panelOf(panel: TextPanel | GraphPanel, scrapeIntervalSeconds: number): Omit<PanelManifest, 'gridPos'> {
  const { id, title } = panel;
  if ('markdown' in panel) {
    return { id, title, type: 'text', options: { mode: 'markdown', content: panel.markdown } };
  }
  return {
    id,
    title,
    type: 'timeseries',
    description: panel.description,
    datasource: DATA_SOURCE,
    targets: panel.queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      expr,
      legendFormat: legend,
      interval: `${scrapeIntervalSeconds}s`,
      range: true,
      datasource: DATA_SOURCE,
    })),
    fieldConfig: { defaults: { unit: panel.unit, min: 0, custom: { lineWidth: 1, fillOpacity: 10, showPoints: 'never' } }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] }, tooltip: { mode: 'multi', sort: 'desc' } },
  };
}
