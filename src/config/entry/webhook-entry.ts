import * as z from 'zod';
import { FORMATS, TEMPLATE_ESCAPES } from '../../core/alert/notification.ts';
import { templateProblems } from '../../core/alert/template.ts';
import { EVENT_TYPES, type EventType, SEVERITIES } from '../../core/event/event.ts';
import {
  absolutePath,
  choice,
  duration,
  filledListOf,
  integer,
  type Kind,
  listOf,
  orNull,
  toggle,
} from '../kind/kind.ts';
import { type ConfigOf, option, schemaOf } from '../kind/option.ts';
import { serverPattern } from '../kind/pattern.ts';
import {
  endpointUrl,
  headerMapping,
  jsonTree,
  noProxyList,
  oneLine,
  proxyUrl,
  receiverName,
  repetition,
  serverName,
} from '../kind/webhook-kinds.ts';

/** Received alerts are never sent on: the receiver could be the one that sent them. */
const REPORTED_TYPES = EVENT_TYPES.filter((type): type is Exclude<EventType, 'alert'> => type !== 'alert');

/** The problems that a receiver gets by default. */
const PROBLEMS: readonly Exclude<EventType, 'alert'>[] = [
  'server-gone',
  'server-gone-cause',
  'server-unresponsive',
  'server-unreachable',
  'host-rebooted',
];

const ENDPOINT = {
  name: option(orNull(receiverName), {
    default: null,
    example: 'oncall',
    description: 'Its label in metrics, log and API. Required.',
  }),
  url: option(orNull(endpointUrl), {
    default: null,
    description: 'The URL to post to. It is never shown. Either url or url_file is required.',
    secret: true,
  }),
  url_file: option(orNull(absolutePath), {
    default: null,
    example: '/etc/tmux-exporter/oncall-url',
    description:
      'A file that contains the URL. Like all files with secrets it needs mode 0600 or 0640, and is read again for each request.',
    secret: 'in_file',
  }),
  headers: option(headerMapping, {
    default: {},
    defaultText: 'none',
    description: 'Headers to send with every request.',
    secret: true,
  }),
  bearer_token_file: option(orNull(absolutePath), {
    default: null,
    description: 'A file that contains a bearer token.',
    secret: 'in_file',
  }),
  basic_auth: {
    username: option(orNull(oneLine), {
      default: null,
      description: 'User name for basic authentication.',
      secret: true,
    }),
    password_file: option(orNull(absolutePath), {
      default: null,
      description: 'A file that contains the password.',
      secret: 'in_file',
    }),
  },
  proxy_url: option(orNull(proxyUrl), {
    default: null,
    description: 'The proxy that leads to the receiver. It is not shown anywhere, because it may contain a password.',
    secret: true,
  }),
  no_proxy: option(noProxyList, {
    default: '',
    defaultText: 'none',
    description: 'With proxy_url: hosts that are reached without it. A name includes all names below it.',
  }),
  proxy_from_environment: option(toggle, {
    default: false,
    description: 'Use the proxy that HTTP_PROXY or HTTPS_PROXY names, except for the hosts in NO_PROXY.',
  }),
  tls_config: {
    ca_file: option(orNull(absolutePath), {
      default: null,
      description: 'A file with the authorities that are trusted, in PEM. By default those of Node.',
    }),
    cert_file: option(orNull(absolutePath), {
      default: null,
      description: 'A file with a client certificate, in PEM. It needs key_file.',
    }),
    key_file: option(orNull(absolutePath), {
      default: null,
      description: 'A file with the key of that certificate, in PEM, with mode 0600 or 0640.',
      secret: 'in_file',
    }),
    server_name: option(orNull(serverName), {
      default: null,
      description: 'The name that the certificate of the receiver has to have. By default the host of the URL.',
    }),
    insecure_skip_verify: option(toggle, {
      default: false,
      description: 'Accept every certificate. Then everybody on the way can read and change the messages.',
    }),
  },
  timeout: option(duration('10ms', '5m'), { default: '10s', description: 'How long a request may take.' }),
  events: option(filledListOf(choice('type', REPORTED_TYPES)), {
    default: PROBLEMS,
    description: 'The types of events to report.',
  }),
  servers: option(listOf(serverPattern), { default: [], defaultText: 'all', description: 'The servers to report on.' }),
  min_severity: option(choice('severity', SEVERITIES), {
    default: 'info',
    description: 'The least severity to report.',
  }),
};

/** The options of an entry of `webhooks`. */
export const WEBHOOK = {
  ...ENDPOINT,
  format: option(choice('format', FORMATS), { default: 'native', description: 'The format of the messages.' }),
  template: option(orNull(jsonTree), {
    default: null,
    description: 'The body of a message with the format template.',
    secret: true,
  }),
  escape: option(choice('kind', TEMPLATE_ESCAPES), {
    default: 'mentions',
    description:
      'What loses its meaning in the values of a template: mentions, or also the markup of slack, mattermost, discord or html. none inserts values as they are, and so does {{{path}}}.',
  }),
  secret_file: option(orNull(absolutePath), {
    default: null,
    description:
      'A file with secrets for Standard Webhooks, one per line. Each of them signs, so that a secret can be replaced.',
    secret: 'in_file',
  }),
  send_resolved: option(toggle, { default: true, description: 'Also report the end of what was reported.' }),
  group: {
    wait: option(duration('0s', '1h'), {
      default: '5s',
      description: 'How long a notice waits for others, to be sent in one message.',
    }),
    interval: option(duration('0s', '1d'), {
      default: '60s',
      description: 'Minimum time between two messages about the same server.',
    }),
    max: option(integer(1, 1_000), { default: 50, description: 'How many notices one message can contain.' }),
  },
  repeat: option(repetition, {
    default: '0s',
    description: 'How often a problem that lasts is reported again; 0s for never.',
  }),
  cooldown: option(duration('0s', '7d'), {
    default: '5m',
    description:
      'Minimum time between two messages about the same problem of the same server. If it still lasts, the next message says how many were suppressed.',
  }),
  max_age: option(duration('1m', '30d'), {
    default: '24h',
    description: 'How long delivery of a message is attempted before it becomes a dead letter.',
  }),
};

