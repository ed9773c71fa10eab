import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { DeadLetter } from '../../src/alert/delivery/status.ts';
import type { ServerJson } from '../../src/http/server-json.ts';
import { HUB_ANSWERS } from '../http/support/hub-answers.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

const CONFIG = `
alerts: {receive: true}
webhooks: [{name: oncall, url: 'http://127.0.0.1:9/'}]
`;
const ALERT = { status: 'firing', labels: { alertname: 'Disk' }, startsAt: '2026-01-02T03:04:05Z' };

interface Answer {
  readonly content?: { readonly 'application/json'?: { readonly schema: { readonly $ref: string } } };
}

interface Description {
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, Answer> }>>;
  readonly components: { readonly schemas: Record<string, { readonly properties: object }> };
}

/** One request for each answer: method, path, the path of the description, body, and status. */
const REQUESTS: readonly (readonly [string, string, string, object | undefined, number])[] = [
  ['get', '/api/v1/openapi.json', '/api/v1/openapi.json', undefined, 200],
  ['get', '/api/v1/servers', '/api/v1/servers', undefined, 200],
  ['get', '/api/v1/servers/work', '/api/v1/servers/{name}', undefined, 200],
  ['get', '/api/v1/servers/none', '/api/v1/servers/{name}', undefined, 404],
  ['put', '/api/v1/servers/more', '/api/v1/servers/{name}', { socket: '/nowhere/at/all' }, 201],
  ['put', '/api/v1/servers/more', '/api/v1/servers/{name}', { socket: '/nowhere/at/all' }, 200],
  ['put', '/api/v1/servers/again', '/api/v1/servers/{name}', { socket: '/nowhere/at/all' }, 409],
  ['put', '/api/v1/servers/more', '/api/v1/servers/{name}', { socket: 1 }, 400],
  ['delete', '/api/v1/servers/more', '/api/v1/servers/{name}', undefined, 204],
  ['get', '/api/v1/events', '/api/v1/events', undefined, 200],
  ['get', '/api/v1/events?after=other-1', '/api/v1/events', undefined, 200],
  ['get', '/api/v1/events?limit=0', '/api/v1/events', undefined, 400],
  ['get', '/api/v1/webhooks', '/api/v1/webhooks', undefined, 200],
  ['get', '/api/v1/webhooks/dead', '/api/v1/webhooks/dead', undefined, 200],
  ['post', '/api/v1/webhooks/replay', '/api/v1/webhooks/replay', { id: null }, 200],
  ['post', '/api/v1/webhooks/replay', '/api/v1/webhooks/replay', { id: 'none' }, 404],
  ['post', '/api/v1/alerts', '/api/v1/alerts', { version: '4', alerts: [ALERT] }, 200],
  ['post', '/-/reload', '/-/reload', {}, 403],
];

describe('The answers of the API', () => {
  let folder: string;
  let server: TmuxServer;
  let daemon: Daemon;
  let description: Description;
  let ajv: Ajv2020;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    const file = join(folder, 'config.yml');
    await writeFile(file, CONFIG, { mode: 0o600 });
    server = await TmuxServer.start({ folder, name: 'work' });
    daemon = await Daemon.start({ sockets: folder, flags: [`--config.file=${file}`] });
    await watched(daemon, server);
    description = (await (await fetch(`${daemon.url}/api/v1/openapi.json`)).json()) as Description;
    ajv = new Ajv2020({ strict: false, validateFormats: false, schemas: [{ $id: 'api', ...description }] });
  });

  afterAll(async () => {
    await daemon.cleanup();
    await server.cleanup();
    await removeFolder(folder);
  });

  function ask(method: string, path: string, body?: object): Promise<Response> {
    return method === 'get' ? fetch(`${daemon.url}${path}`) : daemon.change(path, method.toUpperCase(), body);
  }

  it.each(REQUESTS)('are as they are described: %s %s', async (method, path, described, body, status) => {
    const response = await ask(method, path, body);
    const text = await response.text();
    expect({ status: response.status, text }).toEqual({ status, text: expect.any(String) });
    const answer = description.paths[described]?.[method]?.responses[status];
    expect(answer).toBeDefined();
    const reference = answer?.content?.['application/json']?.schema.$ref;
    if (reference === undefined) return expect(text).toBe('');
    const validate = ajv.getSchema(`api${reference}`);
    expect(validate?.(JSON.parse(text))).toBe(true);
  });

  it('are all described in JSON, or tried here', () => {
    const inJson = Object.entries(description.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, { responses }]) =>
        Object.entries(responses)
          .filter(([status, { content }]) => Number(status) < 300 && content?.['application/json'])
          .map(([status]) => `${method} ${path} ${status}`),
      ),
    );
    const tried = REQUESTS.map(([method, , described, , status]) => `${method} ${described} ${status}`);
    const ofHubs = HUB_ANSWERS.map((path) => `get ${path} 200`);
    expect(inJson.filter((answer) => ![...tried, ...ofHubs].includes(answer))).toEqual([]);
  });

  it('have no field that is not described', async () => {
    const { servers } = (await (await ask('get', '/api/v1/servers')).json()) as { servers: ServerJson[] };
    const { receivers } = (await (await ask('get', '/api/v1/webhooks')).json()) as { receivers: object[] };
    expect(Object.keys(servers[0] ?? {})).toEqual(fieldsOf('Server'));
    expect(Object.keys(receivers[0] ?? {})).toEqual(fieldsOf('Receiver'));
    const deadLetter: Readonly<Record<keyof DeadLetter, true>> = {
      id: true,
      receiver: true,
      created: true,
      died: true,
      attempts: true,
      problem: true,
      notices: true,
      title: true,
    };
    expect(Object.keys(deadLetter)).toEqual(fieldsOf('DeadLetter'));
  });

  function fieldsOf(name: string): string[] {
    return Object.keys(description.components.schemas[name]?.properties ?? {});
  }
});
