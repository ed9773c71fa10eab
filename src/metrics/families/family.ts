import { shorten } from '../../core/text.ts';
import type { FamilyHead } from '../text/exposition-format.ts';
import { Lines, labelText } from '../text/sample.ts';

/** A value and the values of its family's own labels, in their order. */
export type Sample = readonly [value: number, ...labels: string[]];

/** Something that has series: a server, a session. */
export interface Subject {
  /** The label texts that name it in each of its series, such as `server="work",session="main"`. */
  readonly labels: string;
}

/** A metric family: its head, its labels besides those that name the subject, and its samples of one subject. */
export interface Family<S extends Subject> extends FamilyHead {
  readonly labels: readonly string[];
  /** Most samples of one subject. An upper bound, to check limits without counting. */
  readonly most: number;
  readonly samples: (subject: S) => readonly Sample[];
}

/** A gauge with one sample per subject; none if the value is null. */
export function gauge<S extends Subject>(name: string, help: string, value: (subject: S) => number | null): Family<S> {
  return { name, type: 'gauge', help, labels: [], most: 1, samples: (subject) => single(value(subject)) };
}

/** An info metric with one sample per subject; `values` are those of its labels. */
export function info<S extends Subject>(
  name: string,
  help: string,
  labels: readonly string[],
  values: (subject: S) => readonly string[],
): Family<S> {
  return { name, type: 'info', help, labels, most: 1, samples: (subject) => [[1, ...values(subject)]] };
}

const LONGEST_TEXT = 500;

/** Free text as a label value, cut to 500 characters: a program can set a pane title of a megabyte. */
export function brief(text: string): string {
  return text.length <= LONGEST_TEXT ? text : shorten(text.slice(0, 2 * (LONGEST_TEXT + 1)), LONGEST_TEXT);
}

/** The help text of a family whose values come from the last poll. */
export function polled(help: string): string {
  return `${help} (as of the last poll)`;
}

/** Writes the samples of one family for some subjects. */
export function linesOf<S extends Subject>(family: Family<S>, subjects: readonly S[]): Lines {
  const lines = new Lines();
  for (const subject of subjects) {
    for (const sample of family.samples(subject)) {
      lines.add(family.name, withOwnLabels(subject.labels, family.labels, sample), sample[0]);
    }
  }
  return lines;
}

function single(value: number | null): readonly Sample[] {
  return value === null ? [] : [[value]];
}

function withOwnLabels(labels: string, own: readonly string[], sample: Sample): string {
  let text = labels;
  let at = 0;
  for (const name of own) text += `,${labelText(name, String(sample[++at] ?? ''))}`;
  return text;
}
