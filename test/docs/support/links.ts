import { posix } from 'node:path';
import { isThere, textOf } from './documents.ts';

const FENCE = /^( *)```[\s\S]*?^ *```$/gm;
const CODE = /`[^`\n]*`/g;
const LINK = /\]\(<?([^)\s>]+)>?\)/g;
const HEADING = /^#{1,6} +(.+?) *#*$/gm;
/** Of another site, or of the mail. */
const ABROAD = /^[a-z]+:/;

/** A link from one document to another place of the repository. */
export interface Link {
  /** Such as `README.md:12`. */
  readonly place: string;
  /** As it is written, such as `docs/events.md#filters`. */
  readonly target: string;
}

/** The links of a document that stay in the repository, pictures among them. */
export function linksOf(path: string, text = textOf(path)): Link[] {
  const prose = withoutCode(text);
  return [...prose.matchAll(LINK)].flatMap(({ index, 1: target = '' }) =>
    ABROAD.test(target) ? [] : [{ place: `${path}:${prose.slice(0, index).split('\n').length}`, target }],
  );
}

/** What is wrong with where a link leads; null if it leads somewhere. */
export function problemOf({ place, target }: Link): string | null {
  const from = place.replace(/:\d+$/, '');
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : posix.join(posix.dirname(from), file);
  if (!isThere(path)) return `${place} leads to ${path}, which does not exist`;
  if (anchor === undefined || anchorsOf(textOf(path)).includes(anchor)) return null;
  return `${place} leads to #${anchor}, which is no heading of ${path}`;
}

/** The anchors that GitHub gives the headings of a document. */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return [...text.replace(FENCE, '').matchAll(HEADING)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** Blanked, so that lines keep their numbers. */
function withoutCode(text: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, ' ');
  return text.replace(FENCE, blank).replace(CODE, blank);
}
