import { TEMPLATE_FIELDS } from './notification.ts';

const PLACE = /\{\{([^{}]*)\}\}/g;
const ONLY_PLACE = /^\{\{([^{}]*)\}\}$/;
const PATH = /^\s*([A-Za-z_]\w*)(?:\.\w+)*\s*$/;

/** What is wrong with the places of a JSON tree: each `{{path}}` that names nothing there can be. */
export function templateProblems(tree: unknown): string[] {
  if (typeof tree === 'string')
    return [...tree.matchAll(PLACE)].flatMap(([place, path = '']) => placeProblem(place, path));
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.values(tree).flatMap(templateProblems);
}

/** A JSON tree with every `{{path}}` in its strings filled in from `data`. A string that is nothing but one place becomes what stands there, be it a number or a list; within a text, what is not there is empty. The tree is data, so no name can break out of its quotes. */
export function fillTemplate(tree: unknown, data: Readonly<Record<string, unknown>>): unknown {
  if (typeof tree === 'string') return fillText(tree, data);
  if (Array.isArray(tree)) return tree.map((item) => fillTemplate(item, data));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, fillTemplate(value, data)]));
}

function placeProblem(place: string, path: string): string[] {
  const field = PATH.exec(path)?.[1];
  if (field === undefined) return [`${place} is no path such as {{event.server.name}}`];
  const isKnown = TEMPLATE_FIELDS.some((known) => known === field);
  return isKnown ? [] : [`${place} names no field: there are ${TEMPLATE_FIELDS.join(', ')}`];
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
