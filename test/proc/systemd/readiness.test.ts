import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';
import { createCommandRunner } from '../../../src/proc/command/command-runner.ts';
import { type ReadinessOptions, reportReady } from '../../../src/proc/systemd/readiness.ts';
import { FakeCommands } from '../../support/daemon/commands.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { isInstalled } from '../../support/machine/program.ts';

const PID = 42;
const MINUTE_USEC = '60000000';
const SIGN = 'systemd-notify READY=1 WATCHDOG=1';

/** Reports to a service manager that has set these variables. */
async function report(variables: ReadinessOptions['variables'], commands = new FakeCommands({ 'systemd-notify': '' })) {
  const repeated: { action: () => void; everyMs: number }[] = [];
  const isTaken = await reportReady({
    variables,
    pid: PID,
    run: commands.run,
    repeat: (action, everyMs) => repeated.push({ action, everyMs }),
  });
  return { isTaken, repeated, lines: commands.lines };
}

describe('The report of being ready', () => {
  it('is made if a service manager waits for it', async () => {
    const { isTaken, repeated, lines } = await report({ NOTIFY_SOCKET: '/run/notify' });
    expect({ isTaken, repeated, lines }).toEqual({ isTaken: true, repeated: [], lines: [SIGN] });
  });

  it('starts no process if nobody waits', async () => {
    expect(await report({ WATCHDOG_USEC: MINUTE_USEC })).toEqual({ isTaken: true, repeated: [], lines: [] });
  });

  it('is followed by signs of life, three in each time limit', async () => {
    const variables = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: MINUTE_USEC, WATCHDOG_PID: String(PID) };
    const { repeated, lines } = await report(variables);
    expect(repeated).toEqual([{ action: expect.any(Function), everyMs: 20_000 }]);
    repeated[0]?.action();
    expect(lines).toEqual([SIGN, SIGN]);
  });

  it.each([{ WATCHDOG_PID: '43' }, { WATCHDOG_USEC: '0' }, { WATCHDOG_USEC: 'soon' }])(
    'is not followed by any if none are wanted from us: %j',
    async (variables) => {
      const { repeated } = await report({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: MINUTE_USEC, ...variables });
      expect(repeated).toEqual([]);
    },
  );

  it('says whether it failed', async () => {
    expect((await report({ NOTIFY_SOCKET: '/run/notify' }, new FakeCommands())).isTaken).toBe(false);
  });

  const withSystemd = isInstalled('systemd-notify') && isInstalled('python3') ? it : it.skip;

  withSystemd('arrives at the socket of the service manager', async () => {
    const folder = await makePrivateFolder();
    const socket = join(folder, 'notify');
    const manager = spawn('python3', [join(import.meta.dirname, 'support', 'service_manager.py'), socket]);
    try {
      const lines = createInterface(manager.stdout)[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe('listening');
      const variables = { NOTIFY_SOCKET: socket };
      const run = createCommandRunner({ PATH: process.env['PATH'] ?? '', ...variables });
      expect(await reportReady({ variables, pid: PID, run, repeat: () => {} })).toBe(true);
      expect((await lines.next()).value).toBe('READY=1 WATCHDOG=1');
    } finally {
      manager.kill();
      await once(manager, 'close');
      await removeFolder(folder);
    }
  });
});
