import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Guest, type Start } from '../support/guest.ts';

const VERSION = Number(execFileSync('bash', ['-c', 'echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))']));
/** From this version on PROMPT_COMMAND can be a list. */
const LISTS = 501;

const SHOW = `show() { echo "status $? pipe \${PIPESTATUS[*]}"; }`;
const TYPED = [
  'true | (exit 1) | (exit 3)',
  'true the-last-word',
  'echo "$_"',
  '[ 1 = 2 ] && true',
  'echo "$- $(shopt) $(trap) $IFS"',
];

const RESTRICTED = `printf '%s\\n' ': one' ': two' | bash --noprofile --rcfile rc -r -i 2>&1`;

const STARSHIP = `starship_precmd() { local status=$? pipe="\${PIPESTATUS[*]}"; echo "starship $status $pipe"; set_status $status; eval "\${others-}"; PS1='> '; }
set_status() { return $1; }
if [[ -z \${PROMPT_COMMAND-} ]]; then PROMPT_COMMAND=starship_precmd; else others=$PROMPT_COMMAND; PROMPT_COMMAND=starship_precmd; fi`;

const TIMER = `trap 'timer=\${timer:-started}' DEBUG
stop() { show; unset timer; }
PROMPT_COMMAND=stop
PS1='\${timer-stopped}$ '`;

/** What bash-preexec 0.5.0 does: it installs itself at the first prompt, and knows only the first item of PROMPT_COMMAND. */
const PREEXEC = `bash_preexec_imported=defined
preexec_text=$'old_trap=$(trap -p DEBUG)\\ntrap - DEBUG\\npreexec_install'
preexec_first() { local status=$?; for hook in "\${precmd_functions[@]}"; do set_status $status; $hook; done; set_status $status; }
preexec_last() { is_typed=yes; }
set_status() { return $1; }
preexec_trap() {
  [[ -t 1 && $is_typed == yes ]] || return 0
  is_typed=no
  [[ $'\\n'$PROMPT_COMMAND$'\\n' == *$'\\n'"$BASH_COMMAND"$'\\n'* ]] || echo "preexec $BASH_COMMAND"
}
preexec_install() {
  [[ $PROMPT_COMMAND == *preexec_first* ]] && return 1
  trap preexec_trap DEBUG
  PROMPT_COMMAND=$'preexec_first\\n'"\${PROMPT_COMMAND//$preexec_text}"$'\\npreexec_last'
  preexec_first
  preexec_last
}
precmd_functions=(show)
PROMPT_COMMAND="\${PROMPT_COMMAND:+$PROMPT_COMMAND$'\\n'}$preexec_text"`;

const TITLE = `trap 'echo "[$BASH_COMMAND]"' DEBUG`;

const ARRAY_OF_HOOKS = `first() { local status=$?; for hook in "\${precmd_functions[@]}"; do set_status $status; $hook; done; }
set_status() { return $1; }
last() { :; }`;

const EVERYWHERE: readonly (readonly [string, Start])[] = [
  ['nothing', {}],
  ['a text', { before: 'PROMPT_COMMAND=show' }],
  ['a text that ends in a comment', { before: "PROMPT_COMMAND='show # mine'" }],
  ['a text that ends in a semicolon', { before: "PROMPT_COMMAND='show;'" }],
  ['a list', { before: "PROMPT_COMMAND=(show 'echo two')" }],
  ['a list that grows later', { before: "PROMPT_COMMAND='echo mine'", after: 'PROMPT_COMMAND+=(show)' }],
  ['a readonly text', { before: 'PROMPT_COMMAND=show; readonly PROMPT_COMMAND' }],
  ['a readonly list', { before: "PROMPT_COMMAND=(show 'echo two'); readonly PROMPT_COMMAND" }],
  ['a text of capital letters', { before: 'declare -u PROMPT_COMMAND=:' }],
  ['a number', { before: 'declare -i PROMPT_COMMAND=0; 0() { :; }' }],
  ['an exported text', { before: 'export PROMPT_COMMAND=show' }],
  [
    'a text that is put before',
    { before: "PROMPT_COMMAND='echo mine'", after: 'PROMPT_COMMAND="show; $PROMPT_COMMAND"' },
  ],
  ['a status in the prompt', { before: "PROMPT_COMMAND=:; PS1='$? $ '" }],
  ['set -u', { before: 'set -u; PROMPT_COMMAND=show' }],
  ['set -u without PROMPT_COMMAND', { before: 'set -u; unset PROMPT_COMMAND COLUMNS SECONDS' }],
  ['noclobber', { before: 'set -C; PROMPT_COMMAND=show' }],
  ['globbing options', { before: 'shopt -s nullglob failglob extglob nocasematch; set -f; PROMPT_COMMAND=show' }],
  ['posix mode', { before: 'set -o posix; PROMPT_COMMAND=show' }],
  ['a strange IFS', { before: "IFS='_0123456789 e'; PROMPT_COMMAND=show" }],
  ['a readonly IFS', { before: "IFS=$'\\n'; readonly IFS; PROMPT_COMMAND=show" }],
  ['an ERR trap', { before: "set -E; trap 'echo failed' ERR; PROMPT_COMMAND=show" }],
  [
    'readonly variables',
    { before: 'readonly pid=1 start=2 stat=3 text=4 newest=5 first=6 status=7; PROMPT_COMMAND=show' },
  ],
  [
    'functions with names of commands',
    {
      before: `for name in cd read printf kill mkdir local umask exec continue return shopt declare trap; do
  eval "$name() { echo $name was called; builtin $name \\"\\$@\\"; }"
done; PROMPT_COMMAND=show`,
    },
  ],
  [
    'aliases with names of commands',
    {
      before: `for name in builtin cd read printf kill local umask exec return; do alias "$name=echo $name"; done
alias mkdir='mkdir -pv' command='echo command'; PROMPT_COMMAND=show`,
    },
  ],
  ['a prompt like starship, before', { before: STARSHIP }],
  ['a prompt like starship, after', { before: 'PROMPT_COMMAND=show', after: STARSHIP }],
  [
    'hooks like those of bash-preexec, after',
    {
      before: 'PROMPT_COMMAND=show',
      after: `${ARRAY_OF_HOOKS}\nprecmd_functions=(show)\nPROMPT_COMMAND="first\n$PROMPT_COMMAND\nlast"`,
    },
  ],
];

