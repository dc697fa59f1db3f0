import { createHash } from 'node:crypto';
import { withoutPassword } from './log-places.js';
import type { RowsSetup } from './serve-rows.js';
import { RowStore } from './serve-rows.js';
import { unlessStopped } from './signals.js';
import { unusable } from './stop.js';

/** What is used of the package `mqtt`. */
interface Mqtt {
  connect(url: string, options: object): Client;
}

interface Client {
  readonly connected: boolean;
  connect(): void;
  once(event: 'connect', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'connect' | 'close', listener: () => void): void;
  handleMessage(packet: Packet, done: Done): void;
  subscribeAsync(topic: string, options: { readonly qos: 1 }): Promise<unknown>;
  endAsync(): Promise<void>;
}

/**
 * Lets the next message come, and acknowledges this one unless there is an error. It may be called
 * twice: to let the next one come, and when this one is stored.
 */
type Done = (error?: Error) => void;

interface Packet {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
}

/** A topic of a broker. */
interface MqttSetup extends RowsSetup {
  readonly url: string;
}

/** Messages that may wait to be stored while more come. */
const mostWaiting = 4096;
const notYet = new Error('not stored yet');

/**
 * Stores the messages of a topic as events, each a row of NDJSON, and acknowledges each when it is
 * stored: what a broker has not had acknowledged, it sends again. Those that come while others are
 * stored are stored together. Until a signal comes. Throws a Stop.
 */
export async function storeMessages(setup: MqttSetup, stop: AbortSignal): Promise<void> {
  const { url: from } = setup;
  const { job } = setup.options;
  const { host, topic } = placeOf(from);
  // The broker keeps what comes meanwhile for a client that it knows, whatever its password.
  const digest = createHash('sha256')
    .update(`${job} ${withoutPassword(from)}`)
    .digest('hex');
  const clientId = `rxrecur-${digest.slice(0, 12)}`;
  const { connect } = await mqtt();
  const failed = new Promise<never>((_, reject) => {
    const client = connect(host, { clientId, clean: false, manualConnect: true });
    // Before it connects: the broker sends at once what it has kept, and what nobody handles is
    // acknowledged.
    client.handleMessage = messageStore(client, new RowStore(setup, undefined, []), reject);
    // A broker that goes away later is tried again.
    let isKnown = false;
    client.on('error', error => isKnown || reject(refused(from, error)));
    client.once('connect', () => {
      isKnown = true;
      client.subscribeAsync(topic, { qos: 1 }).catch(error => reject(refused(from, error)));
    });
    client.connect();
    stop.addEventListener('abort', () => client.endAsync(), { once: true });
  });
  await unlessStopped(stop, failed);
}

function messageStore(client: Client, store: RowStore, reject: (error: unknown) => void) {
  let connection = 0;
  for (const event of ['connect', 'close'] as const) client.on(event, () => connection++);
  let line = 0;
  let waiting = 0;
  return ({ payload, qos }: Packet, done: Done): void => {
    const text = new TextDecoder().decode(payload);
    const own = connection;
    const storing = store.store([{ line: ++line, text }], 'ndjson').then(() => store.stored());
    const isFree = ++waiting < mostWaiting;
    if (isFree) done(qos ? notYet : undefined);
    storing.then(
      () => {
        waiting--;
        // On another connection, the number of this message may be that of another one.
        const isLate = own !== connection || !client.connected;
        if (isLate && !isFree) done(notYet);
        else if (!isLate && (qos || !isFree)) done();
      },
      error => {
        // It is not acknowledged.
        reject(error);
        if (!isFree) done(error);
      },
    );
  };
}

function refused(from: string, error: Error) {
  return unusable(`--from ${withoutPassword(from)}: ${error.message}`);
}

/** Server and topic of `mqtt://HOST/TOPIC`. */
function placeOf(text: string): { readonly host: string; readonly topic: string } {
  const [, host, topic] = /^(mqtts?:\/\/[^/]+)\/(.+)$/.exec(text) ?? [];
  if (host !== undefined) return { host, topic: decodeURIComponent(topic) };
  throw unusable(`--from ${withoutPassword(text)}: expected mqtt://HOST/TOPIC`);
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
