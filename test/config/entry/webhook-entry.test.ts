import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../src/config/file/load.ts';
import { formatProblems } from '../../../src/config/problem.ts';
import { configReference } from '../../../src/config/reference.ts';
import { FILE_LEAVES } from '../../../src/config/schema.ts';

function load(text: string) {
  return loadConfig({ flags: { 'config.file': 'c.yaml' }, env: {}, readFile: () => text });
}

function problems(text: string): string[] {
  const result = load(text);
  return result.kind === 'invalid' ? formatProblems(result.problems).split('\n').slice(1) : [];
}

describe('an entry of webhooks', () => {
  it('has a default for everything but its name and its URL', () => {
    const result = load('webhooks: [{name: ops, url: "https://hooks.example/x"}]');
    expect(result.kind === 'loaded' && result.config.webhooks).toEqual([
      {
        name: 'ops',
        url: 'https://hooks.example/x',
        urlFile: null,
        format: 'native',
        template: null,
        escape: 'mentions',
        headers: {},
        bearerTokenFile: null,
        basicAuth: { username: null, passwordFile: null },
        proxyUrl: null,
        noProxy: '',
        proxyFromEnvironment: false,
        tlsConfig: { caFile: null, certFile: null, keyFile: null, serverName: null, insecureSkipVerify: false },
        secretFile: null,
        timeoutMs: 10_000,
        events: ['server-gone', 'server-gone-cause', 'server-unresponsive', 'server-unreachable', 'host-rebooted'],
        servers: [],
        minSeverity: 'info',
        sendResolved: true,
        group: { waitMs: 5_000, intervalMs: 60_000, max: 50 },
        repeatMs: 0,
        cooldownMs: 300_000,
        maxAgeMs: 86_400_000,
      },
    ]);
  });

  it('takes a template with places that can be filled in', () => {
    const result = load(
      'webhooks: [{name: a, url: "http://x/", format: template, template: {text: "{{title}}", n: [1, null]}}]',
    );
    expect(result.kind === 'loaded' && result.config.webhooks[0]?.template).toEqual({
      text: '{{title}}',
      n: [1, null],
    });
  });

  it.each([
    ['url: "http://x/"', 'name: expected a name, found nothing'],
    ['name: a b, url: "http://x/"', 'name: expected a name: 1 to 64 of A-Z a-z 0-9 _ . -, found "a b"'],
    ['name: a', 'url: expected either url or url_file'],
    ['name: a, url: "http://x/", url_file: /x', 'url: expected either url or url_file'],
    [
      'name: a, url: "http://x/", bearer_token_file: /x, basic_auth: {username: u}',
      'expected either bearer_token_file or basic_auth',
    ],
    ['name: a, url: "http://x/", basic_auth: {password_file: /x}', 'basic_auth.username: expected a user name'],
    [
      'name: a, url: "http://x/a\\nhttp://x/b"',
      'url: expected an http or https URL without port 0, and without a user name in it',
    ],
    ['name: a, url: "http://x:0/"', 'url: expected an http or https URL without port 0'],
    ['name: a, url: "http://x/", proxy_url: "http://p:0"', 'proxy_url: expected the http or https URL of a proxy'],
    ['name: a, url: "http://x/", proxy_url: "http://p\\t:1"', 'proxy_url: expected the http or https URL of a proxy'],
    ['name: a, url: "http://x/", proxy_url: p:3128', 'proxy_url: expected the http or https URL of a proxy, such as'],
    ['name: a, url: "http://x/", proxy_url: "socks5://p:1"', 'proxy_url: expected the http or https URL of a proxy'],
    [
      'name: a, url: "http://x/", proxy_url: "http://p:1", proxy_from_environment: true',
      'proxy_url: expected either proxy_url or proxy_from_environment',
    ],
    ['name: a, url: "http://x/", no_proxy: y', 'no_proxy: expected no value, because there is no proxy_url, found "y"'],
    [
      'name: a, url: "http://x/", no_proxy: y, proxy_from_environment: true',
      'no_proxy: expected no value, because the variable NO_PROXY counts with proxy_from_environment',
    ],
    ['name: a, url: "http://x/", tls_config: {cert_file: /c}', 'tls_config.key_file: expected cert_file and key_file'],
    ['name: a, url: "http://x/", tls_config: {key_file: /k}', 'tls_config.cert_file: expected cert_file and key_file'],
    ['name: a, url: "http://x/", tls_config: {ca: /k}', 'tls_config.ca: unknown key, '],
    ['name: a, url: "http://x/", tls_config: {server_name: "a b"}', 'server_name: expected a host name or IP address'],
    ['name: a, url: "http://x/", template: {}', 'expected a template if format is template, and none otherwise'],
    ['name: a, url: "http://x/", format: template', 'expected a template if format is template, and none otherwise'],
    ['name: a, url: "http://x/", format: template, template: "{{titel}}"', '{{titel}} names no field'],
    ['name: a, url: "http://x/", format: ntfy', 'expected the URL of a topic, such as https://ntfy.sh/topic'],
    ['name: a, url: "http://x/", events: [alert]', 'events[0]: expected one of server-registered, '],
    ['name: a, url: "http://x/", events: []', 'events: expected a list with at least one entry'],
    ['name: a, url: "http://x/", repeat: 1m', 'repeat: expected a duration such as 4h, 5m to 365d, or 0s for never'],
    ['name: a, url: "http://x/", headers: {X-D: 1}', 'headers.X-D: expected a text on one line'],
    ['name: a, url: "http://x/", headers: {X-D: "ö\\n"}', 'headers.X-D: expected a text on one line'],
    [
      'name: a, url: "http://x/", format: template, template: {a: {b: [1, .nan]}}',
      'template.a.b[1]: expected a text, a finite number, true, false, null, a list or a mapping, found something else',
    ],
    [
      'name: a, url: "http://x/", format: template, template: {a: -.inf}',
      'template.a: expected a text, a finite number',
    ],
    ['name: a, url: "http://x/", headers: {Host: y}', 'headers.Host: expected a mapping of header names'],
    ['name: a, url: "http://x/", group: {wiat: 1s}', 'group.wiat: unknown key, did you mean "wait"?'],
  ])('is refused: {%s}', (entry, problem) => {
    expect(problems(`webhooks: [{${entry}}]`).join('\n')).toContain(problem);
  });

  it('is refused with the name of another', () => {
    const entry = '{name: a, url: "http://x/"}';
    expect(problems(`webhooks: [${entry}, ${entry}]`)).toEqual([
      expect.stringContaining('webhooks[1].name: expected a name that no other entry of the list has, found "a"'),
    ]);
  });

  it.each([
    'webhooks: "https://s3cret/"',
    'webhooks: [{name: a, url: "ftp://s3cret/"}]',
    'webhooks: [{name: a, url: "https://user:s3cret@x/"}]',
    'webhooks: [{name: a, url: "https://s3cret/", headers: {X: "s3cret\\n"}}]',
    'webhooks: [{name: a, url: "https://s3cret/", headers: s3cret}]',
    'webhooks: [{name: a, url: "https://s3cret/", format: s}]',
    'webhooks: ["https://s3cret/"]',
    'webhooks: [{name: a, url: "http://x/", proxy_url: "ftp://u:s3cret@p/"}]',
    'webhooks:\n  - url: x\n s3cret\n]s3cret',
    'webhooks: []\n"s3cret"',
    'alertmanagers: [{url: "s3cret"}]',
    'webhooks: [{name: a, url_file: "https://hooks.slack.com/services/s3cret"}]',
    'webhooks: [{name: a, url: "http://x/", secret_file: whsec_s3cret}]',
    'webhooks: [{name: a, url: "http://x/", bearer_token_file: s3cret}]',
    'webhooks: [{name: a, url: "http://x/", basic_auth: "u:s3cret"}]',
    'webhooks: [{name: a, url: "http://x/", basic_auth: {username: "s3cret\\n"}}]',
    'webhooks: [{name: a, url: "http://x/", basic_auth: {username: u, password_file: s3cret}}]',
    'webhooks: [{name: a, url: "http://x/", tls_config: {key_file: "-----BEGIN s3cret"}}]',
    'webhooks: [{name: a, url: "http://x/", template: s3cret}]',
    'web: {tokens: [{file: s3cret}]}',
    'web: {tokens: [s3cret]}',
    'bus: {password_file: s3cret}',
    'bus: {nkey_file: SUAs3cret}',
    'bus: {creds_file: s3cret}',
    'bus: {tls: {key_file: s3cret}}',
    'bus: "u:s3cret"',
    'fleet: {advertise: "http://x/?token=s3cret"}',
    'fleet: {advertise: "http://u:s3cret?@x/"}',
  ])('shows no secret when it is refused: %s', (text) => {
    const found = problems(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found.join('\n')).not.toContain('s3cret');
  });
});

