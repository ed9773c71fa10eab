/** The daemon cannot start, for a reason that a person can fix. The message is the one line to show. */
export class StartRefusal extends Error {}
