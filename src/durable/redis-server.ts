import type { Cluster, Redis } from 'ioredis';
import { mismatch, RecurError } from '../errors.js';
import type { Link } from './redis-link.js';

/** What a server's settings promise, from the most to the least. */
export type Durability = 'always' | 'everysec' | 'none';

const all: readonly unknown[] = ['always', 'everysec', 'none'];

export function isDurability(value: unknown): value is Durability {
  return all.includes(value);
}

/** Throws for a server that would lose what the log needs, if it tells. */
export async function checkServer(link: Link, wanted: Durability): Promise<void> {
  const where = 'redisLog';
  // The first question of all: without an answer the server cannot be reached.
  await link.ask(() => link.redis.ping(), { where });
  const { redis } = link;
  const nodes = 'nodes' in redis ? (redis as Cluster).nodes('master') : [redis as Redis];
  for (const node of nodes) await checkNode(link, node, wanted);
}

async function checkNode(link: Link, node: Redis, wanted: Durability): Promise<void> {
  const setting = async (name: string) => {
    const ask = () => node.config('GET', name) as Promise<string[]>;
    // Many providers forbid it: then nobody can tell.
    const answer = await link.ask(ask, { where: 'redisLog' }).catch(refused);
    return answer?.[1];
  };
  const policy = await setting('maxmemory-policy');
  if (policy?.startsWith('allkeys')) {
    const hint = 'with it a full server drops events and states; set noeviction';
    throw mismatch('redisLog', 'a server that keeps its keys', `maxmemory-policy ${policy}`, hint);
  }
  if (wanted === 'none') return;
  const [file, sync] = [await setting('appendonly'), await setting('appendfsync')];
  if (file === undefined || sync === undefined) return;
  const isFile = file === 'yes';
  if (isFile && (sync === 'always' || sync === wanted)) return;
  const expected = wanted === 'always' ? 'always' : 'everysec or always';
  const got = isFile ? `appendfsync ${sync}` : `appendonly ${file}`;
  const hint = "change its settings, or open it with a `durability` of less, down to 'none'";
  throw mismatch(
    'redisLog.durability',
    `a server with appendonly yes, appendfsync ${expected}`,
    got,
    hint,
  );
}

/** A setting that may not be read is undefined; a server that does not answer is an error. */
function refused(error: unknown): undefined {
  const isReply = error instanceof RecurError && (error.cause as Error)?.name === 'ReplyError';
  if (!isReply) throw error;
}
