import { type Command, Option } from 'commander';
import type { DeadLetter, ReceiverStatus } from '../../alert/delivery/status.ts';
import { EVENT_TYPES } from '../../core/event/event.ts';
import type { ApiClient } from '../api-client.ts';
import { apiCommandsOf } from '../api-command.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** Adds `webhook test`, which reads the configuration, and `webhook queue|dead|replay`, for a running exporter. */
export function addWebhookCommand(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  const webhook = program
    .command('webhook')
    .description('test receivers, and list undelivered messages and why they wait');
  addTest(webhook, terminal, setExitCode);
  const add = apiCommandsOf(webhook, terminal, setExitCode);
  add('queue', 'list the receivers and the number of waiting messages', listReceivers);
  add('dead', 'list the messages that could not be delivered', listDeadLetters);
  add('replay <id>', 'deliver such a message again, or "all" of them', replay);
}

function addTest(webhook: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  const test: Command = webhook
    .command('test [name]')
    .description('send a test message to a receiver of the configuration, or to all of them')
    .addOption(new Option('--config.file <path>', 'the configuration file (env TMUX_EXPORTER_CONFIG_FILE)'))
    .addOption(
      new Option('--type <type>', 'type of the event')
        .choices(EVENT_TYPES.filter((type) => type !== 'alert'))
        .default('server-gone'),
    )
    .option('--resolved', 'send the resolved message of that event')
    .option('--dry-run', 'show the request without sending it');
  test.action(async (name: string | undefined) => {
    const { runWebhookTest } = await import('./webhook-test.ts');
    setExitCode(await runWebhookTest(name ?? null, test, terminal));
  });
}

async function listReceivers(api: ApiClient): Promise<string> {
  const { receivers } = (await api('GET', 'webhooks')) as { receivers: ReceiverStatus[] };
  if (receivers.length === 0) return 'No receiver is configured (webhooks in the configuration file).\n';
  const rows = receivers.map((receiver) => [
    receiver.name,
    receiver.format,
    receiver.state,
    String(receiver.queued),
    receiver.oldest ?? '-',
    String(receiver.attempts),
    receiver.next_attempt ?? '-',
    String(receiver.dead),
    receiver.problem ?? '-',
  ]);
  return table([['NAME', 'FORMAT', 'STATE', 'QUEUED', 'OLDEST', 'ATTEMPTS', 'NEXT', 'DEAD', 'PROBLEM'], ...rows]);
}

async function listDeadLetters(api: ApiClient): Promise<string> {
  const { messages } = (await api('GET', 'webhooks/dead')) as { messages: DeadLetter[] };
  if (messages.length === 0) return 'No message was given up.\n';
  const rows = messages.map(({ id, receiver, died, attempts, notices, problem, title }) => {
    return [id, receiver, died ?? '-', String(attempts), String(notices), problem ?? '-', title];
  });
  return table([['ID', 'RECEIVER', 'GIVEN UP', 'ATTEMPTS', 'NOTICES', 'PROBLEM', 'TITLE'], ...rows]);
}

async function replay(api: ApiClient, id = ''): Promise<string> {
  const { replayed } = (await api('POST', 'webhooks/replay', { id: id === 'all' ? null : id })) as { replayed: number };
  return `${replayed} to be delivered again.\n`;
}