/** The options of an entry of `alertmanagers`. */
export const ALERTMANAGER = {
  ...ENDPOINT,
  resend: option(duration('1s', '1h'), { default: '1m', description: 'How often an alert that lasts is sent again.' }),
  resolve_after: option(duration('5m', '365d'), {
    default: '1d',
    description: 'When a problem that was never reported as ended counts as ended.',
  }),
};

type Named<Entry> = Omit<Entry, 'name'> & { readonly name: string };
type Webhook = ConfigOf<typeof WEBHOOK>;

/** The kind of the list of receivers. */
export const webhookList = entriesOf(schemaOf(WEBHOOK), (entry: Webhook) => [
  ...endpointProblems(entry),
  ...templateProblemsOf(entry),
]);

/** The kind of the list of Alertmanagers. */
export const alertmanagerList = entriesOf(schemaOf(ALERTMANAGER), endpointProblems);

interface EntryProblem {
  readonly path: readonly string[];
  readonly message: string;
}

function entriesOf<Entry extends { readonly name: string | null }>(
  entry: z.ZodType<Entry>,
  problemsOf: (entry: Entry) => readonly EntryProblem[],
): Kind<readonly Named<Entry>[], readonly unknown[]> {
  const named = entry.transform((value, context): Named<Entry> => {
    const { name } = value;
    const problems = name === null ? [{ path: ['name'], message: 'a name' }, ...problemsOf(value)] : problemsOf(value);
    for (const problem of problems) context.addIssue({ code: 'custom', ...problem, path: [...problem.path] });
    return { ...value, name: name ?? '' };
  });
  const schema = z.array(named, { error: 'a list' }).superRefine((entries, context) => {
    for (const [index, { name }] of entries.entries()) {
      if (entries.findIndex((other) => other.name === name) === index) continue;
      context.addIssue({
        code: 'custom',
        message: 'a name that no other entry of the list has',
        path: [index, 'name'],
      });
    }
  });
  return {
    schema: schema.readonly(),
    unit: '',
    form: 'list',
    placeholder: 'entry',
    values: 'mappings',
    read: (text) => text,
  };
}

type EndpointEntry = Pick<
  Webhook,
  'url' | 'urlFile' | 'bearerTokenFile' | 'basicAuth' | 'proxyUrl' | 'noProxy' | 'proxyFromEnvironment' | 'tlsConfig'
>;

function endpointProblems(entry: EndpointEntry): EntryProblem[] {
  const { url, urlFile, bearerTokenFile, basicAuth, tlsConfig } = entry;
  const { username, passwordFile } = basicAuth;
  return [
    ...proxyProblems(entry),
    ...problemIf(
      (tlsConfig.certFile === null) !== (tlsConfig.keyFile === null),
      ['tls_config', tlsConfig.certFile === null ? 'cert_file' : 'key_file'],
      'cert_file and key_file together',
    ),
    ...problemIf((url === null) === (urlFile === null), ['url'], 'either url or url_file'),
    ...problemIf(
      bearerTokenFile !== null && username !== null,
      ['bearer_token_file'],
      'either bearer_token_file or basic_auth',
    ),
    ...problemIf(passwordFile !== null && username === null, ['basic_auth', 'username'], 'a user name'),
  ];
}

/** As in Alertmanager: two ways to choose a proxy exclude each other. */
function proxyProblems({ proxyUrl: url, noProxy, proxyFromEnvironment }: EndpointEntry): EntryProblem[] {
  return [
    ...problemIf(url !== null && proxyFromEnvironment, ['proxy_url'], 'either proxy_url or proxy_from_environment'),
    ...problemIf(
      url === null && noProxy !== '',
      ['no_proxy'],
      proxyFromEnvironment
        ? 'no value, because the variable NO_PROXY counts with proxy_from_environment'
        : 'no value, because there is no proxy_url',
    ),
  ];
}

function templateProblemsOf({ format, template, url }: Webhook): EntryProblem[] {
  const wrong = templateProblems(template);
  const hasTopic = url === null || (URL.parse(url)?.pathname ?? '/') !== '/';
  return [
    ...problemIf(
      (format === 'template') !== (template !== null),
      ['template'],
      'a template if format is template, and none otherwise',
    ),
    ...problemIf(wrong.length > 0, ['template'], `places that can be filled in (${wrong.join('; ')})`),
    ...problemIf(format === 'ntfy' && !hasTopic, ['url'], 'the URL of a topic, such as https://ntfy.sh/topic'),
  ];
}

function problemIf(isWrong: boolean, path: readonly string[], message: string): EntryProblem[] {
  return isWrong ? [{ path, message }] : [];
}
