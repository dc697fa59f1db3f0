import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { demand, mismatch, RecurError } from '../errors.js';
import { UnknownError } from './log.js';
import { type ScriptName, scripts } from './redis-scripts.js';
import { closed } from './refusals.js';

/** Where a cluster is: its first nodes, and the options of ioredis' `Cluster`. */
export interface RedisClusterOptions extends ClusterOptions {
  readonly nodes: readonly ClusterNode[];
}

/** Where a server is: `redis://…`, `rediss://…`, or the options of ioredis. */
export type RedisPlace = string | RedisOptions | RedisClusterOptions;

/** What the log sets itself: nothing may be sent twice, or wait without an end. */
const fixed = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  replyMapping: 'legacy',
  // A replica that was the master: the next connection may find the new one.
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  retryStrategy: (times: number) => Math.min(50 * times, 1000),
} as const;

/** Of these the log knows nothing, or they would change what it reads or where. */
const foreign = [
  ...['keyPrefix', 'readOnly', 'stringNumbers', 'monitor', 'scripts'],
  ...['commandTimeout', 'enableAutoPipelining', 'scaleReads', 'clusterRetryStrategy'],
  ...['himportFieldsets', 'Connector'],
];

/** Throws for options that the log does not honour. */
export function checkPlace(place: RedisPlace): void {
  const isPlace = (typeof place === 'string' && place) || (typeof place === 'object' && place);
  demand(isPlace, 'redisLog', "'redis://…' or options of ioredis", place);
  const isUrl = typeof place === 'string' && /^(rediss?:\/\/|\/)/.test(place);
  const known = "'redis://…', 'rediss://…' or a socket's path";
  demand(isUrl || typeof place !== 'string', 'redisLog', known, place);
  const name = optionsOf(place).find(of => of in fixed || foreign.includes(of));
  if (name === undefined) return;
  const hint = 'the log depends on how its connections behave';
  throw mismatch('redisLog', 'options that the log does not set itself', `'${name}'`, hint);
}

/** The names of all options; those in a URL count before others. */
function optionsOf(place: RedisPlace): readonly string[] {
  if (typeof place === 'string') return [...new URLSearchParams(place.split('?')[1]).keys()];
  return Object.keys({ ...place, ...('nodes' in place ? place.redisOptions : {}) });
}

/** Answers that say: not now. Nothing was done. */
const later = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS)\b/;

const isReply = (error: Error) => error.name === 'ReplyError';
/** The client refused to send it. */
const isUnsent = ({ message }: Error) => /enableOfflineQueue options is false/.test(message);

/** How to ask: how long, until when, and if the answer matters more than that there is one. */
export interface Asking {
  /** What it is for, in messages. */
  readonly where: string;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
  /** True: a command that was sent and not answered may have been done. */
  readonly writes?: boolean;
}

type Calls = Record<ScriptName, (...values: readonly (string | number | Uint8Array)[]) => unknown>;

/** A connection that comes back by itself. */
export class Link {
  readonly redis: Redis | Cluster;
  readonly patience: number;
  #failure: Error | undefined;
  #isClosed = false;
  /** How many times it was made. */
  made = 0;

  constructor(redis: Redis | Cluster, patience: number) {
    this.redis = redis;
    this.patience = patience;
    for (const [name, script] of Object.entries(scripts)) redis.defineCommand(name, script);
    redis.on('error', (error: Error) => {
      this.#failure = error;
    });
    redis.on('ready', () => {
      this.made++;
      this.#failure = undefined;
    });
    redis.connect().catch(() => {});
  }

  /** Where it is, without a password. */
  get address(): string {
    const { redis } = this;
    if ('nodes' in redis) return 'a cluster';
    const { host, port, path, sentinels, name } = redis.options;
    if (sentinels?.length) return `${name}`;
    return path ?? `${host}:${port}`;
  }

