import { EventEmitter } from 'node:events';
import type { Command, Option } from 'commander';
import { roffBold, roffEntry, roffExample, roffSentences, roffText } from './roff.ts';

const SIGNALS = [
  ['SIGTERM, SIGINT', 'The daemon stores everything and ends within 5 seconds. A second signal ends it at once.'],
  ['SIGHUP', 'The daemon reads its configuration again. It keeps the old one if the new one is bad.'],
  ['SIGTSTP', 'The daemon lets go of all tmux servers, then stops.'],
] as const;

const EXIT_CODES = [
  ['0', 'All is well.'],
  ['1', 'Something failed.'],
  ['2', 'Wrong usage, or an invalid configuration.'],
] as const;

const FILES = [
  [
    '~/.config/tmux-exporter/config.yml, /etc/tmux-exporter/config.yml',
    'The configuration. The first that exists is used.',
  ],
  [
    '~/.config/tmux-exporter/client.yml, /etc/tmux-exporter/client.yml',
    'The exporters that watch, servers, webhook and shell-init speak to, and how they log in. The first that exists is used.',
  ],
  ['~/.local/state/tmux-exporter/', 'The history of events, what waits for receivers, and the token for changes.'],
] as const;

/** What a manual page is made of. */
export interface ManualParts {
  /** With all its flags. */
  readonly program: Command;
  readonly defaultCommand: Command;
  readonly version: string;
  readonly date: Date;
}

/** The manual page of the program (man(7)), with every command and flag that the help has. */
export function manualPage({ program, defaultCommand, version, date }: ManualParts): string {
  const name = program.name();
  return [
    `.TH ${roffText(name.toUpperCase())} 1 ${date.toISOString().slice(0, 10)} "${roffText(`${name} ${version}`)}" "User Commands"\n`,
    `.SH NAME\n${roffText(name)} \\- watch tmux servers, report their deaths, and export metrics\n`,
    `.SH SYNOPSIS\n${roffBold(name)} ${roffText(program.usage())}\n`,
    `.SH DESCRIPTION\n${roffSentences(program.description())}.PP\nWithout a command it is ${roffBold(defaultCommand.name())}.\n`,
    `.SH OPTIONS\n${optionsOf(program).map(entryOf(program)).join('')}`,
    `.SH COMMANDS\n${commandsBelow(program, name).map(commandPart).join('')}`,
    `.SH CONFIGURATION\nEach option is also a key of the configuration file, in YAML, and an environment variable. A flag wins over the variable, and the variable over the file.\n`,
    configurationPart(defaultCommand),
    `.SH SIGNALS\n${SIGNALS.map(([term, text]) => roffEntry(term, text)).join('')}`,
    `.SH EXIT STATUS\n${EXIT_CODES.map(([term, text]) => roffEntry(term, text)).join('')}`,
    `.SH FILES\n${FILES.map(([term, text]) => roffEntry(term, text)).join('')}`,
    `.SH SEE ALSO\n${roffBold('tmux')}(1), ${roffBold('prometheus')}(1)\n`,
  ].join('');
}

/** A command, and how it is typed. */
interface Typed {
  readonly path: string;
  readonly command: Command;
}

/** All that do something, in the order of the help. */
function commandsBelow(parent: Command, path: string): Typed[] {
  const children = parent.createHelp().visibleCommands(parent);
  return children
    .filter((child) => child.name() !== 'help')
    .flatMap((command) => {
      const typed = { path: `${path} ${command.name()}`, command };
      return command.commands.length > 0 ? commandsBelow(command, typed.path) : [typed];
    });
}

function commandPart({ path, command }: Typed): string {
  const isConfigured = command.options.some(isOfConfiguration);
  const options = optionsOf(command).filter((option) => !isOfConfiguration(option));
  const takenArguments = command.createHelp().visibleArguments(command);
  return [
    `.SS "${roffText(`${path} ${command.usage()}`)}"\n`,
    roffSentences(sentence(command.description())),
    ...(isConfigured ? ['It takes every option of CONFIGURATION.\n'] : []),
    ...takenArguments.map((taken) => roffEntry(taken.name(), command.createHelp().argumentDescription(taken))),
    ...options.map(entryOf(command)),
    ...textBelow(command).map(roffExample),
  ].join('');
}

function configurationPart(command: Command): string {
  const groups = Map.groupBy(optionsOf(command).filter(isOfConfiguration), ({ helpGroupHeading }) => helpGroupHeading);
  const parts = [...groups].map(
    ([heading = '', options]) =>
      `.SS ${roffText(heading.replace(/ options:$/, ''))}\n${options.map(entryOf(command)).join('')}`,
  );
  return parts.join('');
}

/** Those that the help has, without the help itself. */
function optionsOf(command: Command): Option[] {
  const shown = command.createHelp().visibleOptions(command);
  return shown.filter((option) => command.options.includes(option));
}

/** Only options of the configuration are grouped in the help. */
function isOfConfiguration({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading !== undefined;
}

function entryOf(command: Command): (option: Option) => string {
  const help = command.createHelp();
  return (option) => roffEntry(help.optionTerm(option), sentence(help.optionDescription(option)));
}

/** What the help prints below the options. */
function textBelow(command: Command): string[] {
  const texts: string[] = [];
  if (command instanceof EventEmitter)
    command.emit('afterHelp', { error: false, command, write: (text: string) => texts.push(text.trim()) });
  return texts;
}

function sentence(text: string): string {
  const capital = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /\.$|\. \([^)]*\)$/.test(capital) ? capital : `${capital}.`;
}
