import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createRoutes } from '../../src/http/routes.ts';
import { LOOPBACK_ONLY, portsWith } from './support/ports.ts';

function client(replayable: readonly string[] = []) {
  const webhooks = {
    receivers: () => [{ name: 'ops', state: 'idle' }],
    deadLetters: () => replayable.map((id) => ({ id })),
    replay: (id: string | null) => replayable.filter((known) => id === null || known === id).length,
  };
  return request(createRoutes(portsWith({ webhooks }), LOOPBACK_ONLY));
}

describe('/api/v1/webhooks', () => {
  it('lists the receivers, and the messages that were given up', async () => {
    expect((await client().get('/api/v1/webhooks')).body).toEqual({ receivers: [{ name: 'ops', state: 'idle' }] });
    expect((await client(['a']).get('/api/v1/webhooks/dead')).body).toEqual({ messages: [{ id: 'a' }] });
  });

  it.each([
    ['one', 'b', 1],
    ['all', null, 2],
  ])('delivers %s of them again', async (_, id, replayed) => {
    const response = await client(['a', 'b']).post('/api/v1/webhooks/replay').send({ id });
    expect(response.body).toEqual({ replayed });
  });

  it('answers 404 for one that is not there, and 400 for a body without an id', async () => {
    const unknown = await client(['a']).post('/api/v1/webhooks/replay').send({ id: 'x' });
    expect([unknown.status, unknown.body.error.message]).toEqual([404, 'no dead letter has the id "x"']);
    expect((await client().post('/api/v1/webhooks/replay').send({})).status).toBe(400);
  });
});
