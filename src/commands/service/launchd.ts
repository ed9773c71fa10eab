import { DESCRIPTIONS, type Service, type ServiceFile, type ServiceParts } from './unit.ts';

/** The launchd label of each service. */
export const LABELS: Readonly<Record<Service, string>> = {
  daemon: 'io.github.tmux-exporter',
  hub: 'io.github.tmux-exporter.hub',
  watch: 'io.github.tmux-exporter.watch',
};

/** Creates a property list for a user's launchd (launchd.plist(5)). The service starts at login, and again after a failure. */
export function launchdPlist({ service, command, env, home }: ServiceParts): ServiceFile {
  const log = `${home}/Library/Logs/${LABELS[service]}.log`;
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${DESCRIPTIONS[service]} -->
<plist version="1.0">
<dict>
  <key>Label</key>
  ${string(LABELS[service])}
  <key>ProgramArguments</key>
  <array>
    ${command.map(string).join('\n    ')}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    ${Object.entries(env)
      .map(([name, value]) => `<key>${escapeXml(name)}</key>\n    ${string(value)}`)
      .join('\n    ')}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardErrorPath</key>
  ${string(log)}
  <key>StandardOutPath</key>
  ${string(log)}
</dict>
</plist>
`;
  return { name: `${LABELS[service]}.plist`, text };
}

function string(text: string): string {
  return `<string>${escapeXml(text)}</string>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
