import { type AnnotationQuery, AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE, firing, ofServer, over } from './query.ts';

/** A death or a start is marked if it is known within a day. Without this bound, each server would have a value at each step. */
const LATEST = 86_400;

/** The marks on all graphs. A mark is at the time that is its value, so it is exact at every zoom. Counters would lose what happens between two steps. */
export function annotations(): { build: () => AnnotationQuery }[] {
  return [gone(), started(), alerts()];
}

function gone(): AnnotationQueryBuilder {
  return mark(
    'Server gone',
    'red',
    `max by (cluster, instance, server, reason, cause) (${ofServer('tmux_server_gone_timestamp_seconds')} > time() - ${LATEST}) * 1000`,
  )
    .useValueForTime(true)
    .titleFormat('tmux server gone: {{server}}')
    .textFormat('{{reason}}, cause {{cause}}, on {{instance}}')
    .tagKeys('server,reason');
}

function started(): AnnotationQueryBuilder {
  return mark(
    'Server started',
    'green',
    `max by (cluster, instance, server) (${ofServer('tmux_server_start_time_seconds')} > time() - ${LATEST}) * 1000`,
  )
    .useValueForTime(true)
    .enable(false)
    .titleFormat('tmux server started: {{server}}')
    .textFormat('on {{instance}}')
    .tagKeys('server');
}

function alerts(): AnnotationQueryBuilder {
  return mark('Firing alerts', 'orange', firing())
    .enable(false)
    .titleFormat('{{alertname}}')
    .textFormat('{{severity}}, on {{instance}}')
    .tagKeys('alertname,severity');
}

function mark(name: string, color: string, expression: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .iconColor(color)
    .expr(expression)
    .step('60s')
    .target(over('Anno', expression, ''));
}
