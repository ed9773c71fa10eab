/** The daemon cannot start, for a reason a person can fix: its message is the one line to show. */
export class StartRefusal extends Error {}

/** The daemon cannot start, because its configuration, with all files of it, cannot be used: trying again does not help. */
export class ConfigurationRefusal extends StartRefusal {}
