import { cdk8s, javascript } from 'projen';

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
  devDeps: ['@types/node@^20', 'cdk8s-cli@2.207.60', 'fast-check@^4', 'dependency-cruiser@^17', 'yaml@^2.9', '@kubernetes/client-node@^1.4'],
  bundledDeps: ['re2js@^2'],
  jestOptions: { jestVersion: '^30', updateSnapshot: javascript.UpdateSnapshot.NEVER },
  github: false,
  release: false,
  depsUpgrade: false,
  projenrcTs: true,
  gitignore: ['/examples/*/dist/'],
});

// Lets the examples import the package by its name, as a user's project does
project.package.addField('exports', { '.': './lib/index.js', './package.json': './package.json', './.jsii': './.jsii' });

project.synth();
