import fc from 'fast-check';
import type { EventType } from '../../../src/core/event/event.ts';
import type { LoggedEvent } from '../../../src/core/event/event-log.ts';
import type { Observation } from '../../../src/core/model/observation.ts';
import type { Incarnation, Registration } from '../../../src/core/model/server.ts';
import { Registry } from '../../../src/core/registry/registry.ts';
import { MemoryJournal } from '../daemon/memory-journal.ts';
import { unsetClock } from './fake-clock.ts';
import { answered, DEAD, failed, NOW, sampleSnapshot } from './sample.ts';

/** How long a death lingers in the model, in milliseconds. */
export const LINGER_MS = 300_000;

const STRENGTH: Record<Registration, number> = { discovered: 0, api: 1, static: 2 };

/** The registry that is tested, with its clock and all that it told. */
export class Subject {
  readonly journal = new MemoryJournal();
  readonly emitted: LoggedEvent[] = [];
  /** Each other name of a life, and each event of a name, in order. */
  readonly told: string[] = [];
  now = NOW;
  readonly registry = new Registry({
    journal: this.journal,
    onEvent: (logged) => {
      this.emitted.push(logged);
      this.told.push(`${logged.event.type} ${logged.event.server?.name}`);
    },
    onRenamed: (former, { target }) => this.told.push(`${former} is ${target.name}`),
    clock: unsetClock(() => this.now),
    limits: () => ({ maxServers: 1_000, lingerMs: LINGER_MS }),
  });
}

/** The truth of one socket, and what the registry can know of it. */
export interface Place {
  readonly name: string;
  readonly socket: string;
  /** The life that is lived there. */
  life: Incarnation | null;
  registration: Registration | null;
  /** The life the registry saw answer; `unnamed` where something listened and did not answer. */
  known: Incarnation | 'unnamed' | null;
  isUnresponsive: boolean;
  timeouts: number;
  isIgnored: boolean;
  /** Deaths that were to be told and are not forgotten. */
  deaths: number;
  lastDeathAt: number;
  lingers: boolean;
  incident: string | null;
}

/** The truth of all sockets. */
export interface Model {
  readonly places: readonly Place[];
  lives: number;
}

/** What an event was to say. */
export interface ExpectedEvent {
  readonly type: EventType;
  /** Whether it opens an incident, continues the open one, or belongs to none. */
  readonly incident: 'opens' | 'continues' | 'none';
}

/** Sockets at which nothing lives, of which the registry knows nothing. */
export function newModel(): Model {
  const places = [0, 1, 2].map((number) => ({
    name: `s${number}`,
    socket: `/tmp/tmux-0/s${number}`,
    life: null,
    registration: null,
    known: null,
    isUnresponsive: false,
    timeouts: 0,
    isIgnored: false,
    deaths: 0,
    lastDeathAt: 0,
    lingers: false,
    incident: null,
  }));
  return { places, lives: 0 };
}

/** One thing that happens: what it does to the registry, and which events and which change it was to bring. */
export interface Happening {
  readonly title: string;
  readonly canHappen: (model: Model) => boolean;
  readonly happen: (model: Model, subject: Subject) => { events: ExpectedEvent[]; changesView: boolean };
}

const NOTHING = { events: [], changesView: false };

function placeOf({ places }: Model, at: number): Place {
  const place = places[at];
  if (!place) throw new Error(`no place ${at}`);
  return place;
}

function opening(type: EventType, { incident }: Place): ExpectedEvent {
  return { type, incident: incident === null ? 'opens' : 'continues' };
}

function closing(type: EventType, { incident }: Place): ExpectedEvent {
  return { type, incident: incident === null ? 'none' : 'continues' };
}

function plain(type: EventType): ExpectedEvent {
  return { type, incident: 'none' };
}

function begin(model: Model, place: Place): void {
  model.lives++;
  place.life = { pid: 100 + model.lives, startedAt: NOW / 1000 - 1_000 + model.lives };
}

function registered(place: Place, registration: Registration): ExpectedEvent[] {
  place.registration = registration;
  place.known = registration === 'discovered' ? 'unnamed' : null;
  place.isUnresponsive = false;
  place.timeouts = 0;
  return [plain('server-registered')];
}

/** The death of what was known there is told: once. */
function died(place: Place, subject: Subject): ExpectedEvent[] {
  const events = [opening('server-gone', place)];
  place.deaths++;
  place.lastDeathAt = subject.now;
  place.lingers = true;
  place.known = null;
  place.isUnresponsive = false;
  place.timeouts = 0;
  if (place.registration !== 'static') place.registration = null;
  return events;
}

function look(subject: Subject, { name }: Place, observation: Observation, age = 0): void {
  const generation = subject.registry.get(name)?.generation ?? 0;
  subject.registry.apply(name, generation - age, observation);
}

function seen(life: Incarnation, process: 'alive' | 'dead'): Observation {
  return answered(sampleSnapshot({ incarnation: life }), { process });
}

function isSame(known: Place['known'], life: Incarnation | null): boolean {
  return known !== null && known !== 'unnamed' && known.pid === life?.pid;
}

