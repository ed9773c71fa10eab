import { describe, expect, it } from '@jest/globals';
import { accessOf } from '../../src/commands/access.ts';
import type { Terminal } from '../../src/commands/terminal.ts';
import type { ReadFile } from '../../src/core/file.ts';

const OPTIONS = {
  url: 'http://a:1',
  tokenFile: null,
  user: 'me',
  passwordFile: '/password',
  caFile: null,
  certFile: null,
  keyFile: null,
};

function loginWith(text: string): Promise<string | null> {
  const readFile: ReadFile = async () => ({ kind: 'read', text, mode: 0o600 });
  return accessOf(OPTIONS, { environment: { readFile } } as Terminal).authorization();
}

describe('The login of a command', () => {
  it('has the password that is in its file', async () => {
    expect(await loginWith('secret\n')).toBe(`Basic ${btoa('me:secret')}`);
  });

  it('is refused with two lines in the file', async () => {
    await expect(loginWith('one\ntwo\n')).rejects.toThrow(
      '/password: expected one password on one line, found 2 lines',
    );
  });
});
