import { readTokens } from '../web/token-files.ts';
import type { CheckResult, Requirement } from './requirement.ts';

/** Token files that can be used. The daemon starts without, because they are read again at each login. */
export const webTokens: Requirement = {
  without: 'report',
  examine: async ({ config, environment }) => {
    const results: CheckResult[] = [];
    await readTokens(config.web.tokens, environment.readFile, (message) =>
      results.push({ verdict: 'bad', subject: 'token', message }),
    );
    return results;
  },
};
