import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type MessageView, viewOf } from '../../../src/alert/format/message-view.ts';
import { render } from '../../../src/alert/format/rendering.ts';
import { type TrialType, trialMessage } from '../../../src/alert/sample-event.ts';
import {
  FORMATS,
  type FormatName,
  type Notification,
  TEMPLATE_ESCAPES,
  type TemplateEscape,
} from '../../../src/core/alert/notification.ts';
import type { Notice, OutboxMessage } from '../../../src/core/alert/outbox.ts';
import { EVENT_TYPES, type TmuxEvent } from '../../../src/core/event/event.ts';
import { stampEvent } from '../../../src/core/event/event-log.ts';
import { printable } from '../../../src/core/text.ts';
import { goneDraft } from '../../../src/core/wording/draft.ts';
import { goldenText } from '../../support/judges/golden.ts';
import {
  DEAD,
  failed,
  NOW,
  sampleDeath,
  sampleSession,
  sampleSnapshot,
  upRecord,
} from '../../support/sample/sample.ts';
import { HOSTILE_NAMES } from '../support/hostile.ts';

const SENDER = { host: 'machine', version: '1.2.3', url: 'http://127.0.0.1:8689' };
const URL_OF_TOPIC = new URL('https://ntfy.example/base/t0pic');
const TYPES = EVENT_TYPES.filter((type): type is TrialType => type !== 'alert');
const TEMPLATE = {
  text: '{{title}}: {{body}} ({{count}}, {{event.server.name}}{{event.nothing}})',
  count: '{{count}}',
  nested: [{ severity: '{{ severity }}', server: '{{event.server}}' }, 7, null, true],
};

function view(message: OutboxMessage, max = 50): MessageView {
  const made = viewOf(message, { receiver: 'ops', sender: SENDER, max });
  if (!made) throw new Error('the message is empty');
  return made;
}

const SETTINGS = { template: TEMPLATE, escape: 'mentions' } as const;

function bodyIn(format: FormatName, message: OutboxMessage, max?: number): string {
  return render(format, view(message, max), URL_OF_TOPIC, SETTINGS).body;
}

function trial(type: TrialType, resolved = false): OutboxMessage {
  return trialMessage({ type, resolved, host: 'machine', now: NOW, id: 'msg_1', reason: 'new' });
}

/** The death of a server whose sessions have hostile names. */
function hostileDeath(server: string, names: readonly string[] = HOSTILE_NAMES): TmuxEvent {
  const sessions = names.map((name, number) => sampleSession(number, { name }));
  const record = upRecord(sampleSnapshot({ sessions }), {
    name: server,
    socket: `/tmp/${names.join('').slice(0, 100)}`,
  });
  const draft = goneDraft(record, sampleDeath('crashed'), failed('refused', DEAD));
  return stampEvent(draft, `e-${server}`, NOW, { host: 'machine', bootId: null });
}

function messageOf(events: readonly TmuxEvent[], suppressed = 0): OutboxMessage {
  const notices = events.map(
    (event, index): Notice => ({
      id: index,
      status: 'firing',
      reason: 'new',
      event,
      ended: [],
      suppressed,
      queuedAt: NOW,
    }),
  );
  return { ...trial('server-gone'), notices };
}

const STORM = messageOf(Array.from({ length: 50 }, (_, server) => hostileDeath(`${'long-name-'.repeat(6)}${server}`)));
const HOSTILE = messageOf([hostileDeath('work')], 3);

function golden(name: string, body: string): void {
  const text = `${JSON.stringify(JSON.parse(body), null, 2)}\n`;
  expect(text).toBe(goldenText(join(import.meta.dirname, 'golden', `${name}.json`), text));
}

