import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { registerWebhookMetrics } from '../../../src/metrics/self/webhook-metrics.ts';

async function linesOf(registry: Registry): Promise<string[]> {
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the metrics of the web hooks', () => {
  it('begin at zero for every receiver and every Alertmanager of the configuration', async () => {
    const registry = new Registry();
    const queues = () => [{ receiver: 'ops', queued: 0, oldestSeconds: 0, failedAttempts: 0 }];
    registerWebhookMetrics(registry).follow(['ops'], ['am'], queues);
    expect(await linesOf(registry)).toEqual([
      'tmux_exporter_webhook_attempts_total{receiver="ops"} 0',
      'tmux_exporter_webhook_deliveries_total{receiver="ops",result="delivered"} 0',
      'tmux_exporter_webhook_deliveries_total{receiver="ops",result="dead"} 0',
      'tmux_exporter_webhook_deliveries_total{receiver="ops",result="dropped"} 0',
      'tmux_exporter_webhook_dead_total{receiver="ops"} 0',
      'tmux_exporter_webhook_queue{receiver="ops"} 0',
      'tmux_exporter_webhook_oldest_seconds{receiver="ops"} 0',
      'tmux_exporter_webhook_failed_attempts{receiver="ops"} 0',
      'tmux_exporter_alertmanager_pushes_total{alertmanager="am",result="success"} 0',
      'tmux_exporter_alertmanager_pushes_total{alertmanager="am",result="failure"} 0',
      'tmux_exporter_alerts_received_total{result="told"} 0',
      'tmux_exporter_alerts_received_total{result="duplicate"} 0',
    ]);
  });

  it('count what becomes of notices, and read the queues with each scrape', async () => {
    const registry = new Registry();
    const metrics = registerWebhookMetrics(registry);
    let queues = [{ receiver: 'ops', queued: 7, oldestSeconds: 1.5, failedAttempts: 3 }];
    metrics.follow(['ops'], [], () => queues);
    metrics.attempted('ops');
    metrics.settled('ops', 'delivered', 3);
    metrics.settled('ops', 'dead', 2);
    metrics.pushed('am', false);
    metrics.received(4, 5);
    const lines = await linesOf(registry);
    expect(lines).toEqual(
      expect.arrayContaining([
        'tmux_exporter_webhook_attempts_total{receiver="ops"} 1',
        'tmux_exporter_webhook_deliveries_total{receiver="ops",result="delivered"} 3',
        'tmux_exporter_webhook_dead_total{receiver="ops"} 2',
        'tmux_exporter_webhook_queue{receiver="ops"} 7',
        'tmux_exporter_webhook_oldest_seconds{receiver="ops"} 1.5',
        'tmux_exporter_webhook_failed_attempts{receiver="ops"} 3',
        'tmux_exporter_alertmanager_pushes_total{alertmanager="am",result="failure"} 1',
        'tmux_exporter_alerts_received_total{result="duplicate"} 5',
      ]),
    );
    queues = [];
    expect((await linesOf(registry)).filter((line) => line.includes('_queue'))).toEqual([]);
  });
});
