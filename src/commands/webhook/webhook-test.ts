import type { Command } from 'commander';
import type { TrialType } from '../../alert/sample-event.ts';
import { showWebhook, tryWebhook } from '../../app/once/webhook-trial.ts';
import type { Config } from '../../config/schema.ts';
import { printableLines } from '../../core/text.ts';
import { readConfiguration } from '../configuration.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface TestOptions {
  readonly type: TrialType;
  readonly resolved?: boolean;
  readonly dryRun?: boolean;
}

/** `webhook test`: sends a test message to one receiver, or to all, one after the other. It fails if a receiver was not reached. */
export async function runWebhookTest(name: string | null, command: Command, terminal: Terminal): Promise<number> {
  const { config } = await readConfiguration(command, terminal);
  const { type, resolved = false, dryRun = false } = command.opts<TestOptions>();
  const attempt = dryRun ? showWebhook : tryWebhook;
  let exitCode: number = EXIT.fine;
  for (const receiver of receiversOf(config, name)) {
    const { delivered, message } = await attempt({ receiver, type, resolved }, terminal.environment);
    terminal.stdout(printableLines(`${receiver.name}: ${message}\n`));
    if (!delivered) exitCode = EXIT.failed;
  }
  return exitCode;
}

function receiversOf({ webhooks }: Config, name: string | null): Config['webhooks'] {
  const names = webhooks.map((receiver) => receiver.name).join(', ');
  if (names === '') throw new UsageError('no receiver is configured: add one to webhooks in the configuration file');
  const chosen = webhooks.filter((receiver) => name === null || receiver.name === name);
  if (chosen.length === 0) throw new UsageError(`no receiver is called "${name}": there are ${names}`);
  return chosen;
}
