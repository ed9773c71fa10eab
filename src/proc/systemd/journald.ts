import { answerOf, type RunCommand } from '../command/command.ts';

/** An entry of systemd's journal. Names with `_` are of journald itself, and trusted. */
export interface JournalEntry {
  readonly message: string;
  readonly messageId: string | null;
  readonly transport: string | null;
  /** Unit whose process wrote it. */
  readonly fromUnit: string | null;
}

const FIELDS = ['MESSAGE', 'MESSAGE_ID', '_TRANSPORT', '_SYSTEMD_UNIT'];

/** More than a dump of the OOM killer on a large machine has. */
const MOST_ENTRIES = 10_000;

/** Reads the entries since `since`, Unix milliseconds, that match one of the `groups` of terms `FIELD=value`; null where the journal cannot be asked. What we may not read is missing without a word. */
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

/** Reads what `journalctl --output=json` prints, an object per line. A line that is none is left out. */
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

/** A field that is no UTF-8 is printed as its bytes. */
function fieldText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? Buffer.from(value.map(Number)).toString('utf8') : null;
}
