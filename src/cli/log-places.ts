import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PartitionLog } from '../durable/log.js';
import type { NatsConnectionOptions } from '../durable/nats-connection.js';
import { RecurError } from '../errors.js';
import { unusable, unusableFile } from './stop.js';

/** A log as the command line names it; plain data, which a thread can be sent. */
export interface LogPlace {
  readonly kind: LogKind;
  /** A folder, or a server's URL. */
  readonly at: string;
  /** Of a log on a server. */
  readonly name?: string | undefined;
  /** A file with credentials for NATS. */
  readonly creds?: string | undefined;
  /** What a log in Redis asks of its server, as `redisLog` takes it. */
  readonly durability?: string | undefined;
}

export type LogKind = 'lmdb' | 'file' | 'nats' | 'redis';

interface Options {
  readonly partitions?: number;
  /** False: a log on a server that is not there is refused. */
  readonly create?: false;
}

/** One kind of logs: how the command line names it, and what opens it. */
interface Kind {
  readonly form: string;
  /** Where the log is; undefined for a text of another form. */
  read(text: string): Omit<LogPlace, 'kind'> | undefined;
  open(place: LogPlace, options: Options): Promise<PartitionLog>;
  /** Of a folder: whether a log is there. */
  isThere?(folder: string): boolean;
}

/** The name of a log on a server, unless its URL has one. */
const defaultName = 'rxrecur';

const kinds: Readonly<Record<LogKind, Kind>> = {
  lmdb: {
    form: 'lmdb:DIR',
    read: inFolder('lmdb'),
    open: async ({ at }, options) => (await import('../durable/lmdb-log.js')).lmdbLog(at, options),
    isThere: folder => existsSync(join(folder, 'data.mdb')),
  },
  file: {
    form: 'file:DIR',
    read: inFolder('file'),
    open: async ({ at }, options) => (await import('../durable/file-log.js')).fileLog(at, options),
    isThere: folder => existsSync(join(folder, 'log.json')),
  },
  nats: {
    form: 'nats://HOST/NAME',
    read: text => onServer(/^(?:nats|tls):$/, text),
    open: async (place, options) => {
      const { name } = place;
      const { natsLog } = await import('../durable/nats-log.js');
      return natsLog(await natsServers(place), { ...(name && { name }), ...options });
    },
  },
  redis: {
    form: 'redis://HOST/NAME',
    read: text => onServer(/^rediss?:$/, text),
    open: async ({ at, name = defaultName, durability }, options) => {
      const { redisLog } = await import('../durable/redis-log.js');
      // The log refuses words that it does not know.
      const own = durability !== undefined && { durability: durability as 'none' };
      return redisLog(at, { name, ...own, ...options });
    },
  },
};

/** The forms that a log has on the command line. */
export const logForms = Object.values(kinds).map(({ form }) => form);

/** Where a log is; undefined for a text that is of no log's form. */
export function logPlace(text: string): LogPlace | undefined {
  for (const [kind, { read }] of Object.entries(kinds)) {
    const place = read(text);
    if (place) return { kind: kind as LogKind, ...place };
  }
  return undefined;
}

/** A place for messages: without the password that a URL may have. */
export function placeText({ kind, at, name }: LogPlace): string {
  const isUrl = name !== undefined;
  return isUrl ? `${withoutPassword(at)}/${name}` : `${kind}:${at}`;
}

export const withoutPassword = (url: string) => url.replace(/^(\w+:\/\/)[^/@]*@/, '$1');

/** True for the same log, be it named once with a password and once without. */
export function isSameLog(one: LogPlace, other: LogPlace): boolean {
  return placeText(one) === placeText(other);
}

/** Opens a log, or makes one. Throws a Stop. */
export function openLog(place: LogPlace, partitions?: number): Promise<PartitionLog> {
  return opened(place, partitions === undefined ? {} : { partitions });
}

/** Opens a log that must be there: a look makes none. Throws a Stop. */
export async function openOldLog(place: LogPlace): Promise<PartitionLog> {
  const { isThere } = kinds[place.kind];
  if (!isThere) return opened(place, { create: false });
  if (isThere(place.at)) return opened(place, {});
  throw unusable(`--state ${placeText(place)}: there is no such log; rxrecur serve makes one`);
}

async function opened(place: LogPlace, options: Options): Promise<PartitionLog> {
  try {
    return await kinds[place.kind].open(place, options);
  } catch (error) {
    throw asUnusable(error);
  }
}

/** What the library refuses, as the end of the command. */
export function asUnusable(error: unknown): unknown {
  return error instanceof RecurError ? unusable(error.message) : error;
}

/** How the servers of NATS are reached. Throws a Stop. */
export async function natsServers({ at, creds }: LogPlace): Promise<NatsConnectionOptions> {
  if (creds === undefined) return { servers: at };
  const text = credentials(creds);
  const { credsAuthenticator } = await import('@nats-io/transport-node');
  return { servers: at, authenticator: credsAuthenticator(text) };
}

function credentials(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unusableFile(`--creds ${path}`, error);
  }
}

function inFolder(kind: 'lmdb' | 'file') {
  return (text: string) => {
    const at = text.startsWith(`${kind}:`) ? text.slice(kind.length + 1) : '';
    return at && !at.startsWith('//') ? { at } : undefined;
  };
}

/** A server's URL, and the log's name: the last part of its path, unless that is a number. */
function onServer(protocol: RegExp, text: string): Omit<LogPlace, 'kind'> | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!protocol.test(url.protocol) || !url.host) return undefined;
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const isRedis = url.protocol.startsWith('redis');
  if (!isRedis && (url.search || url.hash)) return undefined;
  const durability = url.searchParams.get('durability') ?? undefined;
  url.searchParams.delete('durability');
  // Of Redis: a database.
  const isNumber = /^\d+$/.test(parts.at(-1) ?? '0');
  const name = isNumber ? defaultName : (parts.pop() as string);
  url.pathname = parts.join('/');
  return { at: url.href.replace(/\/$/, ''), name, ...(durability !== undefined && { durability }) };
}
