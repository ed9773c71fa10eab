import { describe, expect, it } from '@jest/globals';
import { fileProblem } from '../../src/commands/configuration.ts';
import { configSchema } from '../../src/config/schema.ts';

describe('A configuration that is read again', () => {
  it.each([
    ['the same file', '/etc/config.yml', '/etc/config.yml'],
    ['no file, as before', null, null],
    ['a file that has appeared', null, '/etc/config.yml'],
  ])('can come from %s', (_, former, file) => {
    expect(fileProblem(former, readFrom(file))).toBeNull();
  });

  it('cannot come from another file, or from none any more', () => {
    const other = fileProblem('/home/a/config.yml', readFrom('/etc/config.yml'));
    expect(other).toBe('expected /home/a/config.yml as before, found /etc/config.yml: restart to use the other file');
    const none = fileProblem('/home/a/config.yml', readFrom(null));
    expect(none).toMatch(/^expected \/home\/a\/config\.yml as before, found no configuration file: put it back/);
  });

  function readFrom(file: string | null) {
    return { config: configSchema.parse({}), file };
  }
});
