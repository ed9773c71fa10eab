import { once } from 'node:events';
import { get, type RequestOptions, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { readTarget, stripPrefix } from '../../src/http/paths.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

describe('A prefix of all paths', () => {
  let folder: string;
  const servers: Server[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    await removeFolder(folder);
  });

  async function listen(where: number | string): Promise<RequestOptions> {
    const app = express();
    app.use(stripPrefix('/exporter'), (request, response) => void response.send(request.url));
    const server = app.listen(where as string);
    servers.push(server);
    await once(server, 'listening');
    return typeof where === 'string' ? { socketPath: where } : { port: (server.address() as AddressInfo).port };
  }

  async function answerTo(path: string, where: RequestOptions): Promise<string> {
    const [response] = await once(get({ ...where, path, agent: false }), 'response');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return response.statusCode === 200 ? text : `${response.statusCode} ${response.headers.location ?? ''}`.trim();
  }

  it.each([
    ['/exporter/metrics?a=b', '/metrics?a=b'],
    ['/exporter/', '/'],
    ['/exporter', '302 /exporter/'],
    ['/', '302 /exporter/'],
    ['/metrics', '404'],
    ['/exporters/metrics', '404'],
  ])('is needed on an address: %s gives %s', async (path, answer) => {
    expect(await answerTo(path, await listen(0))).toBe(answer);
  });

  it.each([
    ['/exporter/metrics?a=b', '/metrics?a=b'],
    ['/exporter', '302 /exporter/'],
    ['/', '/'],
    ['/metrics', '/metrics'],
  ])('may be left out on a Unix socket: %s gives %s', async (path, answer) => {
    expect(await answerTo(path, await listen(join(folder, 'web')))).toBe(answer);
  });
});

describe('The target of a request', () => {
  it.each([
    ['/metrics?a=b', '/metrics?a=b', 'proxy'],
    ['http://localhost:8689/metrics?a=b', '/metrics?a=b', 'localhost:8689'],
    ['HTTPS://[::1]', '/', '[::1]'],
    ['http://user@evil.example?a', '/?a', 'user@evil.example'],
    ['http:///metrics', '/metrics', ''],
    ['/metrics#http://localhost/', '/metrics', 'proxy'],
    ['*', '/*', 'proxy'],
  ])('%s is the path %s on %s', (url, path, host) => {
    const request = { url, headers: { host: 'proxy' } };
    readTarget(request);
    expect(request).toEqual({ url: path, headers: { host } });
  });
});
