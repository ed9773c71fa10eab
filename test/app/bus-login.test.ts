import { describe, expect, it } from '@jest/globals';
import { readBusAccess } from '../../src/app/bus-login.ts';
import { loadConfig } from '../../src/config/file/load.ts';
import type { ReadFile } from '../../src/core/file.ts';

const FILE = 'bus: {servers: ["nats://127.0.0.1:4222"], username: me, password_file: /password}';

function loginWith(text: string) {
  const result = loadConfig({ flags: { 'config.file': 'c.yml' }, env: {}, readFile: () => FILE });
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  const readFile: ReadFile = async () => ({ kind: 'read', text, mode: 0o600 });
  return readBusAccess(result.config.bus, 'machine', readFile);
}

describe('The login to the bus', () => {
  it('has the password that is in its file', async () => {
    expect(await loginWith('secret\n')).toMatchObject({ access: { login: { username: 'me', password: 'secret' } } });
  });

  it('is refused with two lines in the file', async () => {
    const problem = '/password: expected one password on one line, found 2 lines';
    expect(await loginWith('one\ntwo\n')).toEqual({ kind: 'unusable', problem });
  });
});
