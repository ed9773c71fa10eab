/** The content of a file, or why it was not read. */
export type FileReading =
  | {
      readonly kind: 'read';
      readonly text: string;
      /** The permission bits. */
      readonly mode: number;
    }
  /** `problem` is text that follows the path: `is not a regular file`. */
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Reads a regular file of at most `mostBytes` within a deadline. It never rejects. */
export type ReadFile = (path: string, mostBytes: number) => Promise<FileReading>;

/** The permission bits of a mode for a person: `0640`. */
export function modeText(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

/** Makes a folder and those above it, if they do not exist. Throws the error of the system. */
export type MakeFolder = (path: string) => void;

/** What `stat` says about the identity of a file. */
interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** 0 if the file system does not record it. */
  readonly birthtimeNs: bigint;
}

/** A key that identifies a file on this machine, whatever paths lead to it. File systems give the number of a deleted file to the next one; only the time of birth tells them apart. */
export function fileKey({ dev, ino, birthtimeNs }: FileIdentity): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}
