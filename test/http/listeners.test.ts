import { lookup } from 'node:dns/promises';
import { rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ListenError, Listeners } from '../../src/http/listeners.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

describe('The listeners', () => {
  let listeners: Listeners<ReturnType<typeof createServer>>;
  let port: number;

  beforeEach(async () => {
    listeners = new Listeners(() => createServer());
    port = await freePort();
  });

  afterEach(() => listeners.stop());

  /** Two texts for one address. */
  async function twins() {
    const { address } = await lookup('localhost');
    return [
      { host: address, port },
      { host: 'localhost', port },
    ] as const;
  }

  it('are one for a name and the address that it leads to', async () => {
    const [plain, named] = await twins();
    expect(await listeners.listen([plain, named])).toEqual([plain]);
    expect(listeners.servers).toHaveLength(1);
  });

  it('go on if one of the texts for their address is left out', async () => {
    const [plain, named] = await twins();
    await listeners.listen([plain, named]);
    const [server] = listeners.servers;
    for (const wanted of [[named], [named, plain], [plain]]) {
      expect(await listeners.listen(wanted)).toEqual([plain]);
      expect([listeners.servers, server?.listening]).toEqual([[server], true]);
    }
  });

  it('come back for each text for their address if others cannot be listened on', async () => {
    const pair = await twins();
    await listeners.listen(pair);
    const occupied = { host: '192.0.2.1', port };
    await expect(listeners.listen([{ host: '0.0.0.0', port }, occupied])).rejects.toThrow('EADDRNOTAVAIL');
    expect(await listeners.listen(pair)).toHaveLength(1);
    expect(listeners.servers.filter(({ listening }) => listening)).toHaveLength(1);
  });

  it('give a Unix socket other permissions, and the former ones if that cannot be', async () => {
    const folder = await makePrivateFolder();
    const path = join(folder, 's');
    const modeOf = async () => (await stat(path)).mode & 0o777;
    const occupied = { host: '192.0.2.1', port };
    await listeners.listen([{ path, mode: 0o600 }]);
    expect(await listeners.listen([{ path, mode: 0o660 }])).toEqual([{ path }]);
    expect(await modeOf()).toBe(0o660);
    await expect(listeners.listen([{ path, mode: 0o666 }, occupied])).rejects.toThrow('EADDRNOTAVAIL');
    expect(await modeOf()).toBe(0o660);
    await listeners.stop();
    await removeFolder(folder);
  });

  it('make a Unix socket again whose file is gone, and leave the others as they are', async () => {
    const folder = await makePrivateFolder();
    const path = join(folder, 's');
    const addresses = [
      { path, mode: 0o600 },
      { path: join(folder, 'other'), mode: 0o600 },
    ];
    await listeners.listen(addresses);
    const [, other] = listeners.servers;
    await rm(path);
    expect(await listeners.listen(addresses)).toHaveLength(2);
    expect((await stat(path)).isSocket()).toBe(true);
    expect(listeners.servers.filter(({ listening }) => listening)).toHaveLength(2);
    expect(other?.listening).toBe(true);
    await rm(path);
    await writeFile(path, 'mine');
    await expect(listeners.listen(addresses)).rejects.toThrow('is no socket');
    await rm(path);
    await listeners.listen(addresses);
    expect((await stat(path)).isSocket()).toBe(true);
    await listeners.stop();
    await removeFolder(folder);
  });

  it.each([
    ['127.0.0.1', '0.0.0.0'],
    ['0.0.0.0', '127.0.0.1'],
  ])('name the address that has another one: %s and %s', async (first, second) => {
    const [one, other] = [
      { host: first, port },
      { host: second, port },
    ];
    const error = await listeners.listen([one, other]).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({ address: other, rival: one });
    expect(listeners.servers.filter(({ listening }) => listening)).toEqual([]);
  });

  it('have no rival if somebody else listens', async () => {
    const stranger = new Listeners(() => createServer());
    const address = { host: '127.0.0.1', port };
    await stranger.listen([address]);
    await expect(listeners.listen([address])).rejects.toMatchObject({ code: 'EADDRINUSE', rival: null });
    await stranger.stop();
  });
});