  /** Calls a script of `scripts`. */
  run(name: ScriptName, ...values: readonly (string | number | Uint8Array)[]): Promise<unknown> {
    return (this.redis as unknown as Calls)[name](...values) as Promise<unknown>;
  }

  /**
   * The answer to a call that may be made again. It is, while the server cannot be reached, as
   * long as the log has patience; with a signal until it aborts.
   */
  async ask<T>(call: () => Promise<T>, asking: Asking): Promise<T> {
    const { where, signal } = asking;
    const end = performance.now() + (signal ? Infinity : this.patience);
    let isSent = false;
    for (let pause = 5; ; pause = Math.min(2 * pause, 200)) {
      if (this.#isClosed && !isSent) throw closed(where);
      try {
        return await call();
      } catch (caught) {
        const error = caught as Error;
        if (error instanceof RecurError) throw error;
        // It holds all that was sent.
        delete (error as { command?: unknown }).command;
        isSent ||= !isReply(error) && !isUnsent(error);
        const isFinal = isReply(error) && !later.test(error.message);
        const refusal = isFinal ? error : this.#refusal();
        // A command that was sent before may still come.
        if (refusal && !(asking.writes && isSent)) throw refused(where, refusal);
        const isLate = performance.now() > end || this.#isClosed || signal?.aborted;
        if (refusal || isLate) throw this.#unanswered(asking, error, isSent);
      }
      await new Promise(resolve => setTimeout(resolve, pause));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const quit = this.redis.quit().catch(() => {});
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enough = new Promise<void>(resolve => {
      timer = setTimeout(resolve, 1000);
    });
    await Promise.race([quit, enough]);
    clearTimeout(timer);
    this.redis.disconnect();
  }

  /** Why the server lets nobody in. */
  #refusal(): Error | undefined {
    const error = this.#failure;
    return error && /^(WRONGPASS|NOAUTH|NOPERM)/.test(error.message) ? error : undefined;
  }

  #unanswered({ where, writes }: Asking, cause: Error, isSent: boolean): UnknownError {
    const isVague = isUnsent(cause) || cause.name === 'MaxRetriesPerRequestError';
    const got = isVague ? (this.#failure?.message ?? 'a lost connection') : cause.message;
    const parts = { where, expected: 'an answer of the server', got, cause };
    if (!writes) return new UnknownError(parts);
    const stored = isSent ? 'read the log to know whether it is stored' : 'nothing was stored';
    return new UnknownError({ ...parts, hint: stored });
  }
}

/** The error of what a server refuses: nothing was done. */
function refused(where: string, cause: Error): RecurError {
  const isFull = cause.message.startsWith('OOM');
  const hint = isFull ? 'give the server more memory, or forget events' : undefined;
  return new RecurError({
    where,
    expected: 'the server to do it',
    got: cause.message,
    hint,
    cause,
  });
}

/** What makes connections to a place, each of its own. */
export async function connector(place: RedisPlace, patience: number) {
  const { Cluster, Redis } = await ioredis();
  const socket = { socketTimeout: patience };
  return (): Link => {
    if (typeof place === 'string')
      return new Link(new Redis(place, { ...socket, ...fixed }), patience);
    if (!('nodes' in place))
      return new Link(new Redis({ ...socket, ...place, ...fixed }), patience);
    const { nodes, redisOptions, ...options } = place;
    const { lazyConnect, enableOfflineQueue, ...rest } = fixed;
    const all = { ...options, lazyConnect, enableOfflineQueue };
    const cluster = new Cluster([...nodes], {
      ...all,
      clusterRetryStrategy: fixed.retryStrategy,
      redisOptions: { ...socket, ...redisOptions, ...rest },
    });
    return new Link(cluster, patience);
  };
}

async function ioredis(): Promise<Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>> {
  try {
    return await import('ioredis');
  } catch (cause) {
    const hint = "install it with 'npm install ioredis@6'";
    const parts = { where: 'redisLog', expected: 'the package ioredis', hint, cause };
    throw new RecurError({ ...parts, got: (cause as Error).message });
  }
}
