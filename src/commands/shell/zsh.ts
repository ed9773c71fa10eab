import { quotePosix } from '../quoting.ts';
import type { ShellParts } from './parts.ts';

/**
 * The lines that show notices in zsh, immediately and above the line that is being typed. The line editor also waits for a FIFO
 * (`zle -F`), and redraws prompt and line below the notice. A prompt without notices costs three reads of small files, and starts no process.
 *
 * The shell belongs to the user. `emulate -c` parses the lines without its aliases, and lets each function run with the options given here,
 * not those of the shell; `builtin` and `command` avoid its functions. A command that may fail is on the left of `||`, so ZERR traps do not
 * react.
 */
export function zshInit(parts: ShellParts): string {
  const options = ['aliases', 'bg_nice', 'xtrace', 'err_exit', 'err_return'].map((name) => `-o no_${name}`);
  const flags = [...options, '-o local_traps'].join(' ');
  return `# tmux-exporter: notices above the prompt.
[[ -o restricted ]] || \\builtin emulate zsh ${flags} -c ${quotePosix(linesOf(parts))}
`;
}

function linesOf({ folder, follower }: ShellParts): string {
  return `
if [[ -o interactive ]]; then
  typeset -g __tmux_exporter_folder=${quotePosix(folder)}
  typeset -gi __tmux_exporter_seen __tmux_exporter_tried=-60
  typeset -g __tmux_exporter_fd=\${__tmux_exporter_fd-}

  # Whether the follower lives: a process with its pid and its start time, not a zombie.
  __tmux_exporter_followed() {
    local __te_claim= __te_stat=
    [[ -r $__tmux_exporter_folder/follower ]] || builtin return 1
    __te_claim=$(<"$__tmux_exporter_folder/follower")
    if [[ ! -d /proc/self ]]; then
      builtin kill -0 "\${__te_claim%% *}"
    else
      [[ $__te_claim == <->" "* && -r /proc/\${__te_claim%% *}/stat ]] || builtin return 1
      __te_stat=$(</proc/\${__te_claim%% *}/stat)
      __te_stat=\${__te_stat##*') '}
      [[ $__te_stat == [^ZX]*" \${__te_claim#* } "* ]]
    fi
  }

  # Leaves all that is open. A follower outlives this shell: it would hold an inherited lock or pipe for as long.
  __tmux_exporter_leave() {
    local -i __te_fd=2
    builtin cd -q / && exec </dev/null >/dev/null 2>&1 || builtin return
    while (( ++__te_fd < 256 )); do [[ -e /dev/fd/$__te_fd ]] && exec {__te_fd}>&-; done
    builtin return 0
  }

  # Registers this shell, and starts the one follower of all shells if none runs.
  __tmux_exporter_start() {
    local __te_mine=$__tmux_exporter_folder/shells/$$
    local -i __te_waited=$(( \${SECONDS:-0} - __tmux_exporter_tried ))
    (( __te_waited >= 60 || __te_waited < 0 )) || builtin return 0
    __tmux_exporter_tried=\${SECONDS:-0}
    # One that this shell has not opened is of an earlier process with its pid.
    if [[ ! -p $__te_mine || -z $__tmux_exporter_fd ]]; then
      (builtin umask 077; command mkdir -p "$__tmux_exporter_folder/shells"; command rm -f "$__te_mine"; command mkfifo "$__te_mine") >/dev/null
      # What is open was another one, which was removed.
      if [[ -n $__tmux_exporter_fd ]]; then
        builtin zle -F $__tmux_exporter_fd
        exec {__tmux_exporter_fd}>&-
        __tmux_exporter_fd=
      fi
    fi
    # If a shell cannot register, a follower cannot write either.
    [[ -p $__te_mine ]] || builtin return 0
    if [[ -z $__tmux_exporter_fd ]] && builtin zmodload zsh/system; then
      builtin sysopen -rw -o cloexec -u __tmux_exporter_fd "$__te_mine" && builtin zle -F $__tmux_exporter_fd __tmux_exporter_wake
    fi
    __tmux_exporter_followed && builtin return 0
    (__tmux_exporter_leave && exec ${follower.map(quotePosix).join(' ')} &)
  }

  # Sets REPLY to the number of the newest notice; fails if that was shown already.
  __tmux_exporter_news() {
    REPLY=0
    # Not read, because IFS may be readonly.
    [[ -r $__tmux_exporter_folder/newest ]] && REPLY=$(<"$__tmux_exporter_folder/newest")
    [[ $REPLY == <-> ]] && (( REPLY != __tmux_exporter_seen ))
  }

  __tmux_exporter_show() {
    local -i __te_newest=$1 __te_first=$__tmux_exporter_seen
    local __te_severity __te_text __te_colour= __te_plain=
    __tmux_exporter_seen=$__te_newest
    (( __te_newest < __te_first )) && __te_first=0
    if (( __te_newest - __te_first > 20 )); then
      builtin print -r -- "$(( __te_newest - __te_first - 20 )) earlier notices are not shown"
      __te_first=$(( __te_newest - 20 ))
    fi
    while (( __te_first++ < __te_newest )); do
      [[ -r $__tmux_exporter_folder/notices/$__te_first ]] || builtin continue
      __te_text=$(<"$__tmux_exporter_folder/notices/$__te_first")
      __te_severity=\${__te_text%% *} __te_text=\${__te_text#* }
      if [[ -z $NO_COLOR && $TERM != dumb ]]; then
        __te_plain=$'\\e[0m'
        case $__te_severity in
          (critical) __te_colour=$'\\e[1;31m' ;;
          (warning) __te_colour=$'\\e[33m' ;;
          (*) __te_colour=$'\\e[36m' ;;
        esac
      fi
      builtin print -r -- "$__te_colour$__te_text$__te_plain"
    done
  }

  __tmux_exporter_wake() {
    builtin trap - DEBUG
    local __te_ignored REPLY
    if [[ -n $2 ]]; then
      builtin zle -F $1
      builtin return
    fi
    builtin sysread -i $1 -t 0 __te_ignored
    __tmux_exporter_news || builtin return 0
    builtin zle -I
    __tmux_exporter_show $REPLY
  }

  __tmux_exporter_check() {
    local REPLY
    __tmux_exporter_news && __tmux_exporter_show $REPLY
    { [[ -p $__tmux_exporter_folder/shells/$$ ]] && __tmux_exporter_followed } || __tmux_exporter_start
  }

  # A DEBUG trap of the user sees one command of ours: it is off until the function ends. A shell that was restricted later cannot redirect output.
  __tmux_exporter_prompt() {
    builtin trap - DEBUG
    if [[ -o restricted ]]; then builtin return 0; fi
    { __tmux_exporter_check } 2>/dev/null || builtin true
  }

  __tmux_exporter_begin() {
    builtin trap - DEBUG
    local REPLY
    # What this shell has seen stays seen, and what waits is shown, if the lines are read again. Others may have exported their variables.
    if [[ \${__tmux_exporter_owner-} != "$$ $__tmux_exporter_folder" ]]; then
      typeset -g __tmux_exporter_owner="$$ $__tmux_exporter_folder"
      __tmux_exporter_seen=0
      __tmux_exporter_news && __tmux_exporter_seen=$REPLY
    fi
    __tmux_exporter_start
  }
  { __tmux_exporter_begin } 2>/dev/null || builtin true
  unfunction __tmux_exporter_begin
  # If the list of hooks is readonly, the FIFO still brings the notices.
  if [[ \${(t)precmd_functions} != *readonly* ]]; then
    typeset -ga precmd_functions
    (( \${precmd_functions[(Ie)__tmux_exporter_prompt]} )) || precmd_functions+=(__tmux_exporter_prompt)
  fi
fi
`;
}