function register(at: number, registration: Registration): Happening {
  return {
    title: `register s${at} ${registration}`,
    canHappen: () => true,
    happen: (model, { registry }) => {
      const place = placeOf(model, at);
      registry.register({ name: place.name, socket: place.socket, registration });
      if (place.registration !== null) {
        const changesView = STRENGTH[registration] > STRENGTH[place.registration];
        if (changesView) place.registration = registration;
        return { events: [], changesView };
      }
      if (registration === 'discovered' && place.isIgnored) return NOTHING;
      place.isIgnored = false;
      return { events: registered(place, registration), changesView: true };
    },
  };
}

function deregister(at: number, stayAway: boolean): Happening {
  return {
    title: `deregister s${at}${stayAway ? ' for good' : ''}`,
    canHappen: () => true,
    happen: (model, { registry }) => {
      const place = placeOf(model, at);
      registry.deregister(place.name, stayAway);
      const wasRegistered = place.registration !== null;
      const changesView = wasRegistered || place.deaths > 0;
      if (wasRegistered && stayAway) place.isIgnored = true;
      Object.assign(place, { registration: null, known: null, deaths: 0, lingers: false });
      // What was open is open until its end is emitted.
      if (!wasRegistered) place.incident = null;
      return { events: wasRegistered ? [{ type: 'server-unregistered', incident: 'continues' }] : [], changesView };
    },
  };
}

function lookTruly(at: number): Happening {
  return {
    title: `look at s${at}`,
    canHappen: (model) => placeOf(model, at).registration !== null,
    happen: (model, subject) => {
      const place = placeOf(model, at);
      const { life, known, registration } = place;
      if (life === null) {
        const process = known === null || known === 'unnamed' ? 'unknown' : 'dead';
        look(subject, place, failed('refused', { ...DEAD, process }, subject.now));
        place.timeouts = 0;
        return { events: known === null ? [] : died(place, subject), changesView: true };
      }
      const isReplaced = known !== null && known !== 'unnamed' && !isSame(known, life);
      look(subject, place, seen(life, isReplaced ? 'dead' : 'alive'));
      const events = isReplaced ? died(place, subject) : [];
      if (isReplaced) place.incident ??= 'the death';
      if (place.registration === null && registration !== null) events.push(...registered(place, registration));
      if (!isSame(known, life)) events.push(closing('server-up', place));
      else if (place.isUnresponsive) events.push(closing('server-recovered', place));
      Object.assign(place, { known: life, isUnresponsive: false, timeouts: 0 });
      return { events, changesView: true };
    },
  };
}

function timeOut(at: number): Happening {
  return {
    title: `time out at s${at}`,
    canHappen: (model) => placeOf(model, at).registration !== null && placeOf(model, at).life !== null,
    happen: (model, subject) => {
      const place = placeOf(model, at);
      const { life, known } = place;
      const isOther = known !== null && known !== 'unnamed' && !isSame(known, life);
      const process = isSame(known, life) ? 'alive' : isOther ? 'dead' : 'unknown';
      look(subject, place, failed('timeout', { process, tmux: 'timeout' }, subject.now));
      if (isOther) return { events: died(place, subject), changesView: true };
      place.known ??= 'unnamed';
      place.timeouts++;
      const isTold = place.timeouts >= 2 && !place.isUnresponsive;
      if (isTold) place.isUnresponsive = true;
      return { events: isTold ? [opening('server-unresponsive', place)] : [], changesView: true };
    },
  };
}

function lookTooLate(at: number): Happening {
  return {
    title: `a late look at s${at}, of an older registration`,
    canHappen: () => true,
    happen: (model, subject) => {
      look(subject, placeOf(model, at), failed('refused', DEAD), 1);
      return NOTHING;
    },
  };
}

function beginLife(at: number): Happening {
  return {
    title: `a life begins at s${at}`,
    canHappen: (model) => placeOf(model, at).life === null,
    happen: (model) => {
      begin(model, placeOf(model, at));
      return NOTHING;
    },
  };
}

function endLife(at: number): Happening {
  return {
    title: `the life at s${at} ends`,
    canHappen: (model) => placeOf(model, at).life !== null,
    happen: (model) => {
      placeOf(model, at).life = null;
      return NOTHING;
    },
  };
}

function sweepAfter(ms: number): Happening {
  return {
    title: `${ms} ms pass`,
    canHappen: () => true,
    happen: (model, subject) => {
      subject.now += ms;
      subject.registry.sweep();
      const ended = model.places.filter((place) => place.lingers && place.lastDeathAt <= subject.now - LINGER_MS);
      for (const place of ended) place.lingers = false;
      return { events: [], changesView: ended.length > 0 };
    },
  };
}

const at = fc.nat(2);
const registration = fc.constantFrom<Registration>('static', 'api', 'discovered');

/** Anything that can happen, each as likely as it is interesting. */
export const happenings: readonly fc.Arbitrary<Happening>[] = [
  fc.tuple(at, registration).map(([place, how]) => register(place, how)),
  at.map(lookTruly),
  at.map(lookTruly),
  at.map(beginLife),
  at.map(endLife),
  at.map(timeOut),
  at.map(lookTooLate),
  fc.tuple(at, fc.boolean()).map(([place, stayAway]) => deregister(place, stayAway)),
  fc.constantFrom(1, 1_000, LINGER_MS).map(sweepAfter),
];
