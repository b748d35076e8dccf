import { cdk8s, DependencyType, javascript, JsonFile } from 'projen';

const project = new cdk8s.ConstructLibraryCdk8s({
  name: 'cdk8s-mesh',
  description: 'A service mesh as typed constructs: services, releases, zero-trust namespaces and chaos drills, synthesized by cdk8s into Kubernetes, Istio and Litmus YAML.',
  author: 'The cdk8s-mesh authors',
  authorAddress: 'cdk8s-mesh@users.noreply.github.com',
  repositoryUrl: 'https://github.com/cdk8s-mesh/cdk8s-mesh.git',
  license: 'Apache-2.0',
  copyrightOwner: 'The cdk8s-mesh authors',
  keywords: ['cdk8s', 'kubernetes', 'istio', 'service-mesh', 'canary', 'zero-trust', 'chaos-engineering', 'litmus'],
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.16.0',
  cdk8sVersion: '2.70.106',
  constructsVersion: '10.8.1',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  peerDeps: ['cdk8s-plus-28@^2.5.6'],
  peerDependencyOptions: { pinnedDevDependency: false },
  bundledDeps: ['cron-validator@^1', 'fastest-levenshtein@^1', 'ipaddr.js@^2', 're2js@^2'],
  devDeps: ['@kubernetes/client-node@^1.4', '@types/node@^20', '@viz-js/viz@^3', 'cdk8s@2.70.106', 'cdk8s-cli@2.207.60', 'cdk8s-plus-28@2.5.6', 'constructs@10.8.1', 'dependency-cruiser@^17', 'fast-check@^4', 'yaml@^2.9'],
  jestOptions: {
    jestVersion: '^30',
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: { testMatch: ['<rootDir>/test/**/*.test.ts'], collectCoverage: false },
  },
  github: false,
  release: false,
  depsUpgrade: false,
  projenrcTs: true,
  gitignore: ['/.jsii.tabl.json', '/examples/*/dist/', '/test/conformance/results/'],
});

// The oldest that works; what this project itself is made with is newer (npm run try has both)
for (const peer of ['cdk8s@^2.69.0', 'constructs@^10.3.0']) {
  project.deps.removeDependency(peer.split('@')[0], DependencyType.PEER);
  project.deps.addDependency(peer, DependencyType.PEER);
}
project.compileTask.reset('jsii --silence-warnings=reserved-word --silence-warnings=metadata/missing-dev-dependency');

['/.ci/', '/examples/*/dist/', '/examples/synthesize.ts', '/rosetta/', '/.dependency-cruiser.json'].forEach(path => project.npmignore?.exclude(path));

const prepack = project.addTask('prepack', { description: 'Makes ready what npm packs' });
prepack.spawn(project.compileTask);
// What is internal is no part of the types that a user sees; jsii has no option for it
prepack.exec('tsc -p tsconfig.json --emitDeclarationOnly --stripInternal');
// npm packs the bundled dependencies whole: of re2js one build is enough, and another one brings its tests
prepack.exec('rm -rf re2js/build/index.js re2js/build/index.d.ts re2js/build/index.umd.js fastest-levenshtein/esm'
  + ' fastest-levenshtein/test.* fastest-levenshtein/bench.js fastest-levenshtein/.[a-z]*', { cwd: 'node_modules' });

// Lets the examples import the package by its name, as a user's project does
project.package.addField('exports', { '.': './lib/index.js', './package.json': './package.json', './.jsii': './.jsii' });

// Of 1.13.0 not every platform's binary can be had, and npm ci refuses a lock file without them
project.package.addField('overrides', { 'unrs-resolver': '1.12.2' });

// ------------------------------------------------------------------ the house

const DIAGNOSTICS = 'diagnostics';
const MANIFESTS = 'manifests';
const FOUNDATION = [DIAGNOSTICS, MANIFESTS];
const VALUES = [...FOUNDATION, 'traffic', 'workload'];
const ABOVE = [...VALUES, 'graph', 'routing', 'access', 'mesh'];
const LAYERS: { [folder: string]: string[] } = {
  [DIAGNOSTICS]: [],
  [MANIFESTS]: [],
  'traffic': FOUNDATION,
  'workload': FOUNDATION,
  'graph': VALUES,
  'routing': [...VALUES, 'graph'],
  'access': [...VALUES, 'graph'],
  'mesh': [...VALUES, 'graph', 'routing', 'access'],
  'release': ABOVE,
  'zero-trust': ABOVE,
  'telemetry': ABOVE,
  'chaos': ABOVE,
  'filters': ABOVE,
};

