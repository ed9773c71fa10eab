import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NatsServer } from '../world/nats.ts';

/** The environment of a daemon that logs in to the bus as `user`, whose password is its name. The file of it is in `folder`. */
export async function busEnvironment(
  nats: Pick<NatsServer, 'url'>,
  folder: string,
  user: string,
): Promise<NodeJS.ProcessEnv> {
  const password = join(folder, `${user}.password`);
  await writeFile(password, user, { mode: 0o600 });
  return {
    TMUX_EXPORTER_BUS_SERVERS: nats.url,
    TMUX_EXPORTER_BUS_USERNAME: user,
    TMUX_EXPORTER_BUS_PASSWORD_FILE: password,
  };
}
