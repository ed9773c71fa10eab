/** What a file holds, or why it was not read. */
export type FileReading =
  | {
      readonly kind: 'read';
      readonly text: string;
      /** The permission bits. */
      readonly mode: number;
    }
  /** In words that follow the path: `is not a regular file`. */
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Reads a regular file of at most `mostBytes` within a deadline. It never rejects. */
export type ReadFile = (path: string, mostBytes: number) => Promise<FileReading>;

/** Makes a folder and those above it, if they do not exist. Throws the error of the system. */
export type MakeFolder = (path: string) => void;

/** What tells a file apart from all others on this machine, whatever paths lead to it: as long as it exists, or is held. */
export function fileKey({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}
