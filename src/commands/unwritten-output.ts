/** A text could not be written to stdout. The process reports that in one place, except for a reader that left: it has what it wanted. */
export class UnwrittenOutput extends Error {
  readonly hasReaderLeft: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super(cause.message, { cause });
    this.hasReaderLeft = cause.code === 'EPIPE';
  }
}
