// What is verified on a real mesh: `npm run conformance` starts one and runs these tests beside it.
module.exports = {
  rootDir: '../..',
  testMatch: ['<rootDir>/test/conformance/**/*.conformance.ts', '<rootDir>/test/cluster/**/*.conformance.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.json', diagnostics: false }] },
  testSequencer: '<rootDir>/test/conformance/sequencer.js',
  testTimeout: 900_000,
  slowTestThreshold: 600,
  reporters: ['default', ['jest-junit', { outputDirectory: 'test-reports', outputName: 'conformance.xml', suiteNameTemplate: '{filepath}' }]],
};
