import { seededRandom } from '../sample/random.ts';
import { literal } from './tmux-server.ts';

/** A layout of a server whose first session, window and pane are there already: how to build it, and when it is complete. */
export interface Layout {
  /** tmux commands, in order. */
  readonly commands: readonly (readonly string[])[];
  /** Panes whose process ends. */
  readonly deadPanes: number;
  /** Windows in which a bell rings. */
  readonly bells: number;
  /** Windows that are told to be silent. */
  readonly silences: number;
  /** Ids of the sessions that clients attach to, each in its way. */
  readonly attached: readonly { readonly session: string; readonly as: 'control' | 'terminal' }[];
}

const NAMES = [
  'a b',
  ' x ',
  'a|b,c',
  `quote"'`,
  'back\\slash\\n',
  '😀 日本 ü',
  '#{pid}#S',
  '#(id)$(id)`id`',
  '} 1 # EOF',
  '-',
  'tx0123456789abcdef01234567p %1 @1 0 1 sh',
] as const;

/** What the names of windows can hold beyond that. */
const WINDOW_NAMES = [...NAMES, 'a\tb', 'a\nb', 'end\n', 'a:b.c'] as const;

/** The same layout for the same seed: linked windows, groups, nested splits, dead panes, modes, bells, histories, titles and hostile names. */
export function layoutOf(seed: number): Layout {
  return new Builder(seededRandom(seed)).build();
}

class Builder {
  readonly #random: () => number;
  readonly #commands: string[][] = [];
  #sessions = 1;
  #windows = 1;
  #panes = 1;
  #links = 50;
  #dead = 0;
  #bells = 0;
  #silences = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  build(): Layout {
    this.#add('set-option', '-g', 'remain-on-exit', 'on');
    if (this.#chance(0.5)) this.#add('set-option', '-g', 'monitor-activity', 'on');
    this.#times(3, () => this.#addSession());
    this.#times(5, () => this.#addWindow());
    this.#times(6, () => this.#splitPane());
    this.#times(3, () => this.#linkWindow());
    if (this.#chance(0.5)) this.#addTwin();
    this.#times(3, () => this.#decorate());
    const attached = Array.from({ length: this.#number(3) }, () => {
      return { session: this.#session(), as: this.#chance(0.5) ? ('control' as const) : ('terminal' as const) };
    });
    const [commands, deadPanes, bells, silences] = [this.#commands, this.#dead, this.#bells, this.#silences];
    return { commands, deadPanes, bells, silences, attached };
  }

  #addSession(): void {
    const name = `${this.#sessions} ${this.#one(NAMES)}`;
    this.#add('new-session', '-d', '-x', '120', '-y', '60', '-s', literal(name), this.#command());
    this.#sessions++;
    this.#windows++;
    this.#panes++;
  }

  /** A session of the same group as another one has the windows of that. */
  #addTwin(): void {
    this.#add('new-session', '-d', '-t', this.#session(), '-s', `twin ${this.#sessions}`);
    this.#sessions++;
  }

  #addWindow(): void {
    const name = this.#chance(0.7) ? ['-n', literal(this.#one(WINDOW_NAMES))] : [];
    const rings = this.#chance(0.3);
    if (rings) this.#bells++;
    const isSilent = !rings && this.#chance(0.3);
    const command = rings ? "printf '\\a'; exec cat" : isSilent ? 'exec cat' : this.#command();
    this.#add('new-window', '-d', '-t', `${this.#session()}:`, ...name, command);
    if (isSilent) {
      this.#silences++;
      this.#add('set-option', '-w', '-t', `@${this.#windows}`, 'monitor-silence', '1');
    }
    this.#windows++;
    this.#panes++;
  }

  #splitPane(): void {
    const pane = `%${this.#number(this.#panes)}`;
    this.#add('resize-window', '-t', pane, '-x', '200', '-y', '100');
    this.#add('split-window', '-d', this.#chance(0.5) ? '-h' : '-v', '-t', pane, this.#command());
    this.#panes++;
  }

  #linkWindow(): void {
    this.#add(
      'link-window',
      '-d',
      '-s',
      `@${this.#number(this.#windows)}`,
      '-t',
      `${this.#session()}:${this.#links++}`,
    );
  }

  #decorate(): void {
    const pane = `%${this.#number(this.#panes)}`;
    this.#add('select-pane', '-t', pane, '-T', literal(this.#one(NAMES)));
    if (this.#chance(0.5)) this.#add('copy-mode', '-t', `%${this.#number(this.#panes)}`);
    if (this.#chance(0.5)) {
      this.#add('rename-window', '-t', `@${this.#number(this.#windows)}`, '--', literal(this.#one(WINDOW_NAMES)));
    }
  }

  #command(): string {
    const kind = this.#random();
    if (kind < 0.4) return 'exec cat';
    if (kind < 0.6) return `seq 1 ${this.#number(300)}; exec cat`;
    if (kind < 0.7) return "printf x; exec sh -c 'cd /; exec cat'";
    this.#dead++;
    return kind < 0.85 ? `exit ${this.#number(256)}` : `kill -${this.#chance(0.5) ? 'KILL' : 'TERM'} $$`;
  }

  #session(): string {
    return `$${this.#number(this.#sessions)}`;
  }

  #add(...command: string[]): void {
    this.#commands.push(command);
  }

  #times(most: number, work: () => void): void {
    for (let left = this.#number(most + 1); left > 0; left--) work();
  }

  #one<T>(items: readonly [T, ...T[]]): T {
    return items[this.#number(items.length)] ?? items[0];
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #number(below: number): number {
    return Math.floor(this.#random() * below);
  }
}
