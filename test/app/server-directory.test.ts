import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  configuredTargets,
  createServersPort,
  followLinks,
  registerConfigured,
} from '../../src/app/server-directory.ts';
import type { ServersPort } from '../../src/http/ports.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { Subject } from '../support/sample/registry-model.ts';
import { answered, DEAD, failed } from '../support/sample/sample.ts';

describe('A server that the configuration names', () => {
  let folder: string;
  let subject: Subject;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    subject = new Subject();
  });

  afterEach(() => removeFolder(folder));

  /** Registers it as at each tick, while the sockets of the user are in `directory`. Returns the refusals. */
  function registerIn(directory: string): ReadonlyMap<string, string> {
    return registerConfigured(subject.registry, configuredTargets([{ kind: 'name', name: 'work' }], directory));
  }

  function observe(observation: ReturnType<typeof answered>): void {
    subject.registry.apply('work', subject.registry.get('work')?.generation ?? -1, observation);
  }

  function sockets(): string[] {
    return subject.registry.list().map(({ target }) => `${target.name} ${target.socket}`);
  }

  it('follows the socket directory of the user, which can come and go', () => {
    for (const directory of ['a', 'b', 'b', 'a']) {
      expect(registerIn(join(folder, directory)).size).toBe(0);
      expect(sockets()).toEqual([`work ${join(folder, directory, 'work')}`]);
    }
    expect(subject.told).toEqual(['server-registered work']);
  });

  it('stays where it lives, until it dies', () => {
    registerIn(join(folder, 'a'));
    observe(answered());
    registerIn(join(folder, 'b'));
    expect(sockets()).toEqual([`work ${join(folder, 'a', 'work')}`]);

    observe(failed('refused', DEAD));
    registerIn(join(folder, 'b'));
    expect(sockets()).toEqual([`work ${join(folder, 'b', 'work')}`]);
    expect(subject.told.at(-1)).toBe('server-gone work');
  });

  it('takes a living server there that was found before', () => {
    const other = { ...targetAt(join(folder, 'b', 'work')), name: 'work@b' };
    registerIn(join(folder, 'a'));
    subject.registry.register(other);
    subject.registry.apply('work@b', subject.registry.get('work@b')?.generation ?? -1, answered());
    registerIn(join(folder, 'b'));
    expect(subject.registry.list()).toMatchObject([
      {
        target: { name: 'work', socket: join(folder, 'b', 'work'), registration: 'static' },
        life: { version: '3.5a' },
      },
    ]);
  });

  it('follows a link in its path in the new directory, too', async () => {
    for (const each of ['v1', 'v2']) await mkdir(join(folder, each));
    registerIn(join(folder, 'a'));
    await symlink('v1', join(folder, 'b'));
    registerIn(join(folder, 'b'));
    await removeFolder(join(folder, 'b'));
    await symlink('v2', join(folder, 'b'));
    registerIn(join(folder, 'b'));
    expect(sockets()).toEqual([`work ${join(folder, 'v2', 'work')}`]);
  });

  function targetAt(socket: string) {
    return { name: 'work', socket, registration: 'discovered' } as const;
  }
});

describe('A server that the API registered through a link', () => {
  let folder: string;
  let subject: Subject;
  let api: ServersPort;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    subject = new Subject();
    api = createServersPort(subject.registry, async () => {});
    for (const each of ['v1', 'v2']) await mkdir(join(folder, each));
    await symlink('v1', join(folder, 'cur'));
    await api.put('work', join(folder, 'cur', 's'));
  });

  afterEach(() => removeFolder(folder));

  async function retarget(): Promise<void> {
    await rm(join(folder, 'cur'));
    await symlink('v2', join(folder, 'cur'));
  }

  function socket(): string | undefined {
    return subject.registry.get('work')?.target.socket;
  }

  it('follows the link while it does not live', async () => {
    expect(socket()).toBe(join(folder, 'v1', 's'));
    await retarget();
    followLinks(subject.registry);
    expect(socket()).toBe(join(folder, 'v2', 's'));
    expect(subject.told).toEqual(['server-registered work']);
  });

  it('stays where it lives', async () => {
    subject.registry.apply('work', subject.registry.get('work')?.generation ?? -1, answered());
    await retarget();
    followLinks(subject.registry);
    expect(socket()).toBe(join(folder, 'v1', 's'));
  });

  it('takes the same registration again, and follows the link at once', async () => {
    await retarget();
    expect(await api.put('work', join(folder, 'cur', 's'))).toMatchObject({ kind: 'unchanged' });
    expect(socket()).toBe(join(folder, 'v2', 's'));
  });

  it('refuses its name for another path', async () => {
    await retarget();
    expect(await api.put('work', join(folder, 'other'))).toMatchObject({ kind: 'refused', code: 'name_taken' });
  });
});
