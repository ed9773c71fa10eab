import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../machine/eventually.ts';
import { ended, type ProcessLife, signal } from '../machine/process-life.ts';
import { HiddenServer, type PlainServer } from '../tmux/hidden-server.ts';
import { TmuxServer } from '../tmux/tmux-server.ts';
import { ENDINGS, type Ending, type Life } from './life.ts';

/** Whether a socket has been watched for this many seconds, so that the watch has surely reached its server; nothing reaches a stopped one. */
export type IsWatched = (socket: string, stoppedSeconds: number) => boolean;

/** A socket path at which servers live and die, and the truth of every life that was lived there. */
export class Place {
  readonly name: string;
  /** The path at which its servers listen, as they see it. */
  readonly path: string;
  /** Whether its servers have mount namespaces of their own. */
  readonly isHidden: boolean;
  readonly lives: Life[] = [];
  readonly #server: PlainServer;
  readonly #isWatched: IsWatched;
  /** Whether a person has deregistered it, so that the daemon must not poll it. */
  #isDeregistered = false;
  /** Unix milliseconds; null if it is not stopped. */
  #stoppedAt: number | null = null;
  /** Lives that go on without their path. */
  readonly #displaced: { readonly life: Life; readonly process: ProcessLife }[] = [];

  private constructor(name: string, server: PlainServer, isWatched: IsWatched) {
    this.name = name;
    this.isHidden = server instanceof HiddenServer;
    this.path = server instanceof HiddenServer ? server.path : server.socket;
    this.#server = server;
    this.#isWatched = isWatched;
  }

  /** Begins the first life of a place. */
  static create(folder: string, name: string, isWatched: IsWatched): Promise<Place> {
    return Place.#begin(name, () => TmuxServer.start({ folder, name, sessions: ['a', 'b'] }), isWatched);
  }

  /** Begins the first life of a place that nobody else sees, in a folder of that name. */
  static createHidden(folder: string, name: string, isWatched: IsWatched): Promise<Place> {
    return Place.#begin(name, () => HiddenServer.start(join(folder, name), ['a', 'b']), isWatched);
  }

  static async #begin(name: string, start: () => Promise<PlainServer>, isWatched: IsWatched): Promise<Place> {
    const begunAt = Date.now();
    const place = new Place(name, await start(), isWatched);
    place.#record(begunAt);
    return place;
  }

  get socket(): string {
    return this.#server.socket;
  }

  /** Its path in the daemon's API. */
  get apiPath(): string {
    return `/api/v1/servers/${this.name}`;
  }

  get life(): Life {
    const life = this.lives.at(-1);
    if (!life) throw new Error(`expected a life at ${this.name}`);
    return life;
  }

  get state(): 'alive' | 'stopped' | 'ghost' | 'dead' {
    if (this.life.death) return 'dead';
    if (this.#stoppedAt !== null) return 'stopped';
    return existsSync(this.socket) ? 'alive' : 'ghost';
  }

  get isDeregistered(): boolean {
    return this.#isDeregistered;
  }

  set isDeregistered(value: boolean) {
    this.#isDeregistered = value;
    if (value) this.life.wasDeregistered = true;
  }

  get hasDisplaced(): boolean {
    return this.#displaced.length > 0;
  }

  /** The ways in which the present life can be ended. */
  get endings(): readonly Ending[] {
    if (this.state === 'stopped') return ['SIGKILL'];
    return this.state === 'ghost' ? ['SIGKILL', 'SIGTERM'] : ENDINGS;
  }

  /** Ends the present life. Resolves when its process is gone. */
  async end(ending: Ending): Promise<void> {
    const at = Date.now();
    const stoppedSeconds = (at - (this.#stoppedAt ?? at)) / 1000;
    this.life.death = { at, ending, wasWatched: this.#isWatched(this.path, stoppedSeconds) };
    await this.#end(ending);
    await this.#server.ended();
    this.#stoppedAt = null;
  }

  /** Begins another life; in place of the present one, if that has lost its socket. */
  async restart(): Promise<void> {
    if (!this.life.death) this.#displaced.push({ life: this.life, process: this.#server.life });
    if (!this.life.death) this.life.isDisplaced = true;
    const begunAt = Date.now();
    await this.#server.restart();
    this.#record(begunAt);
  }

  /** Ends a life that goes on without its path. */
  async endDisplaced(): Promise<void> {
    const displaced = this.#displaced.pop();
    if (!displaced) return;
    displaced.life.death = { at: Date.now(), ending: 'SIGKILL', wasWatched: false };
    signal(displaced.process, 'SIGKILL');
    await ended(displaced.process);
  }

  stop(): void {
    this.#server.kill('SIGSTOP');
    this.#stoppedAt = Date.now();
    this.life.wasStopped = true;
  }

  goOn(): void {
    this.#server.kill('SIGCONT');
    this.#stoppedAt = null;
  }

  async loseSocket(): Promise<void> {
    this.life.lostSocket = true;
    await this.#server.removeSocket();
  }

  async makeSocketAgain(): Promise<void> {
    this.#server.kill('SIGUSR1');
    await eventually(`${this.socket} is there again`, () => existsSync(this.socket));
  }

  /** Opens a session, or closes one of those that were opened so. */
  async changeSessions(name: string): Promise<void> {
    await this.#server.addSession(name).catch(() => this.#server.run('kill-session', '-t', `=${name}`));
  }

  /** The names of its sessions. */
  async sessions(): Promise<readonly string[]> {
    return (await this.#server.run('list-sessions', '-F', '#{session_name}')).split('\n');
  }

  /** Ends every life, also the displaced ones. */
  cleanup(): Promise<void> {
    return this.#server.cleanup();
  }

  #record(begunAt: number): void {
    const { name } = this;
    const { pid } = this.#server;
    const wasDeregistered = this.#isDeregistered;
    const fate = { lostSocket: false, wasStopped: false, isDisplaced: false, wasDeregistered, cutAt: null };
    this.lives.push({ name, pid, begunAt, death: null, ...fate });
  }

  async #end(ending: Ending): Promise<void> {
    // A client that is connected while its server ends may say so in several ways.
    const whatever = () => {};
    if (ending === 'kill-server') await this.#server.run('kill-server').catch(whatever);
    else if (ending === 'last session closed') {
      const sessions = await this.#server.run('list-sessions', '-F', '#{session_id}');
      for (const id of sessions.split('\n')) await this.#server.run('kill-session', '-t', id).catch(whatever);
    } else this.#server.kill(ending);
  }
}
