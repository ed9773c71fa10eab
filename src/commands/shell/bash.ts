import { quotePosix, type ShellParts } from './parts.ts';

/**
 * The lines that show notices in bash (3.2 or newer), above the next prompt: PROMPT_COMMAND runs before a prompt is drawn, so that no line
 * that is being typed is ever torn. A prompt without news costs one read of a small file, and starts nothing.
 */
export function bashInit({ folder, follower }: ShellParts): string {
  return `# tmux-exporter: notices above the prompt.
if [[ $- == *i* ]]; then
  __tmux_exporter_folder=${quotePosix(folder)}
  __tmux_exporter_seen=0
  __tmux_exporter_tried=-60

  # Registers this shell, and starts the one follower of all shells if none runs.
  __tmux_exporter_start() {
    local pid start stat
    ((SECONDS - __tmux_exporter_tried >= 60)) || return 0
    __tmux_exporter_tried=$SECONDS
    [[ -d $__tmux_exporter_folder/shells ]] || (umask 077 && mkdir -p "$__tmux_exporter_folder/shells")
    : >|"$__tmux_exporter_folder/shells/$$"
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

  __tmux_exporter_show() {
    local newest=$1 severity text colour='' plain='' first=$__tmux_exporter_seen
    __tmux_exporter_seen=$newest
    # Where the output of a command did not end its line, this does, and moves nothing where it did.
    printf '%*s\\r' "$((\${COLUMNS:-80} - 1))" ''
    ((newest < first)) && first=0
    if ((newest - first > 20)); then
      printf '%s earlier notices are not shown\\n' "$((newest - first - 20))"
      first=$((newest - 20))
    fi
    while ((first++ < newest)); do
      [[ -r $__tmux_exporter_folder/notices/$first ]] || continue
      IFS=' ' read -r severity text <"$__tmux_exporter_folder/notices/$first"
      if [[ -z \${NO_COLOR-} && \${TERM-} != dumb ]]; then
        plain=$'\\e[0m'
        case $severity in
          critical) colour=$'\\e[1;31m' ;;
          warning) colour=$'\\e[33m' ;;
          *) colour=$'\\e[36m' ;;
        esac
      fi
      printf '%s%s%s\\n' "$colour" "$text" "$plain"
    done
  }

  __tmux_exporter_prompt() {
    local status=$? newest=
    [[ -r $__tmux_exporter_folder/newest ]] && read -r newest <"$__tmux_exporter_folder/newest"
    if [[ $newest == *[!0-9]* || -z $newest ]]; then newest=0; fi
    ((newest == __tmux_exporter_seen)) || __tmux_exporter_show "$newest"
    [[ -e $__tmux_exporter_folder/follower ]] || __tmux_exporter_start
    return $status
  }

  [[ -r $__tmux_exporter_folder/newest ]] && read -r __tmux_exporter_seen <"$__tmux_exporter_folder/newest"
  __tmux_exporter_start
  if [[ "\${PROMPT_COMMAND[*]-}" != *__tmux_exporter_prompt* ]]; then
    if [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
      PROMPT_COMMAND=(__tmux_exporter_prompt "\${PROMPT_COMMAND[@]}")
    else
      PROMPT_COMMAND="__tmux_exporter_prompt\${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
    fi
  fi
fi
`;
}
