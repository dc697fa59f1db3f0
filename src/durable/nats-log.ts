import { checkNames, demand, mismatch } from '../errors.js';
import * as check from './arguments.js';
import type { PartitionLog } from './log.js';
import { connectionOptions, type NatsConnectionOptions, openLink } from './nats-connection.js';
import { bytesOf, codes, type NatsLink, natsPackages, Unanswered } from './nats-link.js';
import { NatsPartitions } from './nats-partitions.js';
import { checkLogName, type Keeping, Names, Streams } from './nats-streams.js';
import { thereAre } from './refusals.js';

export type { NatsConnectionOptions } from './nats-connection.js';
export { type SubjectSink, type SubjectSinkOptions, toSubject } from './nats-subject.js';

/** The options of `natsLog`. */
export interface NatsLogOptions {
  /** Streams and subjects begin with it: 1 to 32 letters, digits, - and _. Default: `rxrecur`. */
  readonly name?: string;
  /** How many partitions a new log has (8); one that is there must have as many. */
  readonly partitions?: number;
  /** On how many servers of a cluster a new log keeps each message: 1 (default) to 5. */
  readonly replicas?: number;
  /** Where servers keep the messages of a new log: `'file'` (default) or `'memory'`. */
  readonly storage?: 'file' | 'memory';
  /** False: a log that is not there is refused. Default: it is made. */
  readonly create?: boolean;
}

const names = ['name', 'partitions', 'replicas', 'storage', 'create'];

/** What the log is, as its stream of notes has it. */
interface Note {
  readonly format: string;
  readonly version: number;
  readonly partitions: number;
}

/**
 * A log in NATS JetStream, made if it is not there; all machines that reach the servers may share
 * it. `servers`: a URL (`nats://user:password@host:4222`), some of them, or the options of a
 * connection. Needs the packages `@nats-io/transport-node` and `@nats-io/jetstream`.
 *
 * It waits for servers that are not there yet. Rejects with a RecurError for options that do not
 * fit, or do not fit the log on the servers; for servers that refuse the connection; and where
 * JetStream is not enabled.
 */
export async function natsLog(
  servers: string | readonly string[] | NatsConnectionOptions,
  options: NatsLogOptions = {},
): Promise<PartitionLog> {
  checkNames('natsLog', options, names);
  const { name = 'rxrecur', partitions, replicas, storage, create = true } = options;
  checkLogName(name);
  if (partitions !== undefined) check.checkPartitions('natsLog', partitions);
  const isCount = replicas === undefined || [1, 2, 3, 4, 5].includes(replicas);
  demand(isCount, 'natsLog.replicas', '1 to 5', replicas);
  const isStorage = storage === undefined || storage === 'file' || storage === 'memory';
  demand(isStorage, 'natsLog.storage', "'file' or 'memory'", storage);
  demand(typeof create === 'boolean', 'natsLog.create', 'true or false', create);
  const connection = connectionOptions('natsLog', servers, name);
  const packages = await natsPackages();
  const where = `the NATS log ${name}`;
  const data = await openLink(packages, where, connection);
  let leases: NatsLink | undefined;
  try {
    leases = await openLink(packages, where, connection);
    return await openLog({ data, leases }, { ...options, name });
  } catch (error) {
    await data.close();
    await leases?.close();
    throw error;
  }
}

/** Makes the log, or finds it as it is. */
async function openLog(
  links: { readonly data: NatsLink; readonly leases: NatsLink },
  options: NatsLogOptions & { readonly name: string },
): Promise<PartitionLog> {
  const { data } = links;
  const { name, partitions: wanted, storage = 'file', replicas = 1 } = options;
  const names = new Names(name);
  const where = `the NATS log ${name} at ${data.connection.getServer()}`;
  await checkJetStream(data, where);
  const making = new Streams(data, () => ({ storage, replicas }));
  if (options.create === false) await checkThere(making, names, where);
  await making.ensure(names.notes, true);
  const keeping = await keepingOf(making, names, options);
  const note = await noteOf(making, names, where, wanted ?? 8);
  const { partitions } = note;
  const hint = 'a log keeps the number it was made with';
  const fits = wanted === undefined || wanted === partitions;
  demand(fits, 'natsLog.partitions', `${partitions}, as in ${where}`, wanted, hint);
  await makeEvents(new Streams(data, () => keeping), names, partitions);
  return new NatsPartitions(where, partitions, links, names, keeping);
}