const WITH_LISTS: readonly (readonly [string, Start])[] = [
  ['a text that replaces it later', { after: 'PROMPT_COMMAND=show' }],
  ['an export that replaces it later', { after: 'export PROMPT_COMMAND=show' }],
  ['a text that is appended without a semicolon', { after: 'PROMPT_COMMAND+="show"' }],
  ['a text that is appended', { after: `PROMPT_COMMAND="\${PROMPT_COMMAND:+$PROMPT_COMMAND; }show"` }],
  ['a timer that a DEBUG trap starts', { before: TIMER }],
  ['a DEBUG trap that prints each command', { after: TITLE }],
];

let guest: Guest;

beforeEach(async () => {
  guest = await Guest.create();
});

afterEach(() => guest.cleanup());

function expectNothingElseChanges({ before = '', after = '' }: Start, typed: readonly string[] = TYPED): void {
  const start = { before: `${SHOW}\n${before}`, after };
  const lines = [...typed, guest.notice, ':', ':'];
  const alone = guest.typeAlone('bash', start, lines);
  const seen = guest.withoutNotices(guest.type('bash', start, lines));
  expect(seen).toEqual({ ...alone, notices: 1 });
}

describe('A bash that somebody else set up', () => {
  it.each(EVERYWHERE)('shows the notice once, and nothing else changes: %s', (_, start) => {
    expectNothingElseChanges(start);
  });

  (VERSION < LISTS ? it.skip : it).each(WITH_LISTS)(
    'shows the notice once, and nothing else changes: %s',
    (_, start) => {
      expectNothingElseChanges(start);
    },
  );

  it('does not end with set -e, whatever the line left', () => {
    expectNothingElseChanges({ before: 'set -e; PROMPT_COMMAND=show' }, ['[ 1 = 2 ] && true']);
  });

  it.each([
    ['before our line', { before: `${SHOW}; PROMPT_COMMAND=show; set -r` }, []],
    ['after it', { before: `${SHOW}; PROMPT_COMMAND=show`, after: 'set -r' }, []],
    [
      'after it, with an exported PROMPT_COMMAND',
      { before: `${SHOW}; export PROMPT_COMMAND=show`, after: 'set -r' },
      [],
    ],
    ['after it, with a readonly PROMPT_COMMAND', { before: `${SHOW}; readonly PROMPT_COMMAND=show` }, ['set -r']],
  ])('changes nothing if it is restricted %s', (_, start, typed) => {
    const lines = [...typed, '(exit 3)', ':', ':'];
    expect(guest.type('bash', start, lines)).toEqual(guest.typeAlone('bash', start, lines));
  });

  it('changes nothing if it was started as a restricted shell', () => {
    expect(guest.type('bash', {}, [RESTRICTED])).toEqual(guest.typeAlone('bash', {}, [RESTRICTED]));
  });

  it('shows the notice once, whatever COLUMNS is', () => {
    expectNothingElseChanges({ before: SHOW }, ['COLUMNS=08']);
    expectNothingElseChanges({ before: SHOW }, ['COLUMNS=wide']);
  });

  it('runs a command that is appended to PROMPT_COMMAND without a semicolon, with the status of the line', () => {
    const start = { before: SHOW, after: 'PROMPT_COMMAND+="show"' };
    const { stdout } = guest.type('bash', start, ['(exit 7)']);
    expect(stdout).toContain('status 7');
  });

  it('leaves a PROMPT_COMMAND to its children that works without our functions', () => {
    const start = { before: `export PROMPT_COMMAND='echo mine'` };
    const child = 'echo "echo typed" | bash --norc -i 2>&1';
    const { stdout } = guest.type('bash', start, [child]);
    expect(stdout).toMatch(/mine\n.*echo typed\ntyped\nmine\n/);
    expect(stdout).not.toContain('not found');
  });

  it('installs itself once, however often the start file is read', () => {
    const { stdout } = guest.type('bash', {}, ['eval "$(\\cat init)"', `echo "<\${PROMPT_COMMAND[*]}>"`]);
    expect(stdout.match(/__tmux_exporter_\w+/g)).toHaveLength(1);
  });
});

