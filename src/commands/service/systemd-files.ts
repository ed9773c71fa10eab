import { DESCRIPTIONS, type Service, type ServiceFile, type ServiceParts } from './unit.ts';

const NAMES: Readonly<Record<Service, string>> = {
  daemon: 'tmux-exporter',
  hub: 'tmux-exporter-hub',
  watch: 'tmux-exporter-watch',
};

const AFTER: Readonly<Record<Service, string>> = {
  daemon: '',
  hub: '',
  watch: 'After=tmux-exporter.service graphical-session.target\n',
};

/** A daemon has systemd-notify report for it. */
const NOTIFYING = `Type=notify
NotifyAccess=all
WatchdogSec=2min
WatchdogSignal=SIGKILL
ExecReload=kill -HUP $MAINPID
`;

/** How each is started, supervised and reloaded. */
const SUPERVISION: Readonly<Record<Service, string>> = {
  daemon: NOTIFYING,
  hub: NOTIFYING,
  watch: 'Type=exec\n',
};

/**
 * Creates a hardened unit for a user's systemd (systemd.exec(5)). It removes all rights that can be removed without a namespace of its own:
 * many user managers may not create namespaces, and they would hide what the daemon has to see.
 */
export function systemdUnit({ service, command, env }: ServiceParts): ServiceFile {
  const variables = Object.entries(env).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}\n`);
  const [program = '', ...args] = command;
  // systemd expands variables in the arguments, and not in the path of the program.
  const words = [program, ...args.map((word) => word.replaceAll('$', '$$$$'))];
  const text = `[Unit]
Description=${DESCRIPTIONS[service]}
${AFTER[service]}
[Service]
ExecStart=${words.map(quote).join(' ')}
${SUPERVISION[service]}${variables.join('')}Restart=on-failure
RestartSec=2
# Wrong usage or invalid configuration: a restart does not help.
RestartPreventExitStatus=2
TimeoutStopSec=10
# The service goes on if a child is killed for lack of memory.
OOMPolicy=continue

# No core, which would contain secrets.
LimitCORE=0
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# Left out on purpose: PrivateTmp and ProtectHome hide the sockets of tmux, ProtectProc and PrivateUsers its processes,
# ProtectKernelLogs the causes of their deaths; and MemoryDenyWriteExecute stops the compiler of Node.

[Install]
WantedBy=default.target
`;
  return { name: `${NAMES[service]}.service`, text };
}

/** Quotes a word of a command or an assignment for systemd, and escapes its specifiers (systemd.service(5), systemd.unit(5)). */
function quote(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('\n', '\\n');
  return /^[\w@./:=,+-]+$/.test(word) ? word : `"${escaped}"`;
}
