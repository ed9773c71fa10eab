import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isServerGone, sayingOf } from '../../../src/tmux/query/gone.ts';

const SOCKET = '/tmp/tmux-1000/work';

/** Every text that says that nobody listens, as tmux prints it. */
const GONE_TEXTS = [
  `no server running on ${SOCKET}`,
  `error connecting to ${SOCKET} (Connection refused)`,
  `error connecting to ${SOCKET} (No such file or directory)`,
];

describe('sayingOf', () => {
  it.each([
    [`no server running on ${SOCKET}`, 'no_server'],
    [`error connecting to ${SOCKET} (Connection refused)`, 'no_server'],
    [`error connecting to ${SOCKET} (No such file or directory)`, 'no_socket'],
    [`error connecting to ${SOCKET} (Permission denied)`, 'permission'],
    ['access not allowed', 'permission'],
    ['server exited unexpectedly', 'lost_server'],
    ['lost server', 'lost_server'],
    ['protocol version mismatch (client 8, server 7)', 'protocol_mismatch'],
    ['no current target', 'no_target'],
    [`error connecting to ${SOCKET} (File name too long)`, 'other'],
    ['unknown command: frobnicate', 'other'],
    ['', 'other'],
  ])('takes "%s" for %s', (line, said) => {
    expect(sayingOf({ socket: SOCKET, stderr: `${line}\n` })).toBe(said);
  });

  it('finds its line among others', () => {
    const stderr = `a warning of the loader\n${GONE_TEXTS[0]}\n`;

    expect(sayingOf({ socket: SOCKET, stderr })).toBe('no_server');
  });

  it('reads a line that no newline ends', () => {
    expect(sayingOf({ socket: SOCKET, stderr: 'lost server' })).toBe('lost_server');
  });
});

describe('isServerGone', () => {
  it.each(GONE_TEXTS)('believes "%s"', (line) => {
    expect(isServerGone({ socket: SOCKET, stderr: `${line}\n` })).toBe(true);
  });

  it.each([
    ['a bad target with the same words', `can't find window: no server running on ${SOCKET}`],
    ['a file that a live server could not read', '/home/anna/x.conf: No such file or directory'],
    ['a configuration line about a socket', `x.conf:3: error connecting to ${SOCKET} (No such file or directory)`],
    ['another socket', 'no server running on /tmp/tmux-1000/other'],
    ['a socket whose path begins with ours', `no server running on ${SOCKET}2`],
    ['words before', `tmux: no server running on ${SOCKET}`],
    ['words after', `no server running on ${SOCKET} any more`],
    ['a space before', ` no server running on ${SOCKET}`],
    ['other letters', `No server running on ${SOCKET}`],
    ['a lost server', 'server exited unexpectedly'],
    ['a refused permission', `error connecting to ${SOCKET} (Permission denied)`],
    ['silence', ''],
  ])('does not believe %s', (_, line) => {
    expect(isServerGone({ socket: SOCKET, stderr: `${line}\n` })).toBe(false);
  });

  it('never believes a line that only holds the words', () => {
    const around = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '' && !text.includes('\n'));
    fc.assert(
      fc.property(around, fc.constantFrom(...GONE_TEXTS), fc.boolean(), (words, line, isBefore) => {
        const stderr = isBefore ? `${words}${line}` : `${line}${words}x`;
        expect(isServerGone({ socket: SOCKET, stderr })).toBe(false);
      }),
    );
  });

  it('believes a path that holds what a pattern would take for its own', () => {
    const socket = '/tmp/a.b(c)+[d]/$x';

    expect(isServerGone({ socket, stderr: `no server running on ${socket}` })).toBe(true);
    expect(isServerGone({ socket, stderr: 'no server running on /tmp/aXb(c)+[d]/$x' })).toBe(false);
  });
});
