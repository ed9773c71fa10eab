import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testSequencer: '<rootDir>/test/support/run/sequencer.ts',
  globalSetup: '<rootDir>/test/support/run/run-begin.ts',
  globalTeardown: '<rootDir>/test/support/run/run-end.ts',
  setupFiles: ['<rootDir>/test/support/run/fixed-seed.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/run/end-children.ts'],
  // Most tests wait for something: two at a time keep two cores busy.
  maxWorkers: 2,
  testTimeout: 60_000,
};

export default config;
