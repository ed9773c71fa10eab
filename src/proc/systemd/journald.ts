import { answerOf, type RunCommand } from '../command/command.ts';

/** An entry of systemd's journal. Fields that begin with `_` are set by journald itself and can be trusted. */
export interface JournalEntry {
  readonly message: string;
  readonly messageId: string | null;
  readonly transport: string | null;
  /** The unit of the process that wrote it. */
  readonly fromUnit: string | null;
}

const FIELDS = ['MESSAGE', 'MESSAGE_ID', '_TRANSPORT', '_SYSTEMD_UNIT'];

/** Maximum number of entries: more than a dump of the OOM killer on a large machine. */
const MOST_ENTRIES = 10_000;

/** Reads the entries since `since` (Unix milliseconds) that match one of the `groups` of terms `FIELD=value`; null if the journal cannot be read. Entries that we may not read are missing silently. */
export async function readJournal(
  run: RunCommand,
  since: number,
  groups: readonly (readonly string[])[],
): Promise<readonly JournalEntry[] | null> {
  const matches = groups.flatMap((terms, index) => (index === 0 ? terms : ['+', ...terms]));
  const options = ['--quiet', '--no-pager', '--output=json', `--output-fields=${FIELDS.join(',')}`];
  const bounds = [`--since=@${Math.floor(since / 1000)}`, `--lines=${MOST_ENTRIES}`];
  const text = await answerOf(run, 'journalctl', [...options, ...bounds, ...matches]);
  return text === null ? null : parseJournal(text);
}

/** Parses the output of `journalctl --output=json`, one object per line. Other lines are skipped. */
export function parseJournal(text: string): readonly JournalEntry[] {
  return text.split('\n').flatMap((line) => {
    const fields = fieldsOf(line);
    return fields ? [entryOf(fields)] : [];
  });
}

function entryOf(fields: Readonly<Record<string, unknown>>): JournalEntry {
  return {
    message: fieldText(fields['MESSAGE']) ?? '',
    messageId: fieldText(fields['MESSAGE_ID']),
    transport: fieldText(fields['_TRANSPORT']),
    fromUnit: fieldText(fields['_SYSTEMD_UNIT']),
  };
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The text of a field. If it is not UTF-8, journalctl prints it as an array of bytes. */
function fieldText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? Buffer.from(value.map(Number)).toString('utf8') : null;
}
