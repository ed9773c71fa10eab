import * as z from 'zod';
import { EXPORTER_URL_RULE, hasLogin, isExporterUrl, shownUrl } from '../../core/exporter-url.ts';
import { type Kind, orNull, text } from '../kind/kind.ts';
import { type ConfigOf, option, schemaOf } from '../kind/option.ts';
import { oneLine } from '../kind/webhook-kinds.ts';

const exporterUrl = text(
  { placeholder: 'url', values: 'http, https or unix URL', expected: EXPORTER_URL_RULE },
  isExporterUrl,
);

const path = text(
  { placeholder: 'path', values: 'path', expected: 'a path' },
  (value) => value !== '' && !value.includes('\0'),
);

/** The options of an entry of `exporters` in a client configuration file. */
const EXPORTER = {
  url: option(orNull(exporterUrl), {
    default: null,
    description: 'Where the exporter listens. Required.',
    secret: true,
  }),
  token_file: option(orNull(path), { default: null, description: 'A file with a bearer token.', secret: 'in_file' }),
  user: option(orNull(oneLine), { default: null, description: 'The user of a login with a password.', secret: true }),
  password_file: option(orNull(path), { default: null, description: 'A file with the password.', secret: 'in_file' }),
  ca_file: option(orNull(path), {
    default: null,
    description: 'The authorities that the certificate of the exporter may be from.',
  }),
  cert_file: option(orNull(path), { default: null, description: 'A client certificate.' }),
  key_file: option(orNull(path), {
    default: null,
    description: 'The key of the client certificate.',
    secret: 'in_file',
  }),
};

type Raw = ConfigOf<typeof EXPORTER>;

/** An exporter that the commands can reach, and how. */
export type ExporterEntry = Omit<Raw, 'url'> & { readonly url: string };

const entry = schemaOf(EXPORTER).transform((raw: Raw, context): ExporterEntry => {
  for (const { key, message } of problemsOf(raw))
    context.addIssue({ code: 'custom', message, path: key === null ? [] : [key] });
  return { ...raw, url: raw.url ?? '' };
});

const exporterList: Kind<readonly ExporterEntry[], readonly unknown[]> = {
  schema: z
    .array(entry, { error: 'a list of mappings with a url' })
    .superRefine((entries, context) => {
      const urls = entries.map(({ url }) => (isExporterUrl(url) ? shownUrl(url) : null));
      for (const [index, url] of urls.entries()) {
        if (url === null || urls.indexOf(url) === index) continue;
        context.addIssue({ code: 'custom', message: 'each exporter once', path: [index, 'url'] });
      }
    })
    .readonly(),
  unit: '',
  form: 'list',
  placeholder: 'entry',
  values: 'mappings',
  read: (value) => value,
};

/** The options of a client configuration file. */
export const CLIENT_OPTIONS = {
  exporters: option(exporterList, {
    default: [],
    description: 'The exporters that the commands speak to, and how they log in.',
    entries: EXPORTER,
  }),
};

interface EntryProblem {
  /** Null for the whole entry. */
  readonly key: keyof typeof EXPORTER | null;
  readonly message: string;
}

function problemsOf({ url, tokenFile, user, passwordFile, certFile, keyFile }: Raw): EntryProblem[] {
  const isLogin = user !== null || passwordFile !== null;
  const logins = [url !== null && hasLogin(url), tokenFile !== null, isLogin].filter((isGiven) => isGiven);
  const problems: (EntryProblem | false)[] = [
    url === null && { key: 'url', message: 'a URL' },
    logins.length > 1 && {
      key: null,
      message: 'one login: token_file, or user and password_file, or a user and a password in the URL',
    },
    (user === null) !== (passwordFile === null) && {
      key: user === null ? 'user' : 'password_file',
      message: 'user and password_file together',
    },
    (certFile === null) !== (keyFile === null) && {
      key: certFile === null ? 'cert_file' : 'key_file',
      message: 'cert_file and key_file together',
    },
  ];
  return problems.filter((problem) => problem !== false);
}
