import { checkNames, demand, mismatch } from '../errors.js';
import * as check from './arguments.js';
import type { PartitionLog } from './log.js';
import { logKey } from './redis-keys.js';
import { checkPlace, connector, type Link, type RedisPlace } from './redis-link.js';
import { RedisPartitions } from './redis-partitions.js';
import { checkServer, isDurability } from './redis-server.js';
import { thereAre } from './refusals.js';

export type { RedisClusterOptions, RedisPlace } from './redis-link.js';

/** The options of `redisLog`. */
export interface RedisLogOptions {
  /** The log's name: its keys begin with it. 1 to 64 bytes, without braces. */
  readonly name: string;
  /** How many partitions a new log has (8); one that is there must have as many. */
  readonly partitions?: number;
  /**
   * What the server's settings have to be, if it lets them be read. `'always'`: an append-only
   * file that is synced before each answer. `'everysec'` (default): one that is synced each second
   * at least. `'none'`: any; a server that ends can then lose everything.
   */
  readonly durability?: 'always' | 'everysec' | 'none';
  /** How many replicas have to confirm what is acknowledged (0). Not for a cluster. */
  readonly replicas?: number;
  /**
   * How long a call waits for a server that does not answer, in milliseconds (30,000). Readers
   * that follow wait until their signal aborts.
   */
  readonly patience?: number;
  /** False: a log that is not there is refused. Default: it is made. */
  readonly create?: boolean;
}

const names = ['name', 'partitions', 'durability', 'replicas', 'patience', 'create'];

/**
 * A log in Redis 7 or Valkey, one server or a cluster: all processes that reach it may share it.
 * Needs the package `ioredis`; `place` is a URL, or options as ioredis takes them.
 *
 * Throws a RecurError for options that do not fit, or do not fit the log or the server.
 *
 * @example
 * const options = { name: 'sensors', durability: 'daily' as 'none' };
 * await redisLog('redis://localhost', options);
 * // throws redisLog.durability: expected 'always', 'everysec' or 'none', got 'daily'
 */
export async function redisLog(place: RedisPlace, options: RedisLogOptions): Promise<PartitionLog> {
  checkNames('redisLog', options, names);
  checkPlace(place);
  const { name, partitions, replicas = 0, patience = 30_000 } = options;
  const { durability = 'everysec', create = true } = options;
  check.checkName('redisLog.name', name);
  demand(!/[{}]/.test(name), 'redisLog.name', 'a name without braces', name);
  if (partitions !== undefined) check.checkPartitions('redisLog', partitions);
  const known = "'always', 'everysec' or 'none'";
  demand(isDurability(durability), 'redisLog.durability', known, durability);
  const isCount = Number.isSafeInteger(replicas) && replicas >= 0;
  demand(isCount, 'redisLog.replicas', 'a whole number from 0', replicas);
  check.checkTerm('redisLog.patience', patience);
  demand(typeof create === 'boolean', 'redisLog.create', 'true or false', create);
  const isCluster = typeof place === 'object' && 'nodes' in place;
  const hint = 'WAIT is for the node of a connection; min-replicas-to-write of the nodes does more';
  demand(!(isCluster && replicas), 'redisLog.replicas', '0 for a cluster', replicas, hint);
  const connect = await connector(place, patience);
  const links: Link[] = [connect()];
  try {
    const [reads] = links;
    await checkServer(reads, durability);
    const { made, ...note } = await openLog(reads, name, partitions, create);
    links.push(connect(), connect());
    const [, writes, terms] = links;
    // A cluster's messages come on a connection of their own anyway.
    const ears = isCluster ? terms : connect();
    if (!isCluster) links.push(ears);
    const setup = { ...note, name: `the Redis log ${name} at ${reads.address}`, prefix: name };
    return new RedisPartitions({ ...setup, replicas }, { reads, writes, terms, ears });
  } catch (error) {
    await Promise.all(links.map(link => link.close()));
    throw error;
  }
}

interface Note {
  readonly partitions: number;
  readonly id: string;
  /** True once all of its partitions are there. */
  readonly made: boolean;
}

/** What the log's key says; a new log is made. */
async function openLog(
  link: Link,
  name: string,
  wanted: number | undefined,
  create: boolean,
): Promise<Note> {
  const key = `${name}:log`;
  const where = key;
  const read = () => link.ask(() => link.redis.get(key), { where });
  let text = await read();
  if (text === null && !create) {
    const got = `none at ${link.address}`;
    throw mismatch(`the Redis log ${name}`, 'a log that is there', got, thereAre(await logs(link)));
  }
  if (text === null) {
    const id = crypto.randomUUID();
    const first = { format: 'rxrecur/log', version: 1, partitions: wanted ?? 8, id, made: false };
    await link.ask(() => link.redis.set(key, JSON.stringify(first), 'NX'), { where });
    text = (await read()) ?? '{}';
  }
  const note = noteOf(key, text);
  const hint = 'a log keeps the number it was made with';
  const fits = wanted === undefined || wanted === note.partitions;
  demand(fits, 'redisLog.partitions', `${note.partitions}, as in ${key}`, wanted, hint);
  if (note.made) return note;
  // Whoever finds it unfinished, finishes it.
  const make = (_: unknown, partition: number) => {
    return link.ask(() => link.redis.set(logKey(name, partition), note.id, 'NX'), { where });
  };
  await Promise.all(Array.from({ length: note.partitions }, make));
  const made = JSON.stringify({ ...JSON.parse(text), made: true });
  await link.ask(() => link.redis.set(key, made), { where });
  return note;
}

/** The names of the logs of a server; of very many keys, those among the first. */
async function logs(link: Link): Promise<string[]> {
  const found: string[] = [];
  const { redis } = link;
  const nodes = 'nodes' in redis ? redis.nodes('master') : [redis];
  for (const node of nodes) {
    let cursor = '0';
    for (let i = 0; i < 100; i++) {
      const scan = () => node.scan(cursor, 'MATCH', '*:log', 'COUNT', 1000);
      const [next, keys] = await link.ask(scan, { where: 'redisLog' });
      for (const key of keys) {
        const text = await link.ask(() => node.get(key), { where: key }).catch(() => null);
        if (text?.includes('rxrecur/log')) found.push(key.replace(/:log$/, ''));
      }
      cursor = next;
      if (cursor === '0') break;
    }
  }
  return found.sort();
}

function noteOf(key: string, text: string): Note {
  const isNote = text.startsWith('{');
  const { format, version, ...note } = (isNote ? JSON.parse(text) : {}) as Record<string, unknown>;
  if (format !== 'rxrecur/log' || version !== 1) {
    const hint = 'the key may be that of somebody else: give the log another name';
    throw mismatch(key, 'rxrecur/log, version 1', `${format}, version ${version}`, hint);
  }
  check.checkPartitions(key, note.partitions);
  return note as unknown as Note;
}
