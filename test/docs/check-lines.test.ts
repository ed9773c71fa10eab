import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cli, daemonFlags } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { textOf } from './support/documents.ts';

const CONFIG = `
webhooks: [{name: oncall, url: 'http://127.0.0.1:9/'}]
alertmanagers: [{name: prod, url: 'http://127.0.0.1:9/'}]
`;

describe('The page on troubleshooting', () => {
  let folder: string;
  let server: TmuxServer;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    server = await TmuxServer.start({ folder, name: 'work' });
  });
  afterEach(async () => {
    await server.cleanup();
    await removeFolder(folder);
  });

  it('has a row for every line of check', async () => {
    const file = join(folder, 'config.yml');
    writeFileSync(file, CONFIG, { mode: 0o644 });
    const { stdout } = await cli(['check', `--config.file=${file}`, ...daemonFlags(folder)]);
    const subjects = [...stdout.matchAll(/^(?:ok {3}|note |FAIL )(.*?): /gm)].map(([, subject = '']) => subject);
    const named = subjects.map((subject) => subject.replace(/^(web hook|Alertmanager|server) .*/, '$1 NAME'));
    expect(named).toEqual(expect.arrayContaining(['secrets', 'web hook NAME', 'Alertmanager NAME', 'server NAME']));
    const [, table = ''] = textOf('docs/troubleshooting.md').split('## By the line of `check`');
    expect(named.filter((subject) => !table.includes(`\`${subject}\``))).toEqual([]);
  });
});
