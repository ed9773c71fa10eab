const UNSAFE = /[\\"\n]/;

/** A label value as both formats write it between its quotes. Other control characters are legal there; an unpaired surrogate is not, since it has no UTF-8. */
export function escapeLabelValue(value: string): string {
  const text = value.toWellFormed();
  if (!UNSAFE.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** One label of a sample, such as `server="work"`. */
export function labelText(name: string, value: string): string {
  return `${name}="${escapeLabelValue(value)}"`;
}

/** Sample lines that are being written, and how many there are. A line reads the same in both formats. */
export class Lines {
  text = '';
  series = 0;

  /** Adds a sample; `labels` is empty or label texts with commas between. What is not a number has no sample. */
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
