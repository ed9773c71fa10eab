import { inspectReceivers } from './receiver-inspection.ts';
import type { Requirement } from './requirement.ts';

/** Receivers whose URLs, secrets and templates can be used. The daemon starts without a missing file, because files are read again for each message. */
export const receivers: Requirement = {
  without: 'report',
  examine: ({ config, file, environment }) => inspectReceivers(config, file, environment),
};
