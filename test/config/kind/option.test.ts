import { describe, expect, it } from '@jest/globals';
import { duration, integer, toggle } from '../../../src/config/kind/kind.ts';
import { option, schemaOf } from '../../../src/config/kind/option.ts';
import { leavesOf } from '../../../src/config/leaf.ts';

const tree = {
  web: {
    config: { file_age: option(duration('1s', '1h'), { default: '1m', description: 'Age.' }) },
    max_open_files: option(integer(1), { default: 3, description: 'Files.', flag: 'files' }),
  },
  heal: option(toggle, { default: false, description: 'Heal.' }),
};

describe('a tree of options', () => {
  it('gives every default if nothing is set', () => {
    expect(schemaOf(tree).parse(undefined)).toEqual({
      web: { config: { fileAgeMs: 60_000 }, maxOpenFiles: 3 },
      heal: false,
    });
  });

  it('names flags and variables after the place of an option, however deep', () => {
    const [age] = leavesOf(tree);
    expect(age).toMatchObject({
      path: ['web', 'config', 'file_age'],
      flag: 'web.config.file-age',
      environment: 'TMUX_EXPORTER_WEB_CONFIG_FILE_AGE',
    });
  });

  it('lets an option have a flag of another name', () => {
    expect(leavesOf(tree)[1]).toMatchObject({ flag: 'files', environment: 'TMUX_EXPORTER_FILES' });
  });

  it('writes a default as a person would', () => {
    expect(leavesOf(tree).map((leaf) => leaf.option.defaultText)).toEqual(['1m', '3', 'false']);
  });
});