describe('an entry of alertmanagers', () => {
  it('takes the proxy and the TLS of http_config in Alertmanager', () => {
    const tls = '{ca_file: /ca, cert_file: /c, key_file: /k, server_name: am.example, insecure_skip_verify: true}';
    const proxy = 'proxy_url: "http://me:pass@proxy:3128", no_proxy: "a.example,10.0.0.0/8"';
    const result = load(`alertmanagers: [{name: am, url_file: /x, ${proxy}, tls_config: ${tls}}]`);
    expect(result.kind === 'loaded' && result.config.alertmanagers[0]).toMatchObject({
      proxyUrl: 'http://me:pass@proxy:3128',
      noProxy: 'a.example,10.0.0.0/8',
      tlsConfig: {
        caFile: '/ca',
        certFile: '/c',
        keyFile: '/k',
        serverName: 'am.example',
        insecureSkipVerify: true,
      },
    });
  });

  it('has a default for everything but its name and its URL', () => {
    const result = load('alertmanagers: [{name: am, url_file: /x}]');
    expect(result.kind === 'loaded' && result.config.alertmanagers[0]).toMatchObject({
      name: 'am',
      urlFile: '/x',
      resendMs: 60_000,
      resolveAfterMs: 86_400_000,
    });
  });
});

describe('the reference', () => {
  it('has a row for each option of an entry, without flag and variable', () => {
    expect(configReference()).toContain('| `webhooks[].group.wait` |  |  | 0s to 1h | `5s` | How long a notice waits');
    expect(
      configReference()
        .split('\n')
        .filter((row) => row.includes('[]')),
    ).toHaveLength(FILE_LEAVES.filter(({ option }) => option.entries === null).length);
  });

  it.each(FILE_LEAVES.map((leaf) => [leaf.path.join('.'), leaf.option.description]))(
    'says what %s does',
    (_, description) => {
      expect(description).toMatch(/^[A-Z].*\.$/);
    },
  );
});
