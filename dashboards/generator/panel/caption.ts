import { DATASOURCE } from '../query.ts';

/** The id, texts and unit that every panel has. */
export interface Caption {
  /** Never change it: links to a panel contain it. */
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  /** The text to show if there is no value. */
  readonly noValue: string;
}

/** The methods of a panel builder that a caption needs. */
interface Captioned {
  id(id: number): this;
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  noValue(noValue: string): this;
  datasource(datasource: { type: string; uid: string }): this;
}

/** Sets the caption of a panel. */
export function caption<P extends Captioned>(panel: P, { id, title, description, unit, noValue }: Caption): P {
  return panel.id(id).title(title).description(description).unit(unit).noValue(noValue).datasource(DATASOURCE);
}
