/** The word in a PROMPT_COMMAND that is a single text. A shell that inherits the text without the function runs the words after it, or nothing. */
const WORD = `"\${__tmux_exporter_hook-command}"`;

/**
 * The item in a PROMPT_COMMAND that is a list. A DEBUG trap runs before our command, when stdout and stderr cannot be written: a title that it
 * prints gets lost, and bash-preexec (from 0.3.7 to 0.5.0) ignores what does not write to a terminal, but would take an item after its own
 * for a command that was typed. The function writes to descriptor 9.
 */
const ITEM = '{ __tmux_exporter_hidden; } 2</dev/null 9<&1 1<&2';

/**
 * The beginning of PS1 if PROMPT_COMMAND cannot hold our command. Only a substitution runs commands in a prompt, and it is a process. It must
 * not be within an expansion that bash parses again, such as an arithmetic one: bash does not come back whole from a trap there.
 * A shell that inherits PS1 without the function expands it to nothing.
 */
const IN_PROMPT = `\${__tmux_exporter_prompts+$(__tmux_exporter_above)}`;

/**
 * The lines of bash that run `__tmux_exporter_prompt` before each prompt.
 *
 * Since 5.1 PROMPT_COMMAND can be a list, and bash restores `$?`, PIPESTATUS and `$_` before each item. Our item is separate and not
 * the first, because `PROMPT_COMMAND=` and `PROMPT_COMMAND+=` without brackets change the first one. Only if there are a DEBUG trap and other
 * items, our word is the first: such traps start timers which PROMPT_COMMAND stops, and a later item would start them again. It is not
 * with bash-preexec, which changes the first item once more before the first prompt.
 *
 * An older bash runs only the first item, and children inherit an exported PROMPT_COMMAND only if it is a single text. Then our word is the
 * last of the text, so that everything before it runs undisturbed. The blank after it turns a command that is appended without a `;`
 * into arguments, and the function runs them.
 */
export function bashHook(): string {
  return `
  __tmux_exporter_status() { \\builtin return "$1"; }

  __tmux_exporter_chain() {
    {
      \\builtin local __te_status="$?"
      __tmux_exporter_prompt
      if [[ $- == *e* ]]; then __te_status=0; fi
      if (($# == 0)); then
        # Bash restores the status itself if nothing follows. To an ERR trap our status would be a failure.
        if [[ \${PROMPT_COMMAND-} == *'${WORD} ' ]]; then __te_status=0; fi
        \\builtin return "$__te_status"
      fi
      __tmux_exporter_status "$__te_status"
    } 2</dev/null
    "$@"
  }
  __tmux_exporter_hook=__tmux_exporter_chain

  # Descriptor 9 is closed again, because a follower that is started here would keep the terminal open.
  __tmux_exporter_hidden() { __tmux_exporter_prompt; } 1<&9-

  # Runs in a subshell at each prompt, so what it remembers is in the file of this shell.
  __tmux_exporter_above() {
    \\builtin local __te_status="$?"
    [[ $- == *r* ]] || __tmux_exporter_above_check || \\builtin true
    \\builtin return "$__te_status"
  } 2</dev/null

  __tmux_exporter_above_check() {
    __tmux_exporter_recall
    __tmux_exporter_read
    # Notices that cannot be marked as seen would be shown at each prompt. The marks at the end protect the last line break, which a
    # substitution would remove.
    if ((__tmux_exporter_newest != __tmux_exporter_seen)) && __tmux_exporter_register "$__tmux_exporter_newest"; then
      __tmux_exporter_show "$__tmux_exporter_newest" $'\\001' $'\\002'
      \\builtin printf '\\001\\002'
    fi
    __tmux_exporter_attend
  }

  __tmux_exporter_install() {
    \\builtin local __te_kind= __te_trap="$1" __te_preexec="\${bash_preexec_imported-}\${__bp_imported-}"
    __te_kind=$(\\builtin declare -p PROMPT_COMMAND)
    # With set -T, the output of a DEBUG trap comes before it.
    __te_kind=\${__te_kind##*declare -}
    __te_kind=\${__te_kind%% *}
    [[ \${PROMPT_COMMAND[@]-} == *__tmux_exporter_* ]] && \\builtin return
    # Readonly, or an attribute that would change our text.
    if [[ $__te_kind == *[riuc]* ]]; then
      __tmux_exporter_prompts=
      \\builtin shopt -q promptvars && (PS1=) && [[ \${PS1-} != *__tmux_exporter_* ]] && PS1='${IN_PROMPT}'"\${PS1-}"
    elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)) || [[ $__te_kind == *x* && $__te_kind != *a* ]]; then
      if [[ -z \${PROMPT_COMMAND-} ]]; then
        PROMPT_COMMAND='${WORD} '
      elif [[ -n $__te_trap$__te_preexec ]]; then
        PROMPT_COMMAND='${WORD} '$'\\n'"$PROMPT_COMMAND"
      else
        PROMPT_COMMAND+=$'\\n''${WORD} '
      fi
    elif [[ -n $__te_trap && -z $__te_preexec && -n \${PROMPT_COMMAND[*]-} ]]; then
      PROMPT_COMMAND=('${WORD} ' "\${PROMPT_COMMAND[@]}")
    elif [[ -n \${PROMPT_COMMAND[@]+set} ]]; then
      PROMPT_COMMAND+=('${ITEM}')
    else
      PROMPT_COMMAND=([1]='${ITEM}')
    fi
  }
  __tmux_exporter_install "$(\\builtin trap -p DEBUG)" 2>/dev/null || \\builtin true
  \\builtin unset -f __tmux_exporter_begin __tmux_exporter_install
`;
}
