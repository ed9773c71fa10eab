/** A target of Prometheus: the labels that it adds to each sample. */
export type TargetLabels = Readonly<Record<string, string>>;

/** What Prometheus stores of a scrape: each sample with the labels of the target and the time, and `up`. */
export function stamped(body: string, labels: TargetLabels, at: number): string {
  const target = Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const samples = lines.map((line) => `${labelled(line, target)} ${at / 1000}\n`);
  return `${samples.join('')}up{${target}} 1 ${at / 1000}\n`;
}

function labelled(line: string, target: string): string {
  const brace = line.indexOf('{');
  const space = line.indexOf(' ');
  if (brace === -1 || space < brace) return `${line.slice(0, space)}{${target}}${line.slice(space)}`;
  return `${line.slice(0, brace + 1)}${target},${line.slice(brace + 1)}`;
}
