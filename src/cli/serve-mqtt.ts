import { createHash } from 'node:crypto';
import type { RowsSetup } from './serve-rows.js';
import { RowStore } from './serve-rows.js';
import { unlessStopped } from './signals.js';
import { unusable } from './stop.js';

/** What is used of the package `mqtt`. */
interface Mqtt {
  connect(url: string, options: object): Client;
}

interface Client {
  connect(): void;
  once(event: 'connect', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  handleMessage(packet: Packet, done: (error?: Error) => void): void;
  subscribeAsync(topic: string, options: { readonly qos: 1 }): Promise<unknown>;
  endAsync(): Promise<void>;
}

interface Packet {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/**
 * Stores the messages of a topic as events, each a row of NDJSON, and acknowledges each when it is
 * stored: what a broker has not had acknowledged, it sends again. Until a signal comes. Throws a
 * Stop.
 */
export async function storeMessages(setup: RowsSetup, stop: AbortSignal): Promise<void> {
  const { from, job } = setup.options;
  const { host, topic } = placeOf(from);
  // The broker keeps what comes meanwhile for a client that it knows.
  const digest = createHash('sha256').update(`${job} ${from}`).digest('hex');
  const clientId = `rxrecur-${digest.slice(0, 12)}`;
  const { connect } = await mqtt();
  const store = new RowStore(setup, undefined, []);
  let line = 0;
  const failed = new Promise<never>((_, reject) => {
    const client = connect(host, { clientId, clean: false, manualConnect: true });
    // Before it connects: the broker sends at once what it has kept, and what nobody handles is
    // acknowledged.
    client.handleMessage = ({ payload }, done) => {
      const text = new TextDecoder().decode(payload);
      const storing = store.store([{ line: ++line, text }], 'ndjson').then(() => store.stored());
      storing.then(
        () => done(),
        error => {
          // It is not acknowledged.
          reject(error);
          done(error);
        },
      );
    };
    // A broker that goes away later is tried again.
    let isKnown = false;
    client.on('error', error => isKnown || reject(error));
    client.once('connect', () => {
      isKnown = true;
      client.subscribeAsync(topic, { qos: 1 }).catch(reject);
    });
    client.connect();
    stop.addEventListener('abort', () => client.endAsync(), { once: true });
  });
  await unlessStopped(stop, failed);
}

/** Server and topic of `mqtt://HOST/TOPIC`. */
function placeOf(text: string): { readonly host: string; readonly topic: string } {
  const [, host, topic] = /^(mqtts?:\/\/[^/]+)\/(.+)$/.exec(text) ?? [];
  if (host !== undefined) return { host, topic: decodeURIComponent(topic) };
  throw unusable(`--from ${text}: expected mqtt://HOST/TOPIC`);
}

async function mqtt(): Promise<Mqtt> {
  const name = 'mqtt';
  try {
    const { default: all } = (await import(name)) as { readonly default: Mqtt };
    return all;
  } catch (error) {
    const hint = "install it with 'npm install mqtt@5'";
    throw unusable(
      `--from mqtt: the package mqtt is missing; ${hint} (${(error as Error).message})`,
    );
  }
}
