const UNSAFE = /[\\"\n]/;

/** A label value as it is written between its quotes in both formats. Other control characters are legal there. An unpaired surrogate is not, because it has no UTF-8. */
export function escapeLabelValue(value: string): string {
  const text = value.toWellFormed();
  if (!UNSAFE.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** One label of a sample, such as `server="work"`. */
export function labelText(name: string, value: string): string {
  return `${name}="${escapeLabelValue(value)}"`;
}

/** Sample lines, and their number. A line is the same in both formats. */
export class Lines {
  text = '';
  series = 0;

  /** Adds a sample. `labels` is empty, or label texts separated by commas. NaN adds none. */
  add(name: string, labels: string, value: number): void {
    if (Number.isNaN(value)) return;
    this.text += labels === '' ? `${name} ${valueText(value)}\n` : `${name}{${labels}} ${valueText(value)}\n`;
    this.series++;
  }
}

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
