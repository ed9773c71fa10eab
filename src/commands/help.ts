import type { Help, HelpConfiguration } from 'commander';

/** Minimum width of the column of descriptions beside the terms. */
const LEAST_DESCRIPTION_WIDTH = 40;
const WIDTH_WITHOUT_TERMINAL = 80;
const TERM_INDENT = 2;
const GAP = 2;
const DESCRIPTION_INDENT = 8;

/** The layout of every help: descriptions beside their terms, or below them if the terms are long. */
export const HELP_LAYOUT: HelpConfiguration = {
  formatItem(term: string, termWidth: number, description: string, helper: Help): string {
    const width = helper.helpWidth ?? WIDTH_WITHOUT_TERMINAL;
    const left = TERM_INDENT + termWidth + GAP;
    if (width - left >= LEAST_DESCRIPTION_WIDTH) return beside(term, left, helper.boxWrap(description, width - left));
    return below(term, helper.boxWrap(description, Math.max(width, LEAST_DESCRIPTION_WIDTH) - DESCRIPTION_INDENT));
  },
};

function beside(term: string, left: number, description: string): string {
  const head = `${' '.repeat(TERM_INDENT)}${term}`.padEnd(left);
  return `${head}${description.replaceAll('\n', `\n${' '.repeat(left)}`)}`.trimEnd();
}

function below(term: string, description: string): string {
  const indent = ' '.repeat(DESCRIPTION_INDENT);
  return `${' '.repeat(TERM_INDENT)}${term}\n${indent}${description.replaceAll('\n', `\n${indent}`)}`.trimEnd();
}
