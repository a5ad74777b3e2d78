import { readdir } from 'node:fs/promises';
import { Counter, Gauge, Registry } from '@prometheus-io/client';

/**
 * The metrics of the process itself, under the names that Prometheus' clients give them, read when they are asked for. The client's own
 * collection keeps a timer of ten milliseconds and an observer of every garbage collection: a quarter of what the controller takes at rest.
 */
export function processMetrics(): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: () => number | null | Promise<number | null>): void => {
    const registers = [registry];
    const made: Gauge = new Gauge({
      name,
      help,
      registers,
      async collect() {
        const now = await value();
        if (now === null) made.remove();
        else made.set(now);
      },
    });
  };
  const cpu: Counter = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  const startedAt = Date.now() / 1000 - process.uptime();
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', () => startedAt);
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss());
  gauge('process_open_fds', 'Number of open file descriptors.', openFiles);
  gauge('nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.', () => process.memoryUsage().heapTotal);
  gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.', () => process.memoryUsage().external);
  return registry;
}

/** Null where the system does not tell. */
async function openFiles(): Promise<number | null> {
  try {
    return (await readdir('/proc/self/fd')).length;
  } catch {
    return null;
  }
}
