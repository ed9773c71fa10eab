import { dirname, resolve } from 'node:path';
import { hasLogin } from '../../core/exporter-url.ts';
import { CLIENT_OPTIONS, type ExporterEntry } from '../entry/exporter-entry.ts';
import { schemaOf } from '../kind/option.ts';
import { fileLeavesOf } from '../leaf.ts';
import type { Problem } from '../problem.ts';
import { checkDocument } from './config-file.ts';
import { readYaml } from './yaml-document.ts';

/** The exporters of a client configuration file, or all its problems. */
export type ClientFileReading =
  | {
      readonly kind: 'read';
      readonly exporters: readonly ExporterEntry[];
      /** Whether a URL holds a password. */
      readonly isSecret: boolean;
    }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

const SCHEMA = schemaOf(CLIENT_OPTIONS);
const LEAVES = fileLeavesOf(CLIENT_OPTIONS);

/** Reads the text of a client configuration file. Paths in it are relative to its folder. */
export function readClientFile(path: string, text: string): ClientFileReading {
  const { problems, value } = checkDocument(path, readYaml(text), SCHEMA, LEAVES);
  if (problems.length > 0) return { kind: 'invalid', problems };
  const { exporters } = SCHEMA.parse(value);
  const at = (file: string | null) => (file === null ? null : resolve(dirname(path), file));
  return {
    kind: 'read',
    isSecret: exporters.some(({ url }) => hasLogin(url)),
    exporters: exporters.map((exporter) => ({
      ...exporter,
      tokenFile: at(exporter.tokenFile),
      passwordFile: at(exporter.passwordFile),
      caFile: at(exporter.caFile),
      certFile: at(exporter.certFile),
      keyFile: at(exporter.keyFile),
    })),
  };
}
