import { quotePosix } from '../quoting.ts';
import { bashHook } from './bash-hook.ts';
import type { ShellParts } from './parts.ts';

/**
 * The lines that show notices in bash (3.2 or newer), above the next prompt: nothing is drawn while the user types. A prompt without
 * notices costs three reads of small files, and starts no process.
 *
 * The shell belongs to the user. A backslash avoids aliases, `builtin` and `command` avoid functions; the names of locals are unique, because
 * bash cannot make a readonly variable local. Errors and traces go to /dev/null, and a command that may fail is on the left of `||`, so
 * `set -e` and ERR traps do not react.
 */
export function bashInit({ folder, follower }: ShellParts): string {
  return `# tmux-exporter: notices above the prompt.
# A restricted shell cannot write files. A start file is read before the restrictions begin.
if [[ $- == *i* && $- != *r* ]] && ! \\builtin shopt -q restricted_shell; then
  __tmux_exporter_folder=${quotePosix(folder)}
  # What this shell has seen stays seen, and what waits is shown, if the lines are read again. Others may have exported their variables.
  if [[ \${__tmux_exporter_owner-} != "$$ $__tmux_exporter_folder" ]]; then __tmux_exporter_seen=; fi
  __tmux_exporter_owner="$$ $__tmux_exporter_folder"
  __tmux_exporter_tried=-60

  # Sets the first line of a file. Without a name, read does not use IFS, which may be readonly.
  __tmux_exporter_take() {
    \\builtin local REPLY=
    [[ -r $1 ]] && \\builtin read -r <"$1"
    __tmux_exporter_line=$REPLY
  }

  # Whether the follower lives: a process with its pid and its start time, not a zombie.
  __tmux_exporter_followed() {
    \\builtin local __te_pid= __te_begun= __te_stat=
    __tmux_exporter_take "$__tmux_exporter_folder/follower"
    __te_pid=\${__tmux_exporter_line%% *} __te_begun=\${__tmux_exporter_line#* }
    [[ -n $__te_pid ]] || \\builtin return 1
    if [[ ! -d /proc/self ]]; then
      \\builtin kill -0 "$__te_pid"
    else
      __tmux_exporter_take "/proc/$__te_pid/stat"
      __te_stat=\${__tmux_exporter_line##*') '}
      [[ $__te_stat == [!ZX]*" $__te_begun "* ]]
    fi
  }

  # Registers this shell, with the number of a notice that it has seen.
  __tmux_exporter_register() {
    \\builtin printf '%s %s\\n' "$1" "$__tmux_exporter_tried" >|"$__tmux_exporter_folder/shells/$$"
  }

  # Sets what a prompt that is a subshell has remembered.
  __tmux_exporter_recall() {
    __tmux_exporter_take "$__tmux_exporter_folder/shells/$$"
    if [[ $__tmux_exporter_line == [0-9]*' '* ]]; then
      __tmux_exporter_seen=\${__tmux_exporter_line%% *} __tmux_exporter_tried=\${__tmux_exporter_line#* }
    fi
  }

  # Leaves all that is open, in a subshell. A follower outlives this shell: it would hold an inherited lock or pipe for as long.
  __tmux_exporter_leave() {
    \\builtin local __te_fd=2
    # Redirections of \`builtin exec\` do not stay.
    \\builtin unset -f exec
    \\builtin cd / && \\exec </dev/null >/dev/null 2>&1 || \\builtin return
    while ((++__te_fd < 256)); do [[ -e /dev/fd/$__te_fd ]] && \\builtin eval "\\exec $__te_fd<&-"; done
    \\builtin return 0
  }

  # Registers this shell, and starts the one follower of all shells if none runs.
  __tmux_exporter_start() {
    \\builtin local __te_waited="$((\${SECONDS:-0} - __tmux_exporter_tried))"
    ((__te_waited >= 60 || __te_waited < 0)) || \\builtin return 0
    __tmux_exporter_tried=\${SECONDS:-0}
    [[ -d $__tmux_exporter_folder/shells ]] ||
      (\\builtin umask 077 && \\command mkdir -p "$__tmux_exporter_folder/shells" >/dev/null)
    # If a shell cannot register, a follower cannot write either.
    __tmux_exporter_register "$__tmux_exporter_seen" || \\builtin return 0
    __tmux_exporter_followed && \\builtin return 0
    # Job control gives it a process group of its own, which Ctrl-C at the prompt does not reach. A start file is read without it.
    (\\builtin set -m; __tmux_exporter_leave && \\builtin exec ${follower.map(quotePosix).join(' ')} &)
  }

  # Prints the notices up to one. The two marks around each colour mean "zero width" in a prompt.
  __tmux_exporter_show() {
    \\builtin local __te_newest="$1" __te_first="$__tmux_exporter_seen"
    \\builtin local __te_severity= __te_text= __te_colour= __te_plain=
    __tmux_exporter_seen=$__te_newest
    ((__te_newest < __te_first)) && __te_first=0
    if ((__te_newest - __te_first > 20)); then
      \\builtin printf '%s earlier notices are not shown\\n' "$((__te_newest - __te_first - 20))"
      __te_first=$((__te_newest - 20))
    fi
    while ((__te_first++ < __te_newest)); do
      [[ -r $__tmux_exporter_folder/notices/$__te_first ]] || \\builtin continue
      __tmux_exporter_take "$__tmux_exporter_folder/notices/$__te_first"
      __te_severity=\${__tmux_exporter_line%% *} __te_text=\${__tmux_exporter_line#* }
      if [[ -z \${NO_COLOR-} && \${TERM-} != dumb ]]; then
        __te_plain="\${2-}"$'\\e[0m'"\${3-}"
        case $__te_severity in
          critical) __te_colour="\${2-}"$'\\e[1;31m'"\${3-}" ;;
          warning) __te_colour="\${2-}"$'\\e[33m'"\${3-}" ;;
          *) __te_colour="\${2-}"$'\\e[36m'"\${3-}" ;;
        esac
      fi
      \\builtin printf '%s%s%s\\n' "$__te_colour" "$__te_text" "$__te_plain"
    done
  }

  # Sets the number of the newest notice.
  __tmux_exporter_read() {
    __tmux_exporter_take "$__tmux_exporter_folder/newest"
    __tmux_exporter_newest=$__tmux_exporter_line
    if [[ $__tmux_exporter_newest == *[!0-9]* || -z $__tmux_exporter_newest ]]; then __tmux_exporter_newest=0; fi
  }

  __tmux_exporter_check() {
    \\builtin local __te_width="\${COLUMNS-}"
    __tmux_exporter_read
    if ((__tmux_exporter_newest != __tmux_exporter_seen)); then
      # Ends the line if the output of the last command did not; otherwise nothing moves.
      [[ -n $__te_width && $__te_width != *[!0-9]* ]] || __te_width=80
      \\builtin printf '%*s\\r' "$((10#$__te_width - 1))" ''
      __tmux_exporter_show "$__tmux_exporter_newest"
    fi
    __tmux_exporter_attend
  }

  # Starts a follower if there is none.
  __tmux_exporter_attend() {
    { [[ -e $__tmux_exporter_folder/shells/$$ ]] && __tmux_exporter_followed; } || __tmux_exporter_start
  }

  # Errors get lost without a redirection of output, which is an error of its own in a shell that was restricted later.
  __tmux_exporter_prompt() { [[ $- == *r* ]] || __tmux_exporter_check || \\builtin return 0; } 2</dev/null

  __tmux_exporter_begin() {
    __tmux_exporter_read
    if [[ -z $__tmux_exporter_seen ]]; then
      __tmux_exporter_seen=$__tmux_exporter_newest
    elif [[ -n \${__tmux_exporter_prompts+set} ]]; then
      __tmux_exporter_recall
    fi
    __tmux_exporter_start
  }
  __tmux_exporter_begin 2>/dev/null || \\builtin true
${bashHook()}fi
`;
}