(VERSION < LISTS ? describe.skip : describe)('A bash with a DEBUG trap', () => {
  it.each([
    ['before', { before: `${SHOW}\n${PREEXEC}` }],
    ['after', { before: SHOW, after: PREEXEC }],
  ])('runs preexec once for each command, and nothing else changes: bash-preexec %s our line', async (_, start) => {
    const linesOf = async (isAlone: boolean) => {
      const screen = await guest.open('bash', start, isAlone);
      try {
        for (const line of ['echo one', '(exit 3)', guest.notice, 'trap -p DEBUG']) await screen.enter(line);
        return await screen.lines();
      } finally {
        await screen.cleanup();
      }
    };
    const alone = await linesOf(true);
    expect(alone).toContain('preexec echo one');
    const lines = await linesOf(false);
    expect(lines.filter((line) => !line.includes('tmux server work crashed'))).toEqual(alone);
    expect(lines.length).toBe(alone.length + 1);
  });

  it('leaves PS1 alone with set -T and a trap that prints', () => {
    const { stdout } = guest.type('bash', { before: `set -T; ${TITLE}` }, ['echo "<$PS1>"']);
    expect(stdout).toContain('<$ >');
  });

  it('does not print our command, if there is no other one before the prompt', () => {
    const { stdout } = guest.type('bash', { before: TITLE }, ['echo first', 'echo second']);
    expect(stdout).toContain('[echo first]\nfirst\n[echo second]\nsecond\n');
  });
});

describe('A bash with a readonly PROMPT_COMMAND', () => {
  it('shows the notice once, and a whole prompt, with a trap of SIGCHLD', () => {
    const start = { before: 'PROMPT_COMMAND=show; readonly PROMPT_COMMAND; trap : CHLD' };
    expectNothingElseChanges(start, ['true', '(exit 3)', 'sleep 0']);
  });

  it('shows nothing twice if the start file is read again', () => {
    const again = 'eval "$(\\cat init)"';
    const typed = [':', guest.notice, ':', again, ':', ':'];
    const seen = guest.withoutNotices(guest.type('bash', { before: 'readonly PROMPT_COMMAND=:' }, typed));
    expect(seen.notices).toBe(1);
  });

  it('starts a follower a minute after the last one, if that was killed', () => {
    const started = join(guest.home, 'started');
    const parts = { folder: join(guest.home, 'state'), follower: ['sh', '-c', 'echo started >>"$0"', started] };
    const wait = (lines: number) => `until (($(cat ${started} 2>/dev/null | wc -l) == ${lines})); do sleep 0.01; done`;
    const typed = [wait(1), ':', 'SECONDS=999', ':', wait(2), ':', ':', 'sleep 0.1', `cat ${started}`];
    const { stdout } = guest.type('bash', { before: 'readonly PROMPT_COMMAND=:' }, typed, parts);
    expect(stdout).toBe('started\nstarted\n');
  });
});

describe('A bash whose home cannot be written', () => {
  it('says nothing, neither at its start nor a minute later, and starts no follower', () => {
    const follower = ['touch', join(guest.home, 'started')];
    const parts = { folder: '/proc/self/nowhere', follower };
    const { stdout, stderr } = guest.type('bash', {}, ['SECONDS=60', ':', 'test -e started || echo none'], parts);
    expect(stdout).toBe('none\n');
    expect(stderr).not.toMatch(/bash: |mkdir/);
  });
});

describe('A bash with other notions of cd and mkdir', () => {
  it('starts the follower in silence', () => {
    const before = `alias mkdir='mkdir -pv'\ncd() { echo hook; builtin cd "$@"; }`;
    const started = join(guest.home, 'started');
    const parts = { folder: join(guest.home, 'state', 'deep'), follower: ['sh', '-c', 'pwd >"$0"', started] };
    const { stdout } = guest.type(
      'bash',
      { before },
      [`until test -s ${started}; do sleep 0.01; done; \\cat ${started}`],
      parts,
    );
    expect(stdout).toBe('/\n');
  });
});
