import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRequester, textOf } from '../../../src/follow/feed/requester.ts';
import { Endpoint, switches } from '../../alert/support/endpoint.ts';

describe('A requester', () => {
  let endpoint: Endpoint;

  beforeEach(async () => {
    endpoint = await Endpoint.start((response) => void response.end('ok'));
  });

  afterEach(() => endpoint.close());

  it.each([
    ['me:a%2Cb', 'me:a,b'],
    ['me:50%off', 'me:50%off'],
    ['a%ff:%', 'a%ff:%'],
  ])('logs in by the user and the password of the URL: %s', async (login, sent) => {
    const url = endpoint.url.replace('://', `://${login}@`);
    const request = createRequester({ url, authorization: async () => null, tls: async () => ({}) });
    const response = await request('x', { signal: AbortSignal.timeout(5_000) });
    expect(await textOf(response)).toBe('ok');
    const authorization = `Basic ${Buffer.from(sent).toString('base64')}`;
    expect(endpoint.requests).toMatchObject([{ path: '/x', headers: { authorization } }]);
  });

  it('rejects if something at the address switches to another protocol', async () => {
    endpoint.answer = switches;
    const { url } = endpoint;
    const request = createRequester({ url, authorization: async () => null, tls: async () => ({}) });
    await expect(request('x', { signal: AbortSignal.timeout(5_000) })).rejects.toThrow('it answered nothing');
  });
});
