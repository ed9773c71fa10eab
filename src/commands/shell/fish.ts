import { quoteFish } from '../quoting.ts';
import type { ShellParts } from './parts.ts';

/**
 * Redirections of the follower. It outlives this shell: a lock or a pipe among the inherited descriptors would be held for as long. In sh
 * they have one digit.
 */
const DETACHED = '</dev/null >/dev/null 2>&1 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-';

/**
 * The lines that show notices in fish (3.0 or newer), above the next prompt: the event `fish_prompt` comes before a prompt is drawn, so
 * nothing is drawn while the user types. A prompt without notices costs three reads of small files, and starts no process.
 *
 * The shell belongs to the user: `builtin` and `command` avoid its functions, and sh writes the files, because fish reports a failed
 * redirection even if errors go to /dev/null.
 */
export function fishInit({ folder, follower }: ShellParts): string {
  return `# tmux-exporter: notices above the prompt.
if builtin status is-interactive
    set -g __tmux_exporter_folder ${quoteFish(folder)}
    # What this shell has seen stays seen, and what waits is shown, if the lines are read again. Others may have exported their variables.
    if builtin test "$__tmux_exporter_owner" != "$fish_pid $__tmux_exporter_folder"
        set -g __tmux_exporter_owner "$fish_pid $__tmux_exporter_folder"
        set -g __tmux_exporter_seen 0
        builtin test -r $__tmux_exporter_folder/newest
        and builtin read -g __tmux_exporter_seen <$__tmux_exporter_folder/newest
    end
    set -g __tmux_exporter_patience 0

    # Whether the follower lives: a process with its pid and its start time, not a zombie.
    function __tmux_exporter_followed
        builtin test -r $__tmux_exporter_folder/follower
        or return 1
        builtin read -l -d ' ' pid start <$__tmux_exporter_folder/follower
        if not builtin test -d /proc/self
            command kill -0 $pid 2>/dev/null
            return
        end
        builtin string match -qr '^[0-9]+$' -- $pid; and builtin test -r /proc/$pid/stat
        or return 1
        builtin read -l stat </proc/$pid/stat
        builtin string match -qr "\\) [^ZX] .* $start " -- $stat
    end

    # Registers this shell, and starts the one follower of all shells if none runs. If a shell cannot register, a follower cannot write either.
    function __tmux_exporter_start
        command sh -c 'umask 077; mkdir -p "$1/shells" && : >"$1/shells/$2"' sh $__tmux_exporter_folder $fish_pid >/dev/null 2>/dev/null
        or return 0
        __tmux_exporter_followed
        and return 0
        # A session of its own, if possible: Ctrl-C at the prompt does not reach it.
        command sh -c 'command -v setsid >/dev/null && set -- setsid "$@"; cd / && exec "$@" ${DETACHED} &' sh ${follower.map(quoteFish).join(' ')}
    end

    function __tmux_exporter_show -a newest
        set -l first $__tmux_exporter_seen
        set -g __tmux_exporter_seen $newest
        builtin test $newest -lt $first
        and set first 0
        if builtin test (builtin math $newest - $first) -gt 20
            builtin echo (builtin math $newest - $first - 20) earlier notices are not shown
            set first (builtin math $newest - 20)
        end
        while builtin test $first -lt $newest
            set first (builtin math $first + 1)
            builtin test -r $__tmux_exporter_folder/notices/$first
            or continue
            builtin read -l -d ' ' severity text <$__tmux_exporter_folder/notices/$first
            if not set -q NO_COLOR; and builtin test "$TERM" != dumb
                switch $severity
                    case critical
                        builtin set_color -o red
                    case warning
                        builtin set_color yellow
                    case '*'
                        builtin set_color cyan
                end
            end
            builtin printf '%s' $text
            builtin test "$TERM" != dumb
            and builtin set_color normal
            builtin printf '\\n'
        end
    end

    function __tmux_exporter_prompt --on-event fish_prompt
        set -l newest 0
        builtin test -r $__tmux_exporter_folder/newest
        and builtin read newest <$__tmux_exporter_folder/newest
        if builtin test "$newest" != $__tmux_exporter_seen; and builtin string match -qr '^[0-9]+$' -- $newest
            __tmux_exporter_show $newest
        end
        # Without /proc, only a process can check: not at each prompt.
        if builtin test -d /proc/self; and builtin test -e $__tmux_exporter_folder/shells/$fish_pid; and __tmux_exporter_followed
            set -g __tmux_exporter_patience 0
        else if builtin test $__tmux_exporter_patience -gt 0
            set -g __tmux_exporter_patience (builtin math $__tmux_exporter_patience - 1)
        else
            # Not at each prompt: perhaps it cannot be started at all.
            set -g __tmux_exporter_patience 20
            __tmux_exporter_start
        end
    end

    __tmux_exporter_start
    set -g __tmux_exporter_patience 20
end
`;
}
