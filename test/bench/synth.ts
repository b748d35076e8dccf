import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ApiObject, App, Chart, Duration } from 'cdk8s';
import { CallChain, CanaryRelease, CircuitBreaker, MeshPort, MeshService, Retries, RouteMatch, StringMatch } from 'cdk8s-mesh';

/**
 * What the constructs cost: meshes of growing size against the very same objects written as bare ApiObjects, from an
 * empty program to the file, in one run. Each figure is the least of several rounds, taken in turns.
 */
const SIZES: { services: number; rounds: number }[] = [{ services: 100, rounds: 9 }, { services: 1000, rounds: 11 }, { services: 5000, rounds: 2 }];

/** `npm run bench -- synth 1000` measures one size. */
const asked = process.argv.slice(2).map(Number);
const measured = asked.length > 0 ? SIZES.filter(({ services }) => asked.includes(services)) : SIZES;

function mesh(chart: Chart, count: number): void {
  const services = Array.from({ length: count }, (_, index) => new MeshService(chart, `service-${index}`, {
    image: `ghcr.io/acme/service-${index}:1.0.0`,
    ports: [MeshPort.http(8080)],
    circuitBreaker: CircuitBreaker.consecutiveErrors(5),
  }));
  services.forEach((service, index) => {
    service.calls(services[(index + 1) % count], { paths: ['/a', '/b/*'], timeout: Duration.seconds(2), retries: Retries.upTo(2), chain: CallChain.alone() });
    service.calls(services[(index + 7) % count], { methods: ['GET'] });
    new CanaryRelease(chart, `release-${index}`, {
      service, image: `ghcr.io/acme/service-${index}:2.0.0`, stages: [0, 10, 100], stage: 1, match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
    });
  });
}

function bare(chart: Chart, manifests: any[]): void {
  manifests.forEach((manifest, index) => new ApiObject(chart, `object-${index}`, manifest));
}

function synthesize(build: (chart: Chart) => void): { seconds: number; manifests: any[] } {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-bench-'));
  (global as { gc?: () => void }).gc?.();
  try {
    const start = process.hrtime.bigint();
    const app = new App({ outdir });
    const chart = new Chart(app, 'bench', { namespace: 'bench' });
    build(chart);
    app.synth();
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    return { seconds, manifests: chart.toJson() };
  } finally {
    fs.rmSync(outdir, { recursive: true });
  }
}

function column(...cells: (string | number)[]): string {
  return cells.map(cell => String(cell).padStart(12)).join('');
}

console.log(column('services', 'objects', 'mesh s', 'bare s', 'ratio', 'ms/service', 'growth'));
let smallest: number | undefined;
synthesize(chart => mesh(chart, 100)); // warms the compiler up
for (const { services, rounds } of measured) {
  const ours: number[] = [];
  const theirs: number[] = [];
  let objects = 0;
  for (let round = 0; round < rounds; round++) {
    const { seconds, manifests } = synthesize(chart => mesh(chart, services));
    ours.push(seconds);
    theirs.push(synthesize(chart => bare(chart, manifests)).seconds);
    objects = manifests.length;
  }
  const [a, b] = [Math.min(...ours), Math.min(...theirs)];
  const each = (a / services) * 1000;
  smallest ??= each;
  console.log(column(services, objects, a.toFixed(2), b.toFixed(2), (a / b).toFixed(2), each.toFixed(2), `${((each / smallest - 1) * 100).toFixed(0)}%`));
}
console.log('\nAim: a ratio of at most 1.25, and at 5,000 services a cost per service within 10% of that at 100.');
