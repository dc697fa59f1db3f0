import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PartitionLog } from '../durable/log.js';
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
}

export type LogKind = 'lmdb' | 'file' | 'nats' | 'redis';

interface Options {
  readonly partitions?: number;
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
      const { natsLog } = await adapter<{ readonly natsLog: OpenServer }>('nats');
      return natsLog(await natsConnection(place), { name: place.name, ...options });
    },
  },
  redis: {
    form: 'redis://HOST/NAME',
    read: text => onServer(/^rediss?:$/, text),
    open: async ({ at, name }, options) => {
      const { redisLog } = await adapter<{ readonly redisLog: OpenServer }>('redis');
      return redisLog(at, { name, ...options });
    },
  },
};

type OpenServer = (
  server: string | object,
  options: Options & { readonly name: string | undefined },
) => Promise<PartitionLog>;

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
export async function openLog(place: LogPlace, partitions?: number): Promise<PartitionLog> {
  try {
    return await kinds[place.kind].open(place, partitions === undefined ? {} : { partitions });
  } catch (error) {
    throw asUnusable(error);
  }
}

/** Opens a log that must be there: a look at a folder makes none. Throws a Stop. */
export function openOldLog(place: LogPlace): Promise<PartitionLog> {
  const { isThere } = kinds[place.kind];
  if (!isThere || isThere(place.at)) return openLog(place);
  throw unusable(`--state ${placeText(place)}: there is no such log; rxrecur serve makes one`);
}

/** What the library refuses, as the end of the command. */
export function asUnusable(error: unknown): unknown {
  return error instanceof RecurError ? unusable(error.message) : error;
}

/** How a connection to NATS is made: `connect` of `@nats-io/transport-node` takes it. */
export async function natsConnection({ at, creds }: LogPlace): Promise<object> {
  const { protocol, host, username, password } = new URL(at);
  const user = username && { user: decodeURIComponent(username) };
  const pass = password && { pass: decodeURIComponent(password) };
  const tls = protocol === 'tls:' && { tls: {} };
  const options = { servers: host, ...user, ...pass, ...tls };
  if (creds === undefined) return options;
  const { credsAuthenticator } = await natsTransport();
  return { ...options, authenticator: credsAuthenticator(credentials(creds)) };
}

function credentials(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unusableFile(`--creds ${path}`, error);
  }
}

/** What is used of the package `@nats-io/transport-node`. */
export interface NatsTransport {
  credsAuthenticator(credentials: Uint8Array): unknown;
  connect(options: object): Promise<NatsConnection>;
  headers(): { set(name: string, value: string): void };
}

export interface NatsConnection {
  request(subject: string, payload: Uint8Array | string, options: object): Promise<NatsMessage>;
  drain(): Promise<void>;
}

export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: { get(name: string): string } | undefined;
  json<T>(): T;
}

/** The package, which only NATS needs. Throws a Stop. */
export async function natsTransport(): Promise<NatsTransport> {
  const name = '@nats-io/transport-node';
  try {
    return (await import(name)) as NatsTransport;
  } catch (error) {
    const hint = `install it with 'npm install ${name}@3'`;
    throw unusable(`nats: the package ${name} is missing; ${hint} (${(error as Error).message})`);
  }
}

/** The adapter of a server. Throws a Stop where this version has none. */
async function adapter<T>(kind: 'nats' | 'redis'): Promise<T> {
  const file = `../durable/${kind}-log.js`;
  try {
    return (await import(file)) as T;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing || !(error as Error).message.includes(`${kind}-log.js`)) throw error;
    const others = [kinds.lmdb.form, kinds.file.form].join(' or ');
    throw unusable(`${kind}: this version has no log there; expected ${others}`);
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
  // Of Redis: a database.
  const isNumber = /^\d+$/.test(parts.at(-1) ?? '0');
  const name = isNumber ? defaultName : (parts.pop() as string);
  url.pathname = parts.join('/');
  return { at: url.href.replace(/\/$/, ''), name };
}
