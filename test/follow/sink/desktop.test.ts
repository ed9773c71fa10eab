import { describe, expect, it } from '@jest/globals';
import { createDesktop, type DesktopTool } from '../../../src/follow/sink/desktop.ts';
import type { Command, CommandEnd } from '../../../src/follow/sink/own-command.ts';
import { notice } from '../support/samples.ts';

const SHOWN: CommandEnd = { kind: 'exited', code: 0, stdout: '', stderr: '' };

describe('A notice on the desktop', () => {
  async function show(kind: DesktopTool['kind'], fields = {}, env = {}, end = SHOWN) {
    const commands: Command[] = [];
    const complaints: string[] = [];
    const desktop = createDesktop({
      tool: { kind, path: `/usr/bin/${kind}` },
      env,
      uid: 1000,
      run: async (command) => {
        commands.push(command);
        return end;
      },
      complain: (message) => void complaints.push(message),
    });
    await desktop(notice({ severity: 'critical', title: '-work <b>', body: ['one & two', '<three>'], ...fields }));
    return { command: commands[0], complaints };
  }

  it('is shown by notify-send, its body as text and not as markup', async () => {
    const { command } = await show('notify-send');
    expect(command?.args.slice(-4)).toEqual([
      '--icon=utilities-terminal',
      '--',
      '-work <b>',
      'one &amp; two\n&lt;three&gt;',
    ]);
    expect(command?.args).toContain('--urgency=critical');
    expect(command?.timeoutMs).toBe(5_000);
  });

  it('finds the session bus of the user if no variable names it', async () => {
    expect((await show('notify-send')).command?.env).toEqual({
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus',
    });
    const named = await show('notify-send', {}, { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' });
    expect(named.command?.env).toEqual({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' });
  });

  it('hands its texts to osascript as words, never as a script', async () => {
    const { command } = await show('osascript', { title: '" & (do shell script "id") & "' });
    const { args = [] } = command ?? {};
    expect(args.slice(args.indexOf('--') + 1)).toEqual(['" & (do shell script "id") & "', 'one & two\n<three>']);
  });

  it('is no property list for terminal-notifier', async () => {
    const { command } = await show('terminal-notifier', { title: '[work]' });
    expect(command?.args).toEqual(['-title', 'tmux', '-subtitle', '\\[work]', '-message', 'one & two\n<three>']);
  });

  it('that cannot be shown is complained about, and is no error', async () => {
    const failed = await show('notify-send', {}, {}, { ...SHOWN, code: 1, stderr: 'Gtk\nno bus\n' });
    expect(failed.complaints).toEqual(['notify-send could not show a notice: no bus']);
    const hung = await show('notify-send', {}, {}, { kind: 'timeout' });
    expect(hung.complaints).toEqual(['notify-send could not show a notice: it hung']);
  });
});
