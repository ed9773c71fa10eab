import { Lexer } from 'yaml';

/** The most lexemes of a YAML text: a configuration of two thousand servers has fewer. They hold the main thread for a tenth of a second. */
const MOST_LEXEMES = 50_000;

/** The most aliases: the parser resolves no more. */
const MOST_ALIASES = 100;

/** The most mappings and lists around a value. */
export const DEEPEST = 64;

/** What is said of a text that is nested deeper. */
export const TOO_DEEP = `expected at most ${DEEPEST} mappings and lists in one another, found more`;

/** The place at which a YAML text exceeds a limit, and which limit. */
interface Excess {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** Checks the limits of a YAML text before it is parsed; null if it is within them. */
export function excessOf(text: string): Excess | null {
  let [lexemes, aliases, line, flows, blocks] = [0, 0, 1, 0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    lexemes++;
    if (lexeme.startsWith('*')) aliases++;
    if (lexeme === '[' || lexeme === '{') flows++;
    // Each begins a list or a mapping in that of the one before it on the line.
    if (lexeme === '-' || lexeme === '?') blocks++;
    if (lexeme === ']' || lexeme === '}') flows--;
    if (lexemes > MOST_LEXEMES) return { line, message: tooMany(MOST_LEXEMES, 'words and signs') };
    if (aliases > MOST_ALIASES) return { line, message: tooMany(MOST_ALIASES, 'aliases') };
    if (flows > DEEPEST || blocks > DEEPEST) return { line, message: TOO_DEEP };
    if (lexeme.includes('\n')) {
      line += lexeme.split('\n').length - 1;
      blocks = 0;
    }
  }
  return null;
}

function tooMany(most: number, things: string): string {
  return `expected at most ${most} ${things} in a file, found more`;
}
