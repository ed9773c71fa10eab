/** A command that was given something it cannot use. The message says what, and what was expected. */
export class UsageError extends Error {}
