import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openLog } from '../../../src/commands/log/log.ts';
import type { Terminal } from '../../../src/commands/terminal.ts';
import { hostileText } from '../../support/sample/arbitrary.ts';

const OBEYED = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

/** What a log writes of one entry. */
async function written(
  format: 'json' | 'pretty',
  fields: object,
  message: string,
  { isInteractive = false, env = {} }: Partial<Pick<Terminal, 'isInteractive' | 'env'>> = {},
): Promise<string> {
  let text = '';
  const output = {
    write: (bytes: Buffer, done: (code: string | null, count: number) => void) => {
      text += bytes.toString();
      setImmediate(() => done(null, bytes.length));
    },
    writeNow: () => {},
  };
  const terminal = { isInteractive, env, logOutput: () => output, onExit: () => {} };
  const { log, finish } = await openLog({ level: 'info', format }, terminal as unknown as Terminal);
  log.info(fields, message);
  await finish();
  return text;
}

describe('The log', () => {
  it.each(['json', 'pretty'] as const)('lets nothing reach a terminal that it obeys: %s', async (format) => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (text) => {
        const lines = (await written(format, { path: text }, text)).split('\n');
        expect(lines.filter((line) => OBEYED.test(line))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('says the same in JSON, whatever is in it', async () => {
    const text = 'a\u009b\u202eb';

    expect(JSON.parse(await written('json', { path: text }, text))).toMatchObject({ path: text, msg: text });
  });

  it.each([
    [true, {}],
    [false, { NO_COLOR: '1' }],
    [false, { TERM: 'dumb' }],
  ])('has colours on a terminal: %s with %j', async (isColoured, env) => {
    const text = await written('pretty', {}, 'hello', { isInteractive: true, env });
    expect(text.includes('\u001b[')).toBe(isColoured);
  });

  it('indents further lines, so that none looks like another entry', async () => {
    const lines = (await written('pretty', {}, 'first\n[07:00:00.000] INFO: second')).trimEnd().split('\n');

    expect(lines).toEqual([expect.stringContaining('INFO: first'), '    [07:00:00.000] INFO: second']);
  });
});