/** The rooms of the test cluster, and what each imports from: its readme says what they hold. */
const ROOMS: { [folder: string]: string[] } = {
  'machine': [],
  'api': ['machine'],
  'programs': ['machine'],
  'checks': ['machine', 'api', 'programs'],
  'kinds': ['machine', 'api'],
  'network': ['machine', 'api', 'programs'],
  'control-plane': ['machine', 'api', 'programs', 'network'],
  'pods': ['machine', 'api', 'programs', 'network', 'control-plane'],
  'releases': ['machine', 'api', 'network', 'pods'],
};

new JsonFile(project, '.dependency-cruiser.json', {
  obj: {
    forbidden: [
      { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
      { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: ['src/index.ts$'] }, to: {} },
      ...Object.entries(LAYERS).map(([folder, below]) => ({
        name: `${folder}-looks-down`,
        comment: `src/${folder} may import from ${[folder, ...below].join(', ')} alone`,
        severity: 'error',
        from: { path: `^src/${folder}/` },
        to: { path: '^src/', pathNot: [folder, ...below].map(allowed => `^src/${allowed}/`) },
      })),
      ...Object.entries(ROOMS).map(([folder, below]) => ({
        name: `cluster-${folder}-looks-down`,
        comment: `test/cluster/${folder} may import from ${[folder, ...below].join(', ')} alone`,
        severity: 'error',
        from: { path: `^test/cluster/${folder}/`, pathNot: '[.](test|conformance)[.]ts$' },
        to: { path: '^test/cluster/', pathNot: [folder, ...below].map(allowed => `^test/cluster/${allowed}/`) },
      })),
    ],
    options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } },
  },
  marker: false,
});

// ------------------------------------------------------------------- the tasks

project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');

const snippets = project.addTask('snippets', {
  description: 'Compiles every example of the docstrings and the README',
  exec: 'jsii-rosetta extract --compile --fail',
});
project.postCompileTask.spawn(snippets);

const house = project.addTask('house', { description: 'Checks the direction of the imports', exec: 'depcruise src test/cluster' });
const types = project.addTask('types', { description: 'Checks the types of the tests', exec: 'tsc -p test/tsconfig.json --noEmit' });
project.testTask.prependSpawn(types);
project.testTask.prependSpawn(house);
project.testTask.prependSpawn(snippets);
project.testTask.prependSpawn(project.compileTask); // some tests use the package as its users do

const example = project.addTask('example', { description: 'Synthesizes the examples and says what they became' });
example.spawn(project.compileTask);
example.exec('ts-node --transpile-only examples/synthesize.ts', { receiveArgs: true });

project.addTask('try', {
  description: 'Does what the README says with the packed package in an empty folder',
  exec: 'ts-node --transpile-only -P test/tsconfig.json test/package/try.ts',
});

project.addTask('bench', {
  description: 'Measures synthesis against bare ApiObjects; with "efficiency" what a mesh costs its proxies and istiod',
  steps: [
    { spawn: project.compileTask.name },
    { exec: 'ts-node --transpile-only -P test/tsconfig.json test/bench/run.ts', receiveArgs: true },
  ],
});

project.addTask('conformance', {
  description: 'Verifies what is synthesized on a real API server, istiod and Envoy',
  steps: [
    { spawn: project.compileTask.name },
    { exec: 'ts-node --transpile-only -P test/tsconfig.json test/cluster/run.ts', receiveArgs: true },
  ],
});

project.addTask('cluster', {
  description: 'Runs a mesh by hand: up DIST..., pods, send, logs, config, down',
  exec: 'ts-node --transpile-only -P test/tsconfig.json test/cluster/cli/cli.ts',
  receiveArgs: true,
});

project.addTask('docs:errors', {
  description: 'Writes docs/errors.md from the table of error codes',
  exec: 'ts-node --transpile-only test/support/errors-page.ts',
});

project.addTask('docs:picture', {
  description: 'Draws docs/shop.svg from the YAML of examples/shop',
  steps: [
    { spawn: 'example' },
    { exec: 'ts-node --transpile-only -P test/tsconfig.json test/support/example-picture.ts' },
  ],
});

project.addTask('docs:verification', {
  description: 'Writes docs/verification.md from the reports of the latest runs',
  exec: 'ts-node --transpile-only -P test/tsconfig.json test/conformance/support/verification-page.ts',
});

project.synth();
