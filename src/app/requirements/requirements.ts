import type { FailureReason } from '../../core/model/server.ts';
import type { ServerRecord } from '../../core/record/record.ts';
import { asHub } from '../hub-config.ts';
import { bus } from './bus.ts';
import { certificates } from './certificates.ts';
import { discovery } from './discovery.ts';
import { hubBus } from './hub-bus.ts';
import { listenAddress } from './listen-address.ts';
import { ownToken } from './own-token.ts';
import { receivers } from './receivers.ts';
import { type CheckResult, type Requirement, type RequirementContext, resultText } from './requirement.ts';
import { socketDirectory } from './socket-directory.ts';
import { stateFolder } from './state-folder.ts';
import { storage } from './storage.ts';
import { tmuxBinary } from './tmux-binary.ts';
import { webTokens } from './web-tokens.ts';

/** All requirements. `check` examines them; `serve` refuses to start or logs what is missing. */
const REQUIREMENTS: readonly Requirement[] = [
  tmuxBinary,
  socketDirectory,
  discovery,
  listenAddress,
  certificates,
  webTokens,
  storage,
  stateFolder,
  receivers,
  bus,
  hubBus,
];

/** The requirements of a daemon that is only a hub. */
const HUB_REQUIREMENTS: readonly Requirement[] = [listenAddress, certificates, webTokens, ownToken, hubBus];

/** Examines every requirement. */
export async function examineRequirements(context: RequirementContext): Promise<CheckResult[]> {
  return examine(REQUIREMENTS, context);
}

/** Examines every requirement of a hub. */
export async function examineHub(context: RequirementContext): Promise<CheckResult[]> {
  return examine(HUB_REQUIREMENTS, { ...context, config: asHub(context.config) });
}

/** The missing requirements that do not stop a hub, one line each. */
export async function missingForHub(context: RequirementContext): Promise<string[]> {
  return badOf(await examine(reportedOf(HUB_REQUIREMENTS), { ...context, config: asHub(context.config) }));
}

/** The missing requirements that do not stop the daemon, one line each. */
export async function missingRequirements(context: RequirementContext): Promise<string[]> {
  return badOf(await examine(reportedOf(REQUIREMENTS), context));
}

function reportedOf(requirements: readonly Requirement[]): readonly Requirement[] {
  return requirements.filter(({ without }) => without === 'report');
}

const TMUX_FAILURES: readonly FailureReason[] = ['spawn', 'parse', 'protocol'];

/** The requirements that a single poll lacked, one line each. tmux counts only if a server could not be polled without it. */
export async function missingForPoll(context: RequirementContext, records: readonly ServerRecord[]): Promise<string[]> {
  const needsTmux =
    context.config.tmux.client !== 'protocol' &&
    records.some(({ failure }) => failure !== null && TMUX_FAILURES.includes(failure.reason));
  return badOf(await examine([...(needsTmux ? [tmuxBinary] : []), socketDirectory], context));
}

function badOf(results: readonly CheckResult[]): string[] {
  return results.filter(({ verdict }) => verdict === 'bad').map(resultText);
}

async function examine(requirements: readonly Requirement[], context: RequirementContext): Promise<CheckResult[]> {
  return (await Promise.all(requirements.map((requirement) => requirement.examine(context)))).flat();
}
