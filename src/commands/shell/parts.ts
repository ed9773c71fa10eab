/** The variable parts of the lines for a shell. */
export interface ShellParts {
  /** The folder for notices and for the registration of shells; private to the user. */
  readonly folder: string;
  /** The command that follows the feed for all shells of the user. */
  readonly follower: readonly string[];
}
