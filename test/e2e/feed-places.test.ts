import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { CAN_HAVE_SUBORDINATES, withSubordinates } from '../support/daemon/subordinates.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

const PLACES = 8;
const OTHER_UID = 23_456;

/** Answers with the status of a feed that ends at once, asked by another user. */
const PROBE = `require('node:http').get(process.argv[1], (response) => { console.log(response.statusCode); response.destroy() })`;

/** Answers with the status of a feed, and keeps it. */
const STAY = `require('node:http').get(process.argv[1], (response) => { console.log(response.statusCode); response.resume() })`;

const onLinux = process.platform === 'linux' ? describe : describe.skip;
const asRoot = process.getuid?.() === 0 ? it : it.skip;
const withSubuid = CAN_HAVE_SUBORDINATES ? it : it.skip;

onLinux('A user of the machine who takes every place of the feed that one can have', () => {
  let daemon: Daemon;
  const streams: IncomingMessage[] = [];

  beforeEach(async () => {
    daemon = await Daemon.start({ flags: [`--feed.max-clients=${PLACES}`] });
    for (let place = 0; place < PLACES; place++) expect(await open(`127.0.0.${place + 1}`)).toBe(200);
  });

  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.destroy();
    await daemon.cleanup();
  });

  /** Opens a stream from an address of ours, and keeps it. Answers with its status. */
  async function open(localAddress: string): Promise<number | undefined> {
    const request = get(`${daemon.url}/events`, { localAddress, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    // It is destroyed by us.
    response.on('error', () => {});
    streams.push(response);
    return response.statusCode;
  }

  it('gets no more, whatever address it comes from', async () => {
    expect(await open('127.0.0.1')).toBe(503);
    expect(await open('127.9.9.9')).toBe(503);
  });

  asRoot('keeps no other user out', async () => {
    expect(await statusFor(OTHER_UID, daemon)).toBe('200\n');
  });
});

onLinux('A user of the machine with subordinate user ids', () => {
  withSubuid('has no more places of the feed by them', async () => {
    const folder = await makePrivateFolder();
    const daemon = await Daemon.start({
      flags: ['--feed.max-clients=1'],
      run: await withSubordinates(folder, `${OTHER_UID}:${OTHER_UID + 1}:10`),
    });
    const request = spawn(process.execPath, ['-e', STAY, `${daemon.url}/events`], { ...as(OTHER_UID), stdio: 'pipe' });
    expect(String(await once(request.stdout, 'data'))).toBe('200\n');

    expect(await statusFor(OTHER_UID + 10, daemon)).toBe('503\n');
    expect(await statusFor(OTHER_UID + 11, daemon)).toBe('200\n');
    request.kill();
    await once(request, 'exit');
    await daemon.cleanup();
    await removeFolder(folder);
  });
});

async function statusFor(uid: number, daemon: Daemon): Promise<string> {
  const words = ['-e', PROBE, `${daemon.url}/events?poll=1`];
  return (await promisify(execFile)(process.execPath, words, as(uid))).stdout;
}

function as(uid: number) {
  return { uid, gid: uid, cwd: '/' };
}
