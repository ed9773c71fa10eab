import type { Config } from '../../config/schema.ts';
import type { ReadFile } from '../../core/file.ts';
import { OPEN_POLICY, type PolicySource } from '../../http/access/policy.ts';
import { StartRefusal } from '../start-refusal.ts';
import { safetyProblem } from './listen.ts';
import { WebPolicyFile } from './web-policy.ts';

/** What is done with the news of a web config file. */
export interface WebFileObserver {
  readonly onLoaded: () => void;
  readonly onFailed: (problem: string) => void;
}

/** Gives the policy of a configuration. Rejects with a {@link StartRefusal} if its web config file cannot be used, or is not enough for its address. */
export async function openPolicy(
  { config: { file: path }, ...web }: Config['web'],
  readFile: ReadFile,
  observer: WebFileObserver,
): Promise<PolicySource> {
  if (path !== null) {
    const options = { path, readFile, problemOf: safetyProblem.bind(null, web), ...observer };
    return (await WebPolicyFile.open(options)).policy;
  }
  const problem = safetyProblem(web, OPEN_POLICY);
  if (problem !== null) throw new StartRefusal(problem);
  return () => OPEN_POLICY;
}
