import { randomUUID } from 'node:crypto';
import type { TmuxServer } from './tmux-server.ts';

/** The value of one field of each of some objects, in the order of the list. */
export type Column = readonly string[];

/**
 * An independent reading of a server: one list command for each single field, and free text object by object.
 *
 * All commands run in one client, so that they see one state; what each prints is told apart by a line that stands between.
 */
export class TmuxReading {
  readonly #server: TmuxServer;

  constructor(server: TmuxServer) {
    this.#server = server;
  }

  /** The output of each command. */
  async all(commands: readonly (readonly string[])[]): Promise<string[]> {
    const end = `end-${randomUUID()}`;
    const words = commands.flatMap((command) => [...command, ';', 'display-message', '-p', end, ';']).slice(0, -1);
    const printed = `${await this.#server.run(...words)}\n`.split(`${end}\n`);
    return printed.slice(0, commands.length);
  }

  /** The columns of a list, such as `list-panes -a`, by their fields. */
  async columns<Field extends string>(
    list: readonly string[],
    fields: readonly Field[],
  ): Promise<Record<Field, Column>> {
    const texts = await this.all(fields.map((field) => [...list, '-F', `#{${field}}`]));
    const pairs = fields.map((field, at) => [field, linesOf(texts[at] ?? '')] as const);
    return Object.fromEntries(pairs) as Record<Field, Column>;
  }

  /** A field of each of some objects, whatever stands in it. */
  async texts(ids: readonly string[], field: string): Promise<ReadonlyMap<string, string>> {
    const texts = await this.all(ids.map((id) => ['display-message', '-p', '-t', id, `#{${field}}`]));
    return new Map(ids.map((id, at) => [id, (texts[at] ?? '').replace(/\n$/, '')]));
  }
}

function linesOf(text: string): Column {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
