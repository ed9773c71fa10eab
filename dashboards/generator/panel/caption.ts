import { DATASOURCE } from '../query.ts';

/** What every panel says of itself. */
export interface Caption {
  /** Fixed for ever: links to a panel hold it. */
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  /** What stands there where nothing is to be shown. */
  readonly noValue: string;
}

/** The part of a panel builder that a caption fills. */
interface Captioned {
  id(id: number): this;
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  noValue(noValue: string): this;
  datasource(datasource: { type: string; uid: string }): this;
}

/** Puts the caption on a panel. */
export function caption<P extends Captioned>(panel: P, { id, title, description, unit, noValue }: Caption): P {
  return panel.id(id).title(title).description(description).unit(unit).noValue(noValue).datasource(DATASOURCE);
}
