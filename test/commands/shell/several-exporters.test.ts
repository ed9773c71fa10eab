import { describe, expect, it } from '@jest/globals';
import { cli } from '../../support/daemon/daemon.ts';

describe('shell-init for several exporters', () => {
  const urls = ['http://build7:8689', 'http://build8:8689'];
  const folderIn = (text: string) => /__tmux_exporter_folder='([^']+)'/.exec(text)?.[1];

  it('passes all of them on to the follower, with how each is reached', async () => {
    const flags = ['--url', urls.join(), '--token-file=', '--token-file=b.token'];
    const { stdout } = await cli(['shell-init', 'bash', ...flags]);
    const words = [...urls.map((url) => `--url=${url}`), '--token-file=', '--token-file=b.token'];
    expect(stdout).toContain(words.map((word) => `'${word}'`).join(' '));
  });

  it('has one follower for the same exporters in any order, and another for other exporters', async () => {
    const folders = [urls, urls.toReversed(), urls.slice(1)].map(async (some) => {
      return folderIn((await cli(['shell-init', 'bash', ...some.map((url) => `--url=${url}`)])).stdout);
    });
    const [both, reversed, one] = await Promise.all(folders);
    expect(both).toBe(reversed);
    expect(both).not.toBe(one);
  });

  it('refuses a password in a flag, which the follower would not get', async () => {
    const { code, stderr } = await cli(['shell-init', 'bash', '--url=http://me:secret@build7:8689']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('write the URL into ~/.config/tmux-exporter/client.yml'),
    });
    expect(stderr).not.toContain('secret');
    const env = { TMUX_EXPORTER_URL: 'http://me:secret@build7:8689' };
    const { stdout } = await cli(['shell-init', 'bash'], env);
    expect(stdout).not.toMatch(/secret|--url/);
  });
});
