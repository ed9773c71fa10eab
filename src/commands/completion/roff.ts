/** Text as roff prints it unchanged: no macro, no escape, each dash the one that can be pasted, all in ASCII. */
export function roffText(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replace(/[^\n\x20-\x7e]/gu, (character) => `\\[u${codeOf(character)}]`)
    .replace(/^\./gm, '\\&.');
}

/** Text in bold. */
export function roffBold(text: string): string {
  return `\\fB${roffText(text)}\\fR`;
}

/** Text that may be filled, one sentence a line: roff sets the space between sentences by the line's end. */
export function roffSentences(text: string): string {
  return `${roffText(text.replaceAll(/(?<=\.) (?=[A-Z(])/g, '\n'))}\n`;
}

/** A term with its explanation below it. */
export function roffEntry(term: string, text: string): string {
  return `.TP\n${roffBold(term)}\n${roffSentences(text)}`;
}

/** Lines that stay as they are. */
export function roffExample(text: string): string {
  return `.PP\n.nf\n${roffText(text)}\n.fi\n`;
}

/** At least four digits, in upper case (groff_char(7)). */
function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
