import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ShellScreen } from '../commands/support/shell-screen.ts';
import { cli, Daemon, runCli } from '../support/daemon/daemon.ts';
import { FakeFleetLog } from '../support/fleet/fake-fleet-log.ts';
import { FakeHub } from '../support/fleet/fake-hub.ts';
import { endChild, writtenBy } from '../support/machine/child.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

/** How long a follower may need that has waited for several attempts. */
const LONG_MS = 50_000;

describe('A watch of a fleet', () => {
  let folder: string;
  let log: FakeFleetLog;
  const hubs: FakeHub[] = [];
  const watches: ChildProcess[] = [];
  const screens: ShellScreen[] = [];
  const daemons: Daemon[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    log = new FakeFleetLog('0123456789ab');
  });

  afterEach(async () => {
    for (const screen of screens.splice(0)) await screen.cleanup();
    for (const watch of watches.splice(0)) await endChild(watch);
    for (const hub of hubs.splice(0)) await hub.kill();
    for (const daemon of daemons.splice(0)) await daemon.stop();
    await removeFolder(folder);
  });

  async function hub(machine = 'hub1'): Promise<FakeHub> {
    const started = await FakeHub.start(log, machine);
    hubs.push(started);
    return started;
  }

  const env = () => ({ XDG_STATE_HOME: join(folder, 'state') });

  function watch(...args: string[]) {
    const child = runCli(['watch', ...args], env());
    watches.push(child);
    return { child, stdout: writtenBy(child, 'stdout'), stderr: writtenBy(child, 'stderr') };
  }

  function publish(name: string, number: number, title = `${number}`): void {
    log.publish(name, `e-${number}`, 'server-gone', { severity: 'critical', title });
  }

  function idsIn(text: string): string[] {
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as { name: string; id: string }).map(({ name, id }) => `${name} ${id}`);
  }

  it('goes from hub to hub with one cursor, and from run to run: each event once, in order', async () => {
    const [one, other] = [await hub('hub1'), await hub('hub2')];
    const urls = [one, other].map(({ url }) => `--url=${url}`);
    const expected: string[] = [];
    const happen = (count: number) => {
      for (let done = 0; done < count; done++) {
        const number = expected.length / 2 + 1;
        for (const name of ['build7', 'build8']) {
          publish(name, number);
          expected.push(`${name} e-${number}`);
        }
      }
    };
    const first = watch('--json', ...urls);
    await eventually('one is followed', () => one.streams + other.streams === 1 && one.cursors.length > 0);
    await eventually('the other is asked', () => other.cursors.length > 0);
    happen(5);
    await eventually('all is printed', () => idsIn(first.stdout()).length === expected.length);
    const [dying, left] = one.streams === 1 ? [one, other] : [other, one];
    await dying.kill();
    happen(5);
    await eventually('the other hub is followed', () => idsIn(first.stdout()).length === expected.length, LONG_MS);
    expect(left.cursors.at(-1)).toBe(log.cursorAt(10));
    hubs.push(await FakeHub.start(log, 'hub3', dying.port));
    happen(5);
    await left.kill();
    happen(5);
    await eventually('the first is back', () => idsIn(first.stdout()).length === expected.length, LONG_MS);
    await endChild(first.child);
    happen(5);
    const second = watch('--json', ...urls);
    const printed = () => [...idsIn(first.stdout()), ...idsIn(second.stdout())];
    await eventually('the next run goes on', () => printed().length === expected.length, LONG_MS);
    expect(printed()).toEqual(expected);
    expect(first.stderr()).not.toContain('missed');
  }, 180_000);

  it('names the exporter first, safe in a terminal, and says once that the bus cannot be read', async () => {
    const one = await hub();
    const { stdout, stderr } = watch('--scope=fleet', '--host=build*', `--url=${one.url}`);
    await eventually('it is followed', () => one.streams === 1);
    expect(one.urls).toEqual(['/events?scope=fleet&host=build*']);
    for (const seconds of [3, 18]) one.beat(`source down ${seconds}s`);
    await eventually('it says so', () => stderr().includes('cannot read its bus for 3 s'));
    publish('build7', 1, 'tmux server work crashed');
    publish('build\u001b[2J\u202e', 1, 'tmux server work crashed');
    await eventually('both are printed', () => stdout().split('\n').length > 2);
    expect(stdout()).toMatch(
      / critical build7: tmux server work crashed\n.* critical build\ufffd\[2J\ufffd: tmux server/,
    );
    await eventually('it says so', () => stderr().includes('the bus is read again'));
    expect(stderr().trimEnd().split('\n')).toHaveLength(2);
  }, 60_000);

  it('is told what is missing, and handles what is published again once', async () => {
    const one = await hub();
    const { stdout, stderr } = watch('--json', `--url=${one.url}`);
    await eventually('it is followed', () => one.streams === 1);
    for (const number of [1, 2, 3]) publish('build7', number);
    await eventually('all are printed', () => idsIn(stdout()).length === 3);
    log.rewind(0, ['build8', 'e-1'], ['build7', 'e-1'], ['build7', 'e-2'], ['build7', 'e-3']);
    one.turnTo(log);
    publish('build7', 4);
    await eventually('the new ones are printed', () => idsIn(stdout()).length === 5);
    expect(idsIn(stdout())).toEqual(['build7 e-1', 'build7 e-2', 'build7 e-3', 'build8 e-1', 'build7 e-4']);
    expect(stderr()).toContain('events may be missing: the fleet does not know the last handled one (epoch)');
  }, 60_000);

  it('gives a command the name of the exporter', async () => {
    const one = await hub();
    const { stdout } = watch(`--url=${one.url}`, '--exec', 'sh', '-c', 'echo "$TMUX_EXPORTER_EVENT_NAME"');
    await eventually('it is followed', () => one.streams === 1);
    publish('build7', 1);
    await eventually('it was run', () => stdout() === 'build7\n');
  }, 60_000);

  it('is refused by an exporter without a fleet, in words and with the code of wrong usage', async () => {
    const daemon = await Daemon.start({ sockets: folder });
    daemons.push(daemon);
    const { code, stderr } = await cli(['watch', '--scope=fleet', `--url=${daemon.url}`], env());
    expect(code).toBe(2);
    expect(stderr).toContain('expected');
    expect(stderr.split('\n')).toHaveLength(2);
  }, 60_000);

  it('shows its notices in a shell', async () => {
    const one = await hub();
    screens.push(await ShellScreen.start('bash', folder, `--url ${one.url} --host 'build*'`));
    await eventually('it is followed', () => one.streams === 1);
    expect(one.urls).toEqual(['/events?scope=fleet&host=build*']);
    publish('build7', 1, 'tmux server work crashed');
    await eventually('the notice is there', async () => {
      const [screen] = screens;
      await screen?.press('Enter');
      return (await screen?.lines())?.some((line) => line.includes('build7: tmux server work crashed')) ?? false;
    });
  }, 60_000);
});
