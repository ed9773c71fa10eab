import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import request from 'supertest';
import { createRoutes } from '../../../src/http/routes.ts';
import { fleetHost } from '../../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../../support/fleet/memory-fleet.ts';
import { HUB_ANSWERS } from '../support/hub-answers.ts';
import { hubPorts, LOOPBACK_ONLY } from '../support/ports.ts';

describe('The answers of a hub', () => {
  const fleet = new MemoryFleet();
  fleet.setHosts(fleetHost('a', { advertise: 'http://a:8689' }), fleetHost('b', { servers: null, counts: { up: 2 } }));
  const hub = request(createRoutes(hubPorts(fleet), LOOPBACK_ONLY));

  it.each(HUB_ANSWERS)('are as they are described: %s', async (described) => {
    const { body: description } = await hub.get('/api/v1/openapi.json');
    const ajv = new Ajv2020({ strict: false, validateFormats: false, schemas: [{ $id: 'api', ...description }] });
    const { content } = description.paths[described].get.responses[200];
    const pointer = `paths/${described.replaceAll('~', '~0').replaceAll('/', '~1')}/get/responses/200/content/${'application/json'.replace('/', '~1')}/schema`;
    expect(content).toHaveProperty(['application/json', 'schema']);
    for (const name of ['a', 'b']) {
      const { status, body } = await hub.get(described.replace('{name}', name));
      const validate = ajv.getSchema(`api#/${encodeURI(pointer)}`);
      expect([status, validate?.(body), validate?.errors]).toEqual([200, true, null]);
    }
  });
});
