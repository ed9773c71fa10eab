/** The daemon cannot start, for a reason a person can fix: its message is the one line to show. */
export class StartRefusal extends Error {}
