import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isInstalled } from '../../support/machine/program.ts';
import { Guest, type Start } from '../support/guest.ts';

const SHOW = `show() { echo "status $? pipe \${(j: :)pipestatus}" }`;
const HOOK = 'autoload -Uz add-zsh-hook; add-zsh-hook precmd show';
const TYPED = [
  'true | (exit 1) | (exit 3)',
  'true the-last-word',
  'echo "$_"',
  'echo "$(setopt) $IFS"',
  '\\builtin cd /; \\builtin cd -q $HOME',
];

/** The commands of a pipe are traced in any order. */
const TYPED_WITHOUT_PIPE = ['(exit 3)', ...TYPED.slice(1)];

const CASES: readonly (readonly [string, Start])[] = [
  ['nothing', {}],
  ['a hook before', { before: HOOK }],
  ['a hook after', { after: HOOK }],
  ['the function precmd', { before: 'precmd() { show }' }],
  [
    'a list of hooks that is sorted again, like that of powerlevel10k',
    {
      after: `last() { show; precmd_functions=(\${precmd_functions:#last} last) }; precmd_functions=(: $precmd_functions last)`,
    },
  ],
  [
    'a prompt with status and pipe, like starship',
    { before: `${HOOK}; setopt promptsubst; PS1='$? \${(j: :)pipestatus} $ '` },
  ],
  ['hooks that are put first, like those of oh-my-zsh', { after: `precmd_functions=(show $precmd_functions)` }],
  ['KSH_ARRAYS', { before: `${HOOK}; setopt KSH_ARRAYS` }],
  ['SH_WORD_SPLIT', { before: `${HOOK}; setopt SH_WORD_SPLIT` }],
  ['NO_UNSET', { before: `${HOOK}; setopt NO_UNSET; unset NO_COLOR` }],
  ['emulate ksh', { before: `${HOOK}; emulate ksh` }],
  ['WARN_CREATE_GLOBAL', { before: `${HOOK}; setopt WARN_CREATE_GLOBAL WARN_NESTED_VAR` }],
  [
    'globbing options',
    { before: `${HOOK}; setopt NO_CLOBBER NULL_GLOB GLOB_SUBST RC_QUOTES IGNORE_BRACES RC_EXPAND_PARAM` },
  ],
  ['a strange IFS', { before: `${HOOK}; IFS='_0123456789 e'` }],
  ['a readonly IFS', { before: `${HOOK}; IFS=$'\\n'; typeset -r IFS` }],
  ['a ZERR trap', { before: `${HOOK}; TRAPZERR() { echo failed }` }],
  ['ERR_RETURN', { before: `${HOOK}; setopt ERR_RETURN` }],
  [
    'a readonly list of other names',
    { before: `${HOOK}; typeset -r pid=1 start=2 text=3 newest=4 first=5 severity=6` },
  ],
  [
    'functions with names of commands',
    {
      before: `${HOOK}\nfor name in cd read printf print kill mkdir rm mkfifo umask zle; do functions[$name]="echo $name; builtin $name"; done`,
    },
  ],
  [
    'aliases with names of commands',
    {
      before: `${HOOK}\nalias builtin='echo b' command='echo c' local='echo l' emulate='echo e' mkdir='mkdir -pv'; alias -g REPLY=X true=false`,
    },
  ],
];

let guest: Guest;

beforeEach(async () => {
  guest = await Guest.create();
});

afterEach(() => guest.cleanup());

(isInstalled('zsh') ? describe : describe.skip)('A zsh that somebody else set up', () => {
  const expectOneNotice = ({ before = '', after = '' }: Start, typed: readonly string[]) => {
    const start = { before: `${SHOW}\n${before}`, after };
    const lines = [...typed, guest.notice, ':', ':'];
    const alone = guest.typeAlone('zsh', start, lines);
    const seen = guest.withoutNotices(guest.type('zsh', start, lines));
    expect(seen).toEqual({ ...alone, notices: 1 });
  };

  it.each(CASES)('shows the notice once, and nothing else changes: %s', (_, start) => {
    expectOneNotice(start, TYPED);
  });

  it('shows the notice once, and nothing else changes: a tracing of lines', () => {
    expectOneNotice({ after: `${HOOK}; PS4=+; setopt XTRACE` }, TYPED_WITHOUT_PIPE);
  });

  it.each(['trap "echo seen" DEBUG', 'TRAPDEBUG() { echo seen }'])(
    'runs a DEBUG trap once per prompt for us: %s',
    (trap) => {
      const lines = [':', ':', 'trap'];
      const start = { after: trap };
      const countOf = ({ stdout }: { stdout: string }) => stdout.match(/^seen$/gm)?.length ?? 0;
      const alone = guest.typeAlone('zsh', start, lines);
      const seen = guest.type('zsh', start, lines);
      expect(countOf(seen) - countOf(alone)).toBeLessThanOrEqual(lines.length + 1);
      expect(seen.stdout).toContain('echo seen');
    },
  );

  it.each([
    ['before our line', { before: `${SHOW}; ${HOOK}; setopt restricted` }],
    ['after it', { before: `${SHOW}; ${HOOK}`, after: 'setopt restricted' }],
  ])('changes nothing if it is restricted %s', (_, start) => {
    const lines = ['(exit 3)', ':', ':'];
    expect(guest.type('zsh', start, lines)).toEqual(guest.typeAlone('zsh', start, lines));
  });

  it('starts the follower in silence and unhindered: a chpwd hook, an alias of mkdir, and no BG_NICE', () => {
    const before = `unsetopt BG_NICE; alias mkdir='mkdir -pv'; chpwd() { echo moved }; cd() { echo hook }`;
    const started = join(guest.home, 'started');
    const follower = ['sh', '-c', 'echo "$(nice) $(pwd)" >"$0"', started];
    const parts = { folder: join(guest.home, 'state', 'deep'), follower };
    const niceness = guest.typeAlone('zsh', {}, ['nice']).stdout.trim();
    const { stdout, stderr } = guest.type(
      'zsh',
      { before },
      [`until test -s ${started}; do sleep 0.01; done; cat ${started}`],
      parts,
    );
    expect(stdout).toBe(`${niceness} /\n`);
    expect(stderr).not.toMatch(/nice|mkdir/);
  });

  it('says nothing if its home cannot be written, neither at its start nor a minute later, and starts no follower', () => {
    const parts = { folder: '/proc/self/nowhere', follower: ['touch', join(guest.home, 'started')] };
    const lines = ['SECONDS=60', ':', 'test -e started || echo none'];
    const alone = guest.typeAlone('zsh', {}, lines);
    expect(guest.type('zsh', {}, lines, parts)).toEqual(alone);
    expect(alone.stdout).toBe('none\n');
  });
});
