import type { Config } from '../../config/schema.ts';
import type { ReadFile } from '../../core/file.ts';
import { OPEN_POLICY, type PolicySource, type WebPolicy } from '../../http/access/policy.ts';
import { ConfigurationRefusal } from '../start-refusal.ts';
import { WebPolicyFile } from './web-policy.ts';

/** Callbacks for changes of a web config file. */
export interface WebFileObserver {
  readonly onLoaded: () => void;
  readonly onFailed: (problem: string) => void;
}

/** Creates the policy source of a configuration. `problemOf` returns why a policy must not be in force. Rejects with a {@link ConfigurationRefusal} if its web config file cannot be used, or the policy must not be in force. */
export async function openPolicy(
  { config: { file: path } }: Config['web'],
  readFile: ReadFile,
  problemOf: (policy: WebPolicy) => string | null,
  observer: WebFileObserver,
): Promise<PolicySource> {
  if (path !== null) return (await WebPolicyFile.open({ path, readFile, problemOf, ...observer })).policy;
  const problem = problemOf(OPEN_POLICY);
  if (problem !== null) throw new ConfigurationRefusal(problem);
  return () => OPEN_POLICY;
}
