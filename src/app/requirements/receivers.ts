import { inspectReceivers } from './receiver-inspection.ts';
import type { Requirement } from './requirement.ts';

/** Receivers whose URLs, secrets and templates can be used. A file that is missing may come later: it is read anew for each message. */
export const receivers: Requirement = {
  without: 'report',
  examine: ({ config, file, environment }) => inspectReceivers(config, file, environment),
};
