import { DESCRIPTIONS, type Service, type ServiceFile, type ServiceParts } from './unit.ts';

const NAMES: Readonly<Record<Service, string>> = { daemon: 'tmux-exporter', watch: 'tmux-exporter-watch' };

const AFTER: Readonly<Record<Service, string>> = {
  daemon: '',
  watch: 'After=tmux-exporter.service graphical-session.target\n',
};

const RELOAD: Readonly<Record<Service, string>> = { daemon: 'ExecReload=kill -HUP $MAINPID\n', watch: '' };

/**
 * A hardened unit for the systemd of a user (systemd.exec(5)). It takes away all that can be taken away without a namespace of its own:
 * those need privileges that many a user manager does not have, and would hide what the daemon is there to see.
 */
export function systemdUnit({ service, command, env }: ServiceParts): ServiceFile {
  const variables = Object.entries(env).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}\n`);
  const text = `[Unit]
Description=${DESCRIPTIONS[service]}
${AFTER[service]}
[Service]
Type=exec
ExecStart=${command.map((word) => quote(word.replaceAll('$', '$$$$'))).join(' ')}
${RELOAD[service]}${variables.join('')}Restart=on-failure
RestartSec=2
# Bad usage or configuration: trying again does not help.
RestartPreventExitStatus=2
TimeoutStopSec=10
# A child that is killed for want of memory is no reason to end the service.
OOMPolicy=continue

UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# Left out on purpose: PrivateTmp and ProtectHome hide the sockets of tmux, ProtectProc and PrivateUsers its processes,
# ProtectKernelLogs why they died; and MemoryDenyWriteExecute stops the compiler of Node.

[Install]
WantedBy=default.target
`;
  return { name: `${NAMES[service]}.service`, text };
}

/** A word of a command or an assignment, as systemd reads it: quoted, with its specifiers escaped (systemd.service(5), systemd.unit(5)). */
function quote(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('\n', '\\n');
  return /^[\w@./:=,+-]+$/.test(word) ? word : `"${escaped}"`;
}
