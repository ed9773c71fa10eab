import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { FrontDoor } from '../../../src/app/web/front-door.ts';
import { type Config, configSchema } from '../../../src/config/schema.ts';
import { portsWith } from '../../http/support/ports.ts';
import { environmentIn } from '../../support/daemon/environment.ts';
import { sampleSelfMetrics } from '../../support/daemon/self-metrics.ts';
import { freePort } from '../../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe('The front door', () => {
  let folder: string;
  let port: number;
  let door: FrontDoor | null = null;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    port = await freePort();
  });
  afterEach(async () => {
    await door?.close();
    door = null;
    await removeFolder(folder);
  });

  it('asks for the tokens of a new configuration as soon as its users are in force', async () => {
    const [users, token] = [join(folder, 'web.yml'), join(folder, 'token')];
    await writeFile(users, `basic_auth_users: {scraper: '${hashSync('open sesame', 4)}'}\n`);
    await writeFile(token, 'a-token-that-may-only-read\n', { mode: 0o600 });
    const opened = await open({ config: { file: users } });
    expect(await statusOf()).toBe(401);
    expect(await opened.moveTo(configOf({ tokens: [{ file: token }] }).web)).toBeNull();
    expect([await statusOf(), await statusOf('a-token-that-may-only-read')]).toEqual([401, 200]);
  });

  function configOf(web: object): Config {
    return configSchema.parse({ web: { listen_address: `127.0.0.1:${port}`, ...web }, storage: { enabled: false } });
  }

  async function open(web: object): Promise<FrontDoor> {
    door = new FrontDoor({
      config: configOf(web),
      environment: environmentIn(folder),
      log: SILENT,
      self: sampleSelfMetrics(),
      ports: () => portsWith(),
      closeFeed: async () => {},
    });
    await door.open();
    return door;
  }

  async function statusOf(token?: string): Promise<number> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).status;
  }
});
