import { TEMPLATE_FIELDS } from './notification.ts';

const PLACE = /\{\{([^{}]*)\}\}/g;
const ONLY_PLACE = /^\{\{([^{}]*)\}\}$/;
const PATH = /^\s*([A-Za-z_]\w*)(?:\.\w+)*\s*$/;

/** The problems of a JSON template: each `{{path}}` in its strings that is not a path, or names no field. */
export function templateProblems(tree: unknown): string[] {
  if (typeof tree === 'string')
    return [...tree.matchAll(PLACE)].flatMap(([place, path = '']) => placeProblem(place, path));
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.values(tree).flatMap(templateProblems);
}

/**
 * Replaces every `{{path}}` in the strings of a JSON tree by its value in `data`. A string that is only one `{{path}}` becomes the
 * value itself, such as a number or a list. A missing value is null there, and empty within a text. Only strings of the parsed
 * tree are replaced, so no name can break out of its quotes.
 */
export function fillTemplate(tree: unknown, data: Readonly<Record<string, unknown>>): unknown {
  if (typeof tree === 'string') return fillText(tree, data);
  if (Array.isArray(tree)) return tree.map((item) => fillTemplate(item, data));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, fillTemplate(value, data)]));
}

function placeProblem(place: string, path: string): string[] {
  const field = PATH.exec(path)?.[1];
  if (field === undefined) return [`${place} is not a path: expected one such as {{event.server.name}}`];
  const isKnown = TEMPLATE_FIELDS.some((known) => known === field);
  return isKnown ? [] : [`${place} names no field: expected one of ${TEMPLATE_FIELDS.join(', ')}`];
}

function fillText(text: string, data: Readonly<Record<string, unknown>>): unknown {
  const only = ONLY_PLACE.exec(text)?.[1];
  if (only !== undefined) return valueAt(data, only) ?? null;
  return text.replace(PLACE, (_, path: string) => textOf(valueAt(data, path)));
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
