import { configExample } from '../../../src/config/file/example.ts';
import { configReference } from '../../../src/config/reference.ts';
import { metricsReference } from './metrics-reference.ts';

/** A document of which a part, or all, is generated. */
export interface Generated {
  /** Path in the repository. */
  readonly path: string;
  /** The document as it should be, given how it is. */
  readonly renew: (text: string) => Promise<string>;
}

/** Every document that `npm run reference` writes. */
export const GENERATED: readonly Generated[] = [
  { path: 'docs/configuration.md', renew: async (text) => replacePart(text, 'config', configReference()) },
  { path: 'docs/metrics.md', renew: async (text) => replacePart(text, 'metrics', await metricsReference()) },
  { path: 'docs/config.example.yml', renew: async () => configExample() },
];

/** `document` with `content` between its two markers of that name. Throws an error if they are not there once each, in their order. */
export function replacePart(document: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, part, ...moreParts] = document.split(begin);
  const [, after, ...moreEnds] = part?.split(end) ?? [];
  if (before === undefined || after === undefined || moreParts.length + moreEnds.length > 0 || before.includes(end)) {
    throw new Error(`expected ${begin} and after it ${end}, each once`);
  }
  return `${before}${begin}\n\n${content}\n\n${end}${after}`;
}
