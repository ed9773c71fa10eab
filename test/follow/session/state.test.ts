import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_STATE, StateFile } from '../../../src/follow/session/state.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { life } from '../support/samples.ts';

describe('StateFile', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    path = join(folder, 'tmux-exporter', 'watch.json');
    mkdirSync(join(folder, 'tmux-exporter'));
  });

  afterEach(() => removeFolder(folder));

  it('keeps the cursor and who lived, for its owner alone', () => {
    const state = { cursor: 'e-7', host: 'box', servers: [life('work'), life('play', 43)] };
    new StateFile(path, '1').save(state);
    expect(new StateFile(path, '2').load()).toEqual(state);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'tmux-exporter'))).toEqual(['watch.json']);
  });

  it.each(['', '{', '{"v":1,"cursor":7}', '{"v":1,"cursor":"a\\nb"}', '[]'])(
    'takes %j for nothing, not for an error',
    (text) => {
      const file = new StateFile(path, '1');
      file.save(NO_STATE);
      writeFileSync(path, text);
      expect(file.load()).toEqual(NO_STATE);
    },
  );

  it('takes a cursor, but no lives, from the first former place that has one: another machine may have kept it', () => {
    const former = ['none', 'former', 'older'].map((name) => join(folder, 'tmux-exporter', name));
    for (const [at, cursor] of ['', 'e-7', 'd-1'].entries())
      if (cursor) new StateFile(former[at] ?? '', '1').save({ cursor, host: 'box', servers: [life('work')] });
    const file = new StateFile(path, '1', former);
    expect(file.load()).toEqual({ cursor: 'e-7', host: 'box', servers: [] });
    file.save({ cursor: 'f-1', host: null, servers: [life('play')] });
    expect(file.load()).toEqual({ cursor: 'f-1', host: null, servers: [life('play')] });
  });

  it('keeps the events of a fleet that were seen', () => {
    const fleet = { rewinds: 2, seen: [['e build7', 7] as const, ['e build8', 3] as const] };
    const state = { cursor: '0123456789ab-9.cdef', host: null, servers: [], fleet };
    new StateFile(path, '1').save(state);
    expect(new StateFile(path, '2').load()).toEqual(state);
  });

  it('goes back in the log of a fleet only after the log went back', () => {
    const [first, second] = [new StateFile(path, '1'), new StateFile(path, '2')];
    const at = (cursor: string, rewinds: number) => ({ cursor, host: null, servers: [], fleet: { rewinds, seen: [] } });
    first.save(at('0123456789ab-9.cdef', 0));
    second.save(at('0123456789ab-8.0000', 0));
    expect(first.load().cursor).toBe('0123456789ab-9.cdef');
    second.save(at('0123456789ab-2.0000', 1));
    first.save(at('0123456789ab-10.cdef', 0));
    expect(first.load().cursor).toBe('0123456789ab-2.0000');
  });

  it('shared by two, never goes back in one log', () => {
    const [first, second] = [new StateFile(path, '1'), new StateFile(path, '2')];
    first.save({ cursor: 'e-9', host: null, servers: [] });
    second.save({ cursor: 'e-10', host: null, servers: [] });
    first.save({ cursor: 'e-9', host: null, servers: [life('work')] });
    expect(first.load().cursor).toBe('e-10');
    first.save({ cursor: 'f-1', host: null, servers: [] });
    expect(second.load().cursor).toBe('f-1');
  });
});
