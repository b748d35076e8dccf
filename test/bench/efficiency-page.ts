/** One mesh, with or without the scope of the declared calls. */
export interface Measured {
  readonly services: number;
  readonly scoped: boolean;
  readonly clusters: number;
  readonly listeners: number;
  readonly virtualHosts: number;
  readonly endpoints: number;
  /** Of one full push to one proxy. */
  readonly bytes: number;
  /** What istiod works for that push. */
  readonly pushMilliseconds: number;
  /** Of the proxy, in bytes. */
  readonly memory: number;
  /** To this proxy, when a service changes that it does not call. */
  readonly pushesElsewhere: number;
}

const WIDTH = 760;
const PANEL = { width: 280, height: 180, top: 50, gap: 90, left: 60 };
const LINES = [{ scoped: false, color: '#b3402a', name: 'without scope' }, { scoped: true, color: '#1f6f8b', name: 'with scope' }];

/** Two panels, each a line with and without scope over the number of services. The same figures are the same bytes. */
export function plotOf(results: Measured[]): string {
  const panels = [
    { title: 'configuration of one proxy (KB)', value: (each: Measured) => each.bytes / 1000 },
    { title: 'istiod\'s work for one push to it (ms)', value: (each: Measured) => each.pushMilliseconds },
  ].map(({ title, value }, index) => panelOf(results, title, value, PANEL.left + index * (PANEL.width + PANEL.gap)));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 300" font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${WIDTH}" height="300" fill="#fff"/>`,
    ...panels.flat(),
    ...LINES.flatMap(({ color, name }, index) => [
      `<line x1="${PANEL.left + index * 140}" y1="285" x2="${PANEL.left + 24 + index * 140}" y2="285" stroke="${color}" stroke-width="2"/>`,
      `<text x="${PANEL.left + 30 + index * 140}" y="289">${name}</text>`,
    ]),
    '</svg>',
  ].join('\n')}\n`;
}

function panelOf(results: Measured[], title: string, value: (each: Measured) => number, left: number): string[] {
  const { width, height, top } = PANEL;
  const sizes = [...new Set(results.map(({ services }) => services))].sort((a, b) => a - b);
  const step = niceStep(Math.max(...results.map(value)) / 4);
  const highest = Math.ceil(Math.max(...results.map(value)) / step) * step;
  const x = (services: number) => (left + width * services / sizes.at(-1)!).toFixed(1);
  const y = (amount: number) => (top + height * (1 - amount / highest)).toFixed(1);
  const ticks = Array.from({ length: Math.round(highest / step) + 1 }, (_, index) => index * step);
  return [
    `<text x="${left}" y="30" font-weight="bold">${title}</text>`,
    ...ticks.flatMap(tick => [
      `<line x1="${left}" y1="${y(tick)}" x2="${left + width}" y2="${y(tick)}" stroke="#ddd"/>`,
      `<text x="${left - 6}" y="${y(tick)}" dy="4" text-anchor="end">${Number(tick.toPrecision(6))}</text>`,
    ]),
    ...sizes.map(size => `<text x="${x(size)}" y="${top + height + 18}" text-anchor="middle">${size}</text>`),
    `<text x="${left + width / 2}" y="${top + height + 34}" text-anchor="middle">services in the mesh</text>`,
    ...LINES.flatMap(({ scoped, color }) => {
      const line = results.filter(each => each.scoped === scoped).sort((a, b) => a.services - b.services);
      const points = line.map(each => [x(each.services), y(value(each))]);
      return [
        `<polyline points="${points.map(point => point.join(',')).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
        ...points.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}"/>`),
      ];
    }),
  ];
}

/** 1, 2 or 5 times a power of ten, and no less than asked. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= least)!;
}

export function pageOf(results: Measured[], pushes: number): string {
  const rows = results.map(each => [
    each.services, each.scoped ? 'yes' : 'no', each.clusters, each.listeners, each.virtualHosts, each.endpoints,
    (each.bytes / 1000).toFixed(0), each.pushMilliseconds.toFixed(1), (each.memory / 1e6).toFixed(1), each.pushesElsewhere,
  ]);
  return `# What a mesh costs

A proxy without a scope gets the routes and endpoints of every service of the mesh, and gets them anew when any of them changes. \`calls()\` derives a
\`Sidecar\` for each client that names what it calls. So the scoped size depends on the declared calls, not on the size of the mesh.

![One proxy's configuration and istiod's work for it, over the number of services](efficiency.svg)

| services | scope | clusters | listeners | virtual hosts | endpoints | KB of a full push | istiod's work for it, ms | proxy's memory, MB | pushes for a change elsewhere |
| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map(row => `| ${row.join(' | ')} |`).join('\n')}

## How it was measured

\`npm run bench -- efficiency\` writes this page: the [test cluster](../test/cluster/README.md)'s real API server, istiod and Envoy, on a machine of two cores that had other
work as well. Counts are the same on every machine, and sizes to a hundredth; times are not.

- Every service has one HTTP port, two endpoints, a circuit breaker, and three calls with a timeout and retries. There are 25 services in a namespace.
- One service runs, with its injected proxy: the figures are its proxy's. The others are what istiod knows of them: Service, EndpointSlice and the derived objects.
- "Without" is the same app, all of its Sidecars deleted, and a new pod. Timeouts, policies and circuit breakers stay.
- A full push is every resource that the proxy watches (\`/debug/adsz?push=true\`): the bytes are istiod's \`pilot_xds_config_size_bytes\`, its work \`pilot_xds_push_time\`, each summed over
  the types; the median of ${pushes} pushes. Istiod does that work for every proxy.
- The memory is what Envoy says that it has allocated, programs and pages of the kernel's aside.
- A change elsewhere is a new timeout in a route of another namespace that the proxy's service does not call. Istiod pushes nothing to a proxy whose scope does not have it.
`;
}
