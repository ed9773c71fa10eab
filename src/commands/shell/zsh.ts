import { quotePosix, type ShellParts } from './parts.ts';

/**
 * The lines that show notices in zsh, at once and above the line that is being typed: the line editor waits on a FIFO beside the keyboard
 * (`zle -F`), and draws prompt and line again below the notice. A prompt without news costs one read of a small file, and starts nothing.
 */
export function zshInit({ folder, follower }: ShellParts): string {
  return `# tmux-exporter: notices above the prompt.
if [[ -o interactive ]]; then
  typeset -g __tmux_exporter_folder=${quotePosix(folder)}
  typeset -gi __tmux_exporter_seen=0 __tmux_exporter_tried=-60
  typeset -g __tmux_exporter_fd=\${__tmux_exporter_fd-}

  # Registers this shell, and starts the one follower of all shells if none runs.
  __tmux_exporter_start() {
    emulate -L zsh
    local pid start stat
    (( SECONDS - __tmux_exporter_tried >= 60 )) || return 0
    __tmux_exporter_tried=$SECONDS
    local mine=$__tmux_exporter_folder/shells/$$
    [[ -p $mine ]] || (umask 077; mkdir -p "$__tmux_exporter_folder/shells"; rm -f "$mine"; mkfifo "$mine")
    if [[ -z $__tmux_exporter_fd ]] && zmodload zsh/system 2>/dev/null; then
      sysopen -rw -o cloexec -u __tmux_exporter_fd "$mine" 2>/dev/null && zle -F $__tmux_exporter_fd __tmux_exporter_wake
    fi
    if [[ -r $__tmux_exporter_folder/follower ]]; then
      IFS=' ' read -r pid start <"$__tmux_exporter_folder/follower"
      if [[ -r /proc/$pid/stat ]]; then
        IFS= read -r stat <"/proc/$pid/stat"
        [[ $stat == *" $start "* ]] && return 0
      elif [[ ! -d /proc/self ]]; then
        kill -0 "$pid" 2>/dev/null && return 0
      fi
    fi
    (cd / && exec ${follower.map(quotePosix).join(' ')} </dev/null >/dev/null 2>&1 &)
  }

  # Sets REPLY to the number of the newest notice; fails where it was shown.
  __tmux_exporter_news() {
    emulate -L zsh
    REPLY=0
    [[ -r $__tmux_exporter_folder/newest ]] && IFS= read -r REPLY <"$__tmux_exporter_folder/newest"
    [[ $REPLY == <-> ]] && (( REPLY != __tmux_exporter_seen ))
  }

  __tmux_exporter_show() {
    emulate -L zsh
    local -i newest=$1 first=$__tmux_exporter_seen
    local severity text colour= plain=
    __tmux_exporter_seen=$newest
    (( newest < first )) && first=0
    if (( newest - first > 20 )); then
      print -r -- "$(( newest - first - 20 )) earlier notices are not shown"
      first=$(( newest - 20 ))
    fi
    while (( first++ < newest )); do
      [[ -r $__tmux_exporter_folder/notices/$first ]] || continue
      IFS=' ' read -r severity text <"$__tmux_exporter_folder/notices/$first"
      if [[ -z $NO_COLOR && $TERM != dumb ]]; then
        plain=$'\\e[0m'
        case $severity in
          (critical) colour=$'\\e[1;31m' ;;
          (warning) colour=$'\\e[33m' ;;
          (*) colour=$'\\e[36m' ;;
        esac
      fi
      print -r -- "$colour$text$plain"
    done
  }

  __tmux_exporter_wake() {
    emulate -L zsh
    local ignored REPLY
    if [[ -n $2 ]]; then
      zle -F $1
      return
    fi
    sysread -i $1 -t 0 ignored
    __tmux_exporter_news || return
    zle -I
    __tmux_exporter_show $REPLY
  }

  __tmux_exporter_prompt() {
    emulate -L zsh
    local REPLY
    __tmux_exporter_news && __tmux_exporter_show $REPLY
    [[ -e $__tmux_exporter_folder/follower ]] || __tmux_exporter_start
  }

  [[ -r $__tmux_exporter_folder/newest ]] && IFS= read -r __tmux_exporter_seen <"$__tmux_exporter_folder/newest"
  __tmux_exporter_start
  autoload -Uz add-zsh-hook
  add-zsh-hook precmd __tmux_exporter_prompt
fi
`;
}
