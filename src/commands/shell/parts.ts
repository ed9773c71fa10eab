/** What the start file of a shell is made of. */
export interface ShellParts {
  /** Where notices are left, and shells register: of the user alone. */
  readonly folder: string;
  /** The command that follows the feed for all shells of the user. */
  readonly follower: readonly string[];
}
