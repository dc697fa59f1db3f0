import { once } from 'node:events';
import { createServer } from 'node:http';
import { type PartitionMetrics, prometheus } from '../durable/metrics.js';
import { unusable } from './stop.js';

/** The metrics of all workers of this command, served on this machine. */
export class MetricsServer {
  readonly #byWorker = new Map<number, readonly PartitionMetrics[]>();
  readonly #server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const answer = this.#answers[pathname];
    const [status, text] = answer ? [200, answer()] : [404, 'see /metrics and /healthz\n'];
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(text);
  });
  readonly #answers: Readonly<Record<string, () => string>> = {
    '/metrics': () => prometheus([...this.#byWorker.values()].flat()),
    '/healthz': () => 'ok\n',
  };

  take(worker: number, metrics: readonly PartitionMetrics[]): void {
    this.#byWorker.set(worker, metrics);
  }

  /** Throws a Stop where the port is taken. */
  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      throw unusable(`--metrics ${port}: ${(error as Error).message}`);
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
