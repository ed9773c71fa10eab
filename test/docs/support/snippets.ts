import { documents, textOf } from './documents.ts';

/** A piece of a document that readers paste. */
export interface Snippet {
  /** Such as `README.md:12`. */
  readonly place: string;
  /** What the fence says it is, such as `sh`; `curl` for a command within a sentence. */
  readonly language: string;
  readonly text: string;
}

const FENCE = /^( *)```(\S*)\n([\s\S]*?)^ *```$/gm;
const SCRIPT = /\bnpm run ([\w:-]+)(?: --prefix (\S+?))?[\s`]/g;
const CURL = /`(curl [^`\n]+)`/g;

/** Every fenced snippet of the documents, and every `curl` within a sentence. */
export function documentedSnippets(): Snippet[] {
  return documents().flatMap((name) => snippetsOf(name, textOf(name)));
}

/** Every `npm run` of the documents: the script, and the folder of its package. */
export function documentedScripts(): (readonly [script: string, folder: string])[] {
  const texts = documents().map(textOf);
  const found = texts.flatMap((text) =>
    [...text.matchAll(SCRIPT)].map(([, script = '', folder = '.']) => `${script} ${folder}`),
  );
  return [...new Set(found)].map((pair) => pair.split(' ') as [string, string]);
}

/** The snippets of one document. */
export function snippetsOf(name: string, text: string): Snippet[] {
  const place = (at: number) => `${name}:${text.slice(0, at).split('\n').length}`;
  const fenced = [...text.matchAll(FENCE)].map(({ index, 1: indent = '', 2: language = '', 3: body = '' }) => ({
    place: place(index),
    language,
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
  // Blanked, so that lines keep their numbers and no snippet is found twice.
  const sentences = text.replace(FENCE, (fence) => fence.replace(/[^\n]/g, ' '));
  const inline = [...sentences.matchAll(CURL)].map(({ index, 1: body = '' }) => ({
    place: place(index),
    language: 'curl',
    text: body,
  }));
  return [...fenced, ...inline];
}
