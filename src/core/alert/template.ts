import { TEMPLATE_FIELDS } from './notification.ts';

/** Three braces insert the value as it is, two insert the escaped value. */
const PLACE = /\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\}/g;
const ONLY_PLACE = /^(?:\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\})$/;
const PATH = /^\s*([A-Za-z_]\w*)(?:\.\w+)*\s*$/;

/** The problems of a JSON template: each `{{path}}` in its strings that is not a path, or names no field. */
export function templateProblems(tree: unknown): string[] {
  if (typeof tree === 'string')
    return [...tree.matchAll(PLACE)].flatMap(([place, raw, path = '']) => placeProblem(place, raw ?? path));
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.values(tree).flatMap(templateProblems);
}

/** Escapes a text, so that its receiver shows it as it is. */
export type EscapeText = (text: string) => string;

/**
 * A JSON tree with every `{{path}}` in its strings filled in from `data`, its texts escaped, and every `{{{path}}}` filled in
 * as it is. A string that is nothing but one place becomes the value itself, such as a number or a list. Within a text, a
 * value that does not exist is empty. The tree is data, so no name can break out of its quotes.
 */
export function fillTemplate(tree: unknown, data: Readonly<Record<string, unknown>>, escapeText: EscapeText): unknown {
  return mapTexts(tree, (text) => fillText(text, data, escapeText));
}

/** A JSON tree with each of its strings replaced. */
function mapTexts(tree: unknown, replace: (text: string) => unknown): unknown {
  if (typeof tree === 'string') return replace(tree);
  if (Array.isArray(tree)) return tree.map((item) => mapTexts(item, replace));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, mapTexts(value, replace)]));
}

function placeProblem(place: string, path: string): string[] {
  const field = PATH.exec(path)?.[1];
  if (field === undefined) return [`${place} is not a path: expected one such as {{event.server.name}}`];
  const isKnown = TEMPLATE_FIELDS.some((known) => known === field);
  return isKnown ? [] : [`${place} names no field: expected one of ${TEMPLATE_FIELDS.join(', ')}`];
}

function fillText(text: string, data: Readonly<Record<string, unknown>>, escapeText: EscapeText): unknown {
  const filled = (raw: string | undefined, path = '') =>
    raw === undefined ? mapTexts(valueAt(data, path), escapeText) : valueAt(data, raw);
  const only = ONLY_PLACE.exec(text);
  if (only) return filled(only[1], only[2]) ?? null;
  return text.replace(PLACE, (_, raw?: string, path?: string) => textOf(filled(raw, path)));
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function valueAt(data: unknown, path: string): unknown {
  return path
    .trim()
    .split('.')
    .reduce<unknown>((value, step) => {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      return (value as Readonly<Record<string, unknown>>)[step];
    }, data);
}
