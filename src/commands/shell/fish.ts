import { quoteFish, type ShellParts } from './parts.ts';

/**
 * The lines that show notices in fish (3.0 or newer), above the next prompt: the event `fish_prompt` comes before a prompt is drawn, so that
 * no line that is being typed is ever torn. A prompt without news costs one read of a small file, and starts nothing.
 */
export function fishInit({ folder, follower }: ShellParts): string {
  return `# tmux-exporter: notices above the prompt.
if status is-interactive
    set -g __tmux_exporter_folder ${quoteFish(folder)}
    set -g __tmux_exporter_seen 0
    set -g __tmux_exporter_patience 0

    # Registers this shell, and starts the one follower of all shells if none runs.
    function __tmux_exporter_start
        test -d $__tmux_exporter_folder/shells
        or sh -c 'umask 077 && mkdir -p "$1"' sh $__tmux_exporter_folder/shells
        echo -n >$__tmux_exporter_folder/shells/$fish_pid
        if test -r $__tmux_exporter_folder/follower
            read -l -d ' ' pid start <$__tmux_exporter_folder/follower
            if test -r /proc/$pid/stat
                read -l stat </proc/$pid/stat
                string match -q "* $start *" -- $stat
                and return
            else if not test -d /proc/self
                kill -0 $pid 2>/dev/null
                and return
            end
        end
        sh -c 'cd / && exec "$@" </dev/null >/dev/null 2>&1 &' sh ${follower.map(quoteFish).join(' ')}
    end

    function __tmux_exporter_show -a newest
        set -l first $__tmux_exporter_seen
        set -g __tmux_exporter_seen $newest
        test $newest -lt $first
        and set first 0
        if test (math $newest - $first) -gt 20
            echo (math $newest - $first - 20) earlier notices are not shown
            set first (math $newest - 20)
        end
        while test $first -lt $newest
            set first (math $first + 1)
            test -r $__tmux_exporter_folder/notices/$first
            or continue
            read -l -d ' ' severity text <$__tmux_exporter_folder/notices/$first
            if not set -q NO_COLOR; and test "$TERM" != dumb
                switch $severity
                    case critical
                        set_color -o red
                    case warning
                        set_color yellow
                    case '*'
                        set_color cyan
                end
            end
            printf '%s' $text
            test "$TERM" != dumb
            and set_color normal
            printf '\\n'
        end
    end

    function __tmux_exporter_prompt --on-event fish_prompt
        set -l newest 0
        test -r $__tmux_exporter_folder/newest
        and read newest <$__tmux_exporter_folder/newest
        if test "$newest" != $__tmux_exporter_seen; and string match -qr '^[0-9]+$' -- $newest
            __tmux_exporter_show $newest
        end
        if test -e $__tmux_exporter_folder/follower
            set -g __tmux_exporter_patience 0
        else if test $__tmux_exporter_patience -gt 0
            set -g __tmux_exporter_patience (math $__tmux_exporter_patience - 1)
        else
            # Not at each prompt: it may be that it cannot be started at all.
            set -g __tmux_exporter_patience 20
            __tmux_exporter_start
        end
    end

    test -r $__tmux_exporter_folder/newest
    and read -g __tmux_exporter_seen <$__tmux_exporter_folder/newest
    __tmux_exporter_start
    set -g __tmux_exporter_patience 20
end
`;
}
