import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { isInstalled } from '../support/machine/program.ts';
import { Alertmanager } from '../support/world/alertmanager.ts';
import { RULES_FOLDER } from './support/alert-rules.ts';

const describeWithAlertmanager = ['prometheus-alertmanager', 'amtool'].every(isInstalled) ? describe : describe.skip;

/** Alerts by a name, and whether the example keeps them back while the others fire. */
const ALERTS: readonly (readonly [name: string, isHeld: boolean, labels: Readonly<Record<string, string>>])[] = [
  ['the exporter of build7 is down', false, of('TmuxExporterDown', 'critical', 'build7')],
  ['build7 is silent', true, ofHost('TmuxHostSilent', 'build7')],
  ['build8 is silent', false, ofHost('TmuxHostSilent', 'build8')],
  ['build8 is behind', true, ofHost('TmuxHostBehind', 'build8')],
  ['build9 is behind', false, ofHost('TmuxHostBehind', 'build9')],
  ['a name is taken', false, of('TmuxBusNameTaken', 'warning', 'clone')],
  ['events wait for that', true, of('TmuxBusBacklog', 'warning', 'clone')],
  ['events wait for another reason', false, of('TmuxBusBacklog', 'warning', 'full')],
  ['events are about to be lost', false, of('TmuxBusBacklog', 'critical', 'clone')],
];

describeWithAlertmanager('An Alertmanager with the rules of the example', () => {
  let alertmanager: Alertmanager;

  beforeAll(async () => {
    const example = parse(readFileSync(join(RULES_FOLDER, 'alertmanager.example.yml'), 'utf8')) as object;
    const receivers = [{ name: 'nobody' }];
    const config = { ...example, route: { receiver: 'nobody' }, receivers };
    alertmanager = await Alertmanager.configured(await freePort(), stringify(config));
  }, 30_000);

  afterAll(() => alertmanager?.cleanup());

  /** The labels of the alerts that are kept back now. */
  async function suppressed(): Promise<object[]> {
    const alerts = await alertmanager.alerts();
    return alerts.filter(({ status }) => status.state === 'suppressed').map(({ labels }) => labels);
  }

  /** Settles when all of these are kept back. */
  async function keepsBack(alerts: readonly object[]): Promise<void> {
    await eventually('what follows is kept back', async () => {
      const held = await suppressed();
      return alerts.every((labels) => held.some((each) => isSame(each, labels)));
    });
  }

  it('keeps back what follows from another alert of the same host, and nothing else', async () => {
    await alertmanager.fire(ALERTS.map(([, , labels]) => labels));
    await keepsBack(ALERTS.flatMap(([, isHeld, labels]) => (isHeld ? [labels] : [])));
    const held = await suppressed();
    const names = ALERTS.filter(([, , labels]) => held.some((each) => isSame(each, labels)));
    expect(names.map(([name]) => name)).toEqual(ALERTS.filter(([, isHeld]) => isHeld).map(([name]) => name));
  }, 30_000);

  it('keeps back the warnings of exporters if no hub sees the bus', async () => {
    const warning = of('TmuxBusDown', 'warning', 'build1');
    const page = of('TmuxBusDown', 'critical', 'hub1:8689');
    await alertmanager.fire([warning, page]);
    await keepsBack([warning]);
    expect((await suppressed()).filter((labels) => isSame(labels, page))).toEqual([]);
  }, 30_000);
});

function of(alertname: string, severity: string, instance: string): Readonly<Record<string, string>> {
  return { alertname, severity, job: 'tmux-exporter', instance };
}

function ofHost(alertname: string, host: string): Readonly<Record<string, string>> {
  return { alertname, severity: 'warning', host, instance: host };
}

function isSame(some: object, others: object): boolean {
  return JSON.stringify(Object.entries(some).sort()) === JSON.stringify(Object.entries(others).sort());
}
