import type { Config } from '../../config/schema.ts';
import type { Environment } from '../environment.ts';

/** The result of one check: fine, worth a note, or a problem. */
export interface CheckResult {
  readonly verdict: 'fine' | 'note' | 'bad';
  readonly subject: string;
  /** What was found. */
  readonly message: string;
  /** What to do about it, safe to follow to the letter. Absent if nothing has to be done, or the message says it. */
  readonly cure?: string;
}

/** A result as one line for a person, without its verdict. */
export function resultText({ subject, message, cure }: CheckResult): string {
  return `${subject}: ${message}${cure === undefined ? '' : `: ${cure}`}`;
}

/** The input of the requirements. */
export interface RequirementContext {
  readonly config: Config;
  /** The file that the configuration was read from; null for none. */
  readonly file: string | null;
  readonly environment: Environment;
}

/** A condition that must hold for the daemon to do its work. */
export interface Requirement {
  /** What the daemon does without it. `start`: it fails to start. `report`: it starts, and logs what is missing. */
  readonly without: 'start' | 'report';
  readonly examine: (context: RequirementContext) => Promise<readonly CheckResult[]>;
}
