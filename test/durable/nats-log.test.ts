import { afterAll, beforeAll } from 'vitest';
import { natsLog } from '../../src/durable/nats-log.js';
import { conformance } from './conformance.js';
import { type NatsServer, startNats } from './nats.js';

let server: NatsServer;
let count = 0;
beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.end());

conformance({
  name: 'a NATS',
  place: () => `${server.url}#log-${count++}`,
  open(place, options) {
    const [url, name] = place.split('#');
    return natsLog(url, { ...options, name });
  },
  shared: 'nats',
  keeps: true,
  mixes: true,
});