/** Throws where no server answers for JetStream. */
async function checkJetStream(link: NatsLink, where: string): Promise<void> {
  const { jetstream, headers } = link.connection.info ?? {};
  try {
    // Another server may have it.
    if (!jetstream) await link.attempt(() => link.jsm.getAccountInfo());
    if (headers) return;
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
  }
  const hint = 'start nats-server with -js, or with jetstream in its configuration';
  throw mismatch(where, 'servers with JetStream', 'one without', hint);
}

/** Throws for a log that is not there, and says which ones are. */
async function checkThere(streams: Streams, names: Names, where: string): Promise<void> {
  if (await streams.info(names.notes)) return;
  const all = await streams.list(new Names('*').notes.subjects);
  const others = all.map(({ config }) => config.name.replace(/-log$/, '')).sort();
  throw mismatch(where, 'a log that is there', 'none', thereAre(others));
}

/** How the log is kept; throws if it was to be otherwise. */
async function keepingOf(
  streams: Streams,
  names: Names,
  { storage, replicas }: NatsLogOptions,
): Promise<Keeping> {
  const info = await streams.info(names.notes);
  const kept = {
    storage: info?.config.storage ?? 'file',
    replicas: info?.config.num_replicas ?? 1,
  };
  const hint = `'nats stream edit' changes what a stream that is there has`;
  for (const [option, asked] of Object.entries({ storage, replicas })) {
    const is = kept[option as keyof Keeping];
    const fits = asked === undefined || asked === is;
    demand(fits, `natsLog.${option}`, `${is}, as in ${names.notes.stream}`, asked, hint);
  }
  return kept;
}

/** What the log is; a new one is what is wanted. */
async function noteOf(
  streams: Streams,
  { notes }: Names,
  where: string,
  partitions: number,
): Promise<Note> {
  const subject = `${notes.subjects.slice(0, -1)}config`;
  for (;;) {
    const query = { last_by_subj: subject };
    const there = await streams.link.ask(({ streams }) => streams.getMessage(notes.stream, query));
    if (there) return checkNote(there.json<Note>(), where);
    const note = { format: 'rxrecur/log', version: 1, partitions };
    try {
      const bytes = bytesOf(JSON.stringify(note));
      const headers = { 'Nats-Expected-Last-Subject-Sequence': '0' };
      const { code, text } = await streams.link.put(subject, bytes, headers);
      if (code !== undefined && code !== codes.wrongLast) throw mismatch(where, 'room', text);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
    }
  }
}

function checkNote(note: Note, where: string): Note {
  const { format, version, partitions } = Object(note) as Note;
  if (format !== 'rxrecur/log' || version !== 1) {
    const hint = 'use the version of rxrecur that made it, or a newer one';
    throw mismatch(where, 'rxrecur/log, version 1', `${format}, version ${version}`, hint);
  }
  check.checkPartitions(where, partitions);
  return note;
}

/** Makes the streams of events that are not there, some at a time. */
async function makeEvents(streams: Streams, names: Names, partitions: number): Promise<void> {
  const there = await streams.list(names.events('*').subjects);
  const known = new Set(there.map(({ config }) => config.name));
  const lacking = Array.from({ length: partitions }, (_, p) => names.events(p)).filter(
    ({ stream }) => !known.has(stream),
  );
  while (lacking.length) {
    await Promise.all(lacking.splice(0, 16).map(name => streams.ensure(name)));
  }
}
