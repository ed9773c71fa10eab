/** The variable parts of the lines for a shell. */
export interface ShellParts {
  /** The folder for notices and for the registration of shells; private to the user. */
  readonly folder: string;
  /** The command that follows the feed for all shells of the user. */
  readonly follower: readonly string[];
}

/** Redirections of the follower, in the syntax of sh. It outlives this shell: a lock or a pipe among the inherited descriptors would be held for as long. */
export const DETACHED = '</dev/null >/dev/null 2>&1 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-';
