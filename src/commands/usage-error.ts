/** Thrown for wrong usage of a command. The message says what was expected and what was found. */
export class UsageError extends Error {}
