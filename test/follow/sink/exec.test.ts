import { describe, expect, it } from '@jest/globals';
import { createExec, eventVariables } from '../../../src/follow/sink/exec.ts';
import type { Command, CommandEnd } from '../../../src/follow/sink/own-command.ts';
import { event, life } from '../support/samples.ts';
import { SuspendableClock } from '../support/suspendable-clock.ts';

const FINE: CommandEnd = { kind: 'exited', code: 0, stdout: '', stderr: '' };

describe('The command of an event', () => {
  function exec(ends: (command: Command) => Promise<CommandEnd>, jobs = 4, signal = new AbortController().signal) {
    const commands: Command[] = [];
    const complaints: string[] = [];
    const run = (command: Command) => {
      commands.push(command);
      return ends(command);
    };
    const complain = (message: string) => void complaints.push(message);
    const clock = new SuspendableClock();
    const handle = createExec(
      { argv: ['page', '--me'], env: { HOME: '/h' }, jobs, timeoutMs: 5_000, run, clock, complain },
      signal,
    );
    return { handle, commands, complaints, clock };
  }

  it('finds the texts of the event in variables, and all of it on stdin', async () => {
    const { handle, commands } = exec(async () => FINE);
    const gone = event('server-gone', life('work'), {
      severity: 'critical',
      reason: 'crashed',
      incident: 'e-1',
      body: 'b',
    });
    await handle(gone);
    expect(commands).toMatchObject([
      { file: 'page', args: ['--me'], stdin: `${gone.json}\n`, timeoutMs: 5_000, env: { HOME: '/h' } },
    ]);
    const ofFleet = event('server-gone', life('work'), { name: 'build7\u001b[2J' });
    expect(eventVariables(ofFleet)).toMatchObject({ TMUX_EXPORTER_EVENT_NAME: 'build7\ufffd[2J' });
    expect(eventVariables(gone)).toEqual({
      TMUX_EXPORTER_EVENT_ID: 'e-1',
      TMUX_EXPORTER_EVENT_TYPE: 'server-gone',
      TMUX_EXPORTER_EVENT_TIME: '2026-01-02T03:04:05.678Z',
      TMUX_EXPORTER_EVENT_SEVERITY: 'critical',
      TMUX_EXPORTER_EVENT_NAME: '',
      TMUX_EXPORTER_EVENT_HOST: 'box',
      TMUX_EXPORTER_EVENT_SERVER: 'work',
      TMUX_EXPORTER_EVENT_SOCKET: '/tmp/tmux-1000/work',
      TMUX_EXPORTER_EVENT_PID: '42',
      TMUX_EXPORTER_EVENT_REASON: 'crashed',
      TMUX_EXPORTER_EVENT_INCIDENT: 'e-1',
      TMUX_EXPORTER_EVENT_TITLE: 'server-gone happened',
      TMUX_EXPORTER_EVENT_BODY: 'b',
      TMUX_EXPORTER_EVENT_SYNTHETIC: '',
    });
  });

  it('has no escape in its variables', () => {
    const { TMUX_EXPORTER_EVENT_TITLE } = eventVariables(event('alert', null, { title: 'a\u001b]0;b\u0007\n\0c' }));
    expect(TMUX_EXPORTER_EVENT_TITLE).toBe('a\ufffd]0;b\ufffd\ufffd\ufffdc');
  });

  it('that hangs delays no other', async () => {
    const { handle } = exec(({ env }) =>
      env['TMUX_EXPORTER_EVENT_ID'] === 'hung' ? new Promise(() => {}) : Promise.resolve(FINE),
    );
    void handle(event('alert', null, { id: 'hung' }));
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => handle(event('alert', null, { id }))));
  });

  it.each<[CommandEnd, string]>([
    [{ ...FINE, code: 7 }, 'page: ended with 7 (alert e-1)'],
    [{ kind: 'timeout' }, 'page: did not end within 5 s and was killed (alert e-1)'],
    [{ kind: 'killed', signal: 'SIGSEGV' }, 'page: was killed by SIGSEGV (alert e-1)'],
  ])('that fails is told of, and the event counts as handled: %j', async (end, complaint) => {
    const { handle, complaints } = exec(async () => end);
    await handle(event('alert', null));
    expect(complaints).toEqual([complaint]);
  });

  it('that cannot be started is started again after growing pauses, and its event is not handled before', async () => {
    const missing: CommandEnd = {
      kind: 'not_started',
      code: 'ENOENT',
      message: '"page" could not be started (ENOENT)',
    };
    const ends = [missing, missing, missing, FINE];
    const { handle, commands, complaints, clock } = exec(async () => ends.shift() ?? FINE);
    let isHandled = false;
    const handled = handle(event('alert', null)).then(() => {
      isHandled = true;
    });
    await new Promise(setImmediate);
    for (const ms of [1_000, 2_000, 3_999]) {
      clock.advance(ms);
      await new Promise(setImmediate);
    }
    expect({ isHandled, started: commands.length }).toEqual({ isHandled: false, started: 3 });
    clock.advance(1);
    await handled;
    expect(commands).toHaveLength(4);
    expect(new Set(complaints)).toEqual(new Set(['"page" could not be started (ENOENT); events wait until it can be']));
  });

  it('that cannot be started with an event that is too large does not block later events', async () => {
    const message = '"page" could not be started (E2BIG)';
    const { handle, complaints } = exec(async () => ({ kind: 'not_started', code: 'E2BIG', message }));
    await handle(event('alert', null));
    expect(complaints).toEqual([`page: ${message} (alert e-1)`]);
  });

  it('that we ended ourselves has not handled its event', async () => {
    const ending = new AbortController();
    const { handle, complaints } = exec(async () => ({ kind: 'killed', signal: 'SIGTERM' }), 4, ending.signal);
    let isHandled = false;
    void handle(event('alert', null)).then(() => {
      isHandled = true;
    });
    ending.abort();
    await new Promise(setImmediate);
    expect({ isHandled, complaints }).toEqual({ isHandled: false, complaints: [] });
  });
});