describe.each(FORMATS)('the format %s', (format) => {
  it.each(TYPES)('is the golden one for %s', (type) => {
    golden(`${format}/${type}`, bodyIn(format, trial(type)));
  });

  it('is the golden one for an end', () => {
    golden(`${format}/resolved`, bodyIn(format, trial('server-gone', true)));
  });

  it('is the golden one for hostile names', () => {
    golden(`${format}/hostile`, bodyIn(format, HOSTILE));
  });

  it('holds nothing unprintable, whatever the names', () => {
    const texts = [HOSTILE, STORM].flatMap((message) => textsIn(JSON.parse(bodyIn(format, message))));
    // Kept apart by ourselves: without that they would be mentions.
    const shown = texts.map((text) => text.replaceAll(/(?<=[@~#<])\u200b/g, ''));
    expect(shown.filter((text) => printable(text) !== text)).toEqual([]);
  });
});

/** The lines of every text in a JSON tree, except paths of sockets, which programs need unchanged. */
function textsIn(tree: unknown): string[] {
  if (typeof tree === 'string') return tree.split('\n');
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => (key === 'socket' ? [] : textsIn(value)));
}

describe('a message of fifty deaths', () => {
  const names = STORM.notices.slice(0, 20).map(({ event }) => event.server?.name ?? '');

  it.each(['slack', 'ntfy', 'discord', 'template'] as const)(
    'names their number and twenty of them in the format %s',
    (format) => {
      const body = bodyIn(format, STORM).replaceAll('\\\\', '');
      expect(body).toContain('50 tmux servers gone');
      expect(names.filter((name) => !body.includes(name))).toEqual([]);
      expect(body).toContain('and 30 more');
    },
  );

  it('lists them all in the native format, up to the maximum of a message', () => {
    expect(JSON.parse(bodyIn('native', STORM))).toMatchObject({
      count: 50,
      truncated: 0,
      title: 'machine: 50 tmux servers gone',
    });
    const few = JSON.parse(bodyIn('native', STORM, 10)) as Notification;
    expect(few).toMatchObject({ count: 50, truncated: 40 });
    expect(few.notices).toHaveLength(10);
  });

  it("is an alert each for an Alertmanager's receiver", () => {
    const { alerts, commonLabels, truncatedAlerts } = JSON.parse(bodyIn('alertmanager', STORM, 49));
    expect(alerts).toHaveLength(49);
    expect(truncatedAlerts).toBe(1);
    expect(commonLabels).toEqual({
      alertname: 'TmuxServerGone',
      host: 'machine',
      job: 'tmux-exporter',
      severity: 'critical',
    });
  });
});

describe('the limits of', () => {
  it.each([HOSTILE, STORM])('Discord are kept: 2000 of content, 4096 of a description, 6000 of an embed', (message) => {
    const { content, embeds, allowed_mentions } = JSON.parse(bodyIn('discord', message));
    const [{ description, footer }] = embeds;
    expect(content.length).toBeLessThanOrEqual(2_000);
    expect(description.length).toBeLessThanOrEqual(4_096);
    expect(description.length + footer.text.length).toBeLessThanOrEqual(6_000);
    expect(allowed_mentions).toEqual({ parse: [] });
    expect(content).not.toMatch(/(?<!\\)[*_~`|<>[\]@]/);
  });

  it.each([HOSTILE, STORM])('ntfy are kept: 4096 bytes of message', (message) => {
    const { url, body } = render('ntfy', view(message), URL_OF_TOPIC, SETTINGS);
    const { topic, title, message: text, priority } = JSON.parse(body);
    expect(url.href).toBe('https://ntfy.example/base');
    expect(topic).toBe('t0pic');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
    expect(Buffer.byteLength(title)).toBeLessThanOrEqual(250);
    expect(priority).toBe(5);
  });

  it.each([HOSTILE, STORM])('Slack are kept: 150 of a header, 3000 of a section, and no mention', (message) => {
    const { text, blocks } = JSON.parse(bodyIn('slack', message));
    const [header, section] = blocks;
    expect(header.text.text.length).toBeLessThanOrEqual(150);
    expect(section.text.text.length).toBeLessThanOrEqual(3_000);
    expect(text.length).toBeLessThanOrEqual(3_000);
    expect([text, header.text.text, section.text.text].join('')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
  });
});

describe('the blocks of the format slack, which others read as Markdown', () => {
  it.each(['@**all**', '@here', '#general', 'a@all'])('mention nobody: %s', (name) => {
    const { blocks } = JSON.parse(bodyIn('slack', messageOf([hostileDeath('work', [name])])));
    for (const block of blocks) {
      expect(block.text.text).toContain(name.replace(/[@#]/, '$&\u200b'));
      expect(block.text.text).not.toContain(name);
    }
  });
});

describe('the text of the format slack, which others read as Markdown', () => {
  const textOf = (...names: string[]) => {
    const { text } = JSON.parse(bodyIn('slack', messageOf([hostileDeath('work', names)])));
    return String(text);
  };

  it.each(['@all', '@here', '@channel', '@john', '~town-square', '#tag', 'a@all'])('mentions nobody: %s', (name) => {
    expect(textOf(name)).toContain(name.replace(/[@~#]/, '$&\u200b'));
    expect(textOf(name)).not.toContain(name);
  });

  it.each([
    ['**bold**', String.raw`\*\*bold\*\*`],
    ['_it_', String.raw`\_it\_`],
    ['`code`', String.raw`\`code\``],
    ['[click](https://evil.example)', String.raw`\[click](https://evil.example)`],
    ['![image](https://evil.example)', String.raw`!\[image](https://evil.example)`],
    [String.raw`\*`, String.raw`\\\*`],
  ])('has no markup from %s', (name, written) => {
    expect(textOf(name)).toContain(written);
  });

  it('leaves a usual name as it is', () => {
    expect(textOf('my_app-2.web')).toContain('my_app-2.web');
  });
});

describe('the format template', () => {
  it('fills in texts, and keeps everything else', () => {
    expect(JSON.parse(bodyIn('template', trial('server-gone')))).toEqual({
      text: expect.stringMatching(/^tmux server trial crashed: .*: Its process 4242 .* \(1, trial\)$/),
      count: 1,
      nested: [{ severity: 'critical', server: expect.objectContaining({ name: 'trial', pid: 4242 }) }, 7, null, true],
    });
  });
});

describe('what fills a template', () => {
  /** A message about a session of a name, filled into a template. */
  function filled(kind: TemplateEscape, name: string, template = '{{event.details.sessions.0}}'): string {
    const [notice] = HOSTILE.notices as [Notice];
    const event = { ...notice.event, details: { sessions: [name] } } as never;
    const message = { ...HOSTILE, notices: [{ ...notice, event }] };
    return JSON.parse(render('template', view(message), URL_OF_TOPIC, { template, escape: kind }).body);
  }

  const APART = '\u200b';

  it.each(TEMPLATE_ESCAPES.filter((kind) => kind !== 'none'))('mentions nobody with the escape %s', (kind) => {
    for (const name of ['@everyone', 'a@here', '<@U123>', '@']) expect(filled(kind, name)).not.toMatch(/@(?!\u200b)/);
    for (const name of ['<!channel>', '<#C123>', '<users/all>', '<at user_id="all"></at>', '<'])
      expect(filled(kind, name)).not.toMatch(/(?<!\\)<(?!\u200b)/);
  });

  it.each([
    ['mentions', 'my_app-2.web & *', 'my_app-2.web & *'],
    ['mentions', '<!channel>', `<${APART}!channel>`],
    ['mentions', 'ends with <', `ends with <${APART}`],
    ['slack', '<https://evil.example|click> & *b*', '&lt;https://evil.example|click&gt; &amp; *b*'],
    ['slack', '#general', `#${APART}general`],
    ['mattermost', '[click](https://evil.example) ~town', `\\[click](https://evil.example) ~${APART}town`],
    [
      'discord',
      '[click](https://evil.example) **b** @here',
      `\\[click\\](https://evil.example) \\*\\*b\\*\\* @${APART}here`,
    ],
    ['html', `<a href="x">'&@all`, `&lt;a href=&quot;x&quot;&gt;&#39;&amp;@${APART}all`],
    ['none', '<!channel> @everyone', '<!channel> @everyone'],
  ] as const)('is escaped for %s: %s', (kind, name, written) => {
    expect(filled(kind, name)).toBe(written);
  });

  it('is as it is between three braces', () => {
    expect(filled('html', '<b>@all', '{{{event.details.sessions.0}}} {{event.details.sessions.0}}')).toBe(
      `<b>@all &lt;b&gt;@${APART}all`,
    );
  });

  it('leaves the own text of the template alone', () => {
    expect(filled('slack', 'x', '<!channel> {{event.details.sessions.0}}')).toBe('<!channel> x');
  });
});

describe('the summary', () => {
  it('describes a death, its cause and the return as one story', () => {
    const [gone, cause, up] = [trial('server-gone'), trial('server-gone-cause'), trial('server-up')].map(
      ({ notices }) => notices[0]?.event as TmuxEvent,
    );
    const events = [gone, cause, up].map((event) => ({ ...event, incident: 'i' }) as TmuxEvent);
    const { summary } = view(messageOf(events));
    expect(summary.title).toBe(gone?.title);
    expect(summary.body).toContain(cause?.title);
    expect(summary.body).toContain(up?.title);
  });

  it('says of several deaths as of when each list is', () => {
    const [{ event }] = trial('server-gone').notices as [Notice];
    const long = { ...event, title: `${event.title}${' and so on'.repeat(20)}` };
    const { body } = view(messageOf([event, long, hostileDeath('other')])).summary;
    const lines = body.split('\n').filter((line) => line.startsWith('- '));
    expect(lines.map((line) => /; the list is as of 20[\d-]+ [\d:]+ UTC$/.test(line))).toEqual([true, true, false]);
    expect(lines.filter((line) => line.length > '- '.length + 160)).toEqual([]);
  });

  it('marks the end of a problem if it is not known what ended it', () => {
    const [notice] = HOSTILE.notices as [Notice];
    const end: Notice = { ...notice, status: 'resolved', ended: [notice.event] };
    const { title } = notice.event;
    const summaryOf = (...notices: Notice[]) => view({ ...HOSTILE, notices }).summary;
    expect(summaryOf(end)).toMatchObject({ status: 'resolved', title: `over: ${title}` });
    expect(summaryOf(notice, end).title).toBe(title);
    expect(summaryOf(notice, end).body).toContain(`\nover: ${title}`);
    const other: Notice = { ...notice, event: hostileDeath('other') };
    expect(summaryOf(other, end).body).toContain('\n- over: tmux server work crashed');
  });

  it('marks a repetition and a test, and counts what was left out', () => {
    const [notice] = HOSTILE.notices as [Notice];
    const titleOf = (reason: Notice['reason']) => view({ ...HOSTILE, notices: [{ ...notice, reason }] }).summary.title;
    expect(titleOf('repeat')).toMatch(/^still: tmux server work crashed/);
    expect(titleOf('test')).toMatch(/^test: tmux server work crashed/);
    expect(view(HOSTILE).summary.body).toMatch(/\n3 more of the same were left out by the cooldown\.$/);
  });
});
