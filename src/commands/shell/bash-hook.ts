/** The word in a PROMPT_COMMAND that is one text. In a shell that inherits the text and not the function, it runs what follows, or nothing. */
const WORD = `"\${__tmux_exporter_hook-command}"`;

/** What stands in a PS1 if PROMPT_COMMAND is readonly: reads the newest number, expands to the notices if there are new ones, and keeps the number. */
const IN_PROMPT = [
  `\${__tmux_exporter_empty:$((__tmux_exporter_newest=$(__tmux_exporter_number), 0)):0}`,
  `\${__tmux_exporter_same[__tmux_exporter_newest == __tmux_exporter_seen]-$(__tmux_exporter_above)}`,
  `\${__tmux_exporter_empty:$((__tmux_exporter_seen=__tmux_exporter_newest, 0)):0}`,
].join('');

/**
 * The lines of bash that have `__tmux_exporter_prompt` run before each prompt.
 *
 * From 5.1 on PROMPT_COMMAND can be a list, and bash restores `$?`, PIPESTATUS and `$_` before each item. Ours is an item of its own and not
 * the first, because `PROMPT_COMMAND=` and `PROMPT_COMMAND+=` without brackets change the first. It is the first after all if there is a DEBUG
 * trap: timers are started by that trap and stopped in PROMPT_COMMAND, and what comes after would start them again.
 *
 * An older bash runs the first item only, and children inherit an exported PROMPT_COMMAND only if it is one text. There it is the last word of
 * the text: what comes before sees all as the command left it. The blank behind it makes arguments of a command that is appended without a `;`,
 * and the function runs them.
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
        # Bash restores the status itself if nothing follows. An ERR trap would take ours for a failure.
        if [[ \${PROMPT_COMMAND-} == *'${WORD} ' ]]; then __te_status=0; fi
        \\builtin return "$__te_status"
      fi
      __tmux_exporter_status "$__te_status"
    } 2>/dev/null
    "$@"
  }
  __tmux_exporter_hook=__tmux_exporter_chain

  __tmux_exporter_number() {
    \\builtin local __te_status="$?"
    __tmux_exporter_read 2>/dev/null || \\builtin true
    \\builtin printf %s "$__tmux_exporter_newest"
    \\builtin return "$__te_status"
  }

  # The marks at the end keep the last line break, which a substitution would cut off.
  __tmux_exporter_above() {
    \\builtin local __te_status="$?"
    { __tmux_exporter_show "$__tmux_exporter_newest" $'\\001' $'\\002' && \\builtin printf '\\001\\002'; } 2>/dev/null || \\builtin true
    \\builtin return "$__te_status"
  }

  __tmux_exporter_install() {
    \\builtin local __te_kind= __te_first="$1\${bash_preexec_imported-}\${__bp_imported-}"
    __te_kind=$(\\builtin declare -p PROMPT_COMMAND)
    __te_kind=\${__te_kind#declare -}
    __te_kind=\${__te_kind%% *}
    [[ \${PROMPT_COMMAND[@]-} == *__tmux_exporter_* ]] && \\builtin return
    if [[ $__te_kind == *r* ]]; then
      __tmux_exporter_empty= __tmux_exporter_same=([1]=)
      \\builtin shopt -q promptvars && (PS1=) && [[ \${PS1-} != *__tmux_exporter_* ]] && PS1='${IN_PROMPT}'"\${PS1-}"
    elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)) || [[ $__te_kind == *x* && $__te_kind != *a* ]]; then
      if [[ -z \${PROMPT_COMMAND-} ]]; then
        PROMPT_COMMAND='${WORD} '
      elif [[ -n $__te_first ]]; then
        PROMPT_COMMAND='${WORD} '$'\\n'"$PROMPT_COMMAND"
      else
        PROMPT_COMMAND+=$'\\n''${WORD} '
      fi
    elif [[ -n $__te_first ]]; then
      PROMPT_COMMAND=('${WORD} ' "\${PROMPT_COMMAND[@]}")
    elif [[ -n \${PROMPT_COMMAND[@]+set} ]]; then
      PROMPT_COMMAND+=(__tmux_exporter_prompt)
    else
      PROMPT_COMMAND=([1]=__tmux_exporter_prompt)
    fi
  }
  __tmux_exporter_install "$(\\builtin trap -p DEBUG)" 2>/dev/null || \\builtin true
  \\builtin unset -f __tmux_exporter_begin __tmux_exporter_install
`;
}
