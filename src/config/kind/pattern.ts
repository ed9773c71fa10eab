import { isServerPattern, PATTERN_RULE } from '../../core/event/selector.ts';
import { type Kind, text } from './kind.ts';

/** The kind of the name of a server, or of a pattern for it. */
export const serverPattern: Kind<string, string> = text(
  {
    placeholder: 'name',
    values: 'name of a server, or a pattern with *',
    expected: PATTERN_RULE,
  },
  isServerPattern,
);

/** The kind of the name of a session, or of a pattern for it. */
export const sessionPattern: Kind<string, string> = text(
  {
    placeholder: 'name',
    values: 'name of a session, or a pattern with *',
    expected: 'the name of a session, or a pattern with *, at most 200 characters on one line',
  },
  (value) => value.length <= 200 && value !== '' && !/[\0\r\n]/.test(value),
);
