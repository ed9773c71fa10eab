import { stripVTControlCharacters } from 'node:util';

/** A piece of a line in one style. */
interface Span {
  readonly text: string;
  readonly color: string;
  readonly bold: boolean;
}

const COLUMNS = 120;
const CHARACTER = 8.43;
const LINE = 20;
const MARGIN = 20;
const BAR = 34;

const INK = '#d8dee9';
const COLORS: Readonly<Record<string, string>> = {
  2: '#8b949e',
  31: '#ff7b72',
  32: '#7ee787',
  33: '#f0b35a',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};

/** Renders an output with ANSI colours as a terminal shows it, as an SVG image. */
export function terminalPicture(output: string, title: string): string {
  const lines = output
    .replaceAll('\r', '')
    .replace(/\n+$/, '')
    .split('\n')
    .flatMap((line) => wrapped(spansOf(line)));
  const width = Math.ceil(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = BAR + lines.length * LINE + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="5" fill="#ff5f56"/><circle cx="38" cy="18" r="5" fill="#ffbd2e"/><circle cx="56" cy="18" r="5" fill="#27c93f"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${lines.map(lineOf).join('\n')}
</g>
</svg>
`;
}

function lineOf(spans: readonly Span[], at: number): string {
  let column = 0;
  const pieces = spans.map(({ text, color, bold }) => {
    const x = (MARGIN + column * CHARACTER).toFixed(1);
    column += [...text].length;
    const length = ([...text].length * CHARACTER).toFixed(1);
    return `<tspan x="${x}" textLength="${length}" fill="${color}"${bold ? ' font-weight="bold"' : ''}>${escaped(text)}</tspan>`;
  });
  return `<text y="${BAR + (at + 1) * LINE - 5}" xml:space="preserve">${pieces.join('')}</text>`;
}

function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let look = { color: INK, bold: false };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape begins with a control character
  for (const [, codes, text = ''] of line.matchAll(/(?:\u001b\[([\d;]*)m)?([^\u001b]*)/g)) {
    if (codes !== undefined) look = codes.split(';').reduce(lookAfter, look);
    const shown = stripVTControlCharacters(text);
    if (shown !== '') spans.push({ text: shown, ...look });
  }
  return spans;
}

function lookAfter(look: Omit<Span, 'text'>, code: string): Omit<Span, 'text'> {
  if (code === '' || code === '0') return { color: INK, bold: false };
  if (code === '1') return { ...look, bold: true };
  if (code === '22') return { ...look, bold: false };
  return { ...look, color: COLORS[code] ?? INK };
}

function wrapped(spans: readonly Span[]): Span[][] {
  const rows: Span[][] = [[]];
  let room = COLUMNS;
  for (const span of spans) {
    for (let rest = [...span.text]; rest.length > 0; ) {
      if (room === 0) {
        rows.push([]);
        room = COLUMNS;
      }
      const piece = rest.slice(0, room);
      rows.at(-1)?.push({ ...span, text: piece.join('') });
      room -= piece.length;
      rest = rest.slice(piece.length);
    }
  }
  return rows;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
