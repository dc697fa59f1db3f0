import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { demand, describe, mismatch } from '../errors.js';
import { NatsLink, type NatsPackages } from './nats-link.js';

/**
 * How servers are reached, as `connect` of `@nats-io/transport-node` takes it: `servers`, `tls`,
 * `authenticator`, `user` and `pass`, `token` and so on. A log connects again for ever.
 */
export type NatsConnectionOptions = NodeConnectionOptions;

/** The options of a connection that goes on for ever. */
export function connectionOptions(
  where: string,
  given: string | readonly string[] | NatsConnectionOptions,
  name: string,
): NatsConnectionOptions {
  const isText = typeof given === 'string' || Array.isArray(given);
  const isOptions = typeof given === 'object' && given !== null;
  demand(isText || isOptions, `${where}.servers`, 'a URL, URLs, or options', given);
  const own: NatsConnectionOptions = isText
    ? { servers: typeof given === 'string' ? given.split(',') : [...given] }
    : (given as NatsConnectionOptions);
  const { servers = [] } = own;
  const urls = (typeof servers === 'string' ? [servers] : servers).map(url =>
    withoutUser(where, url),
  );
  const [{ user, pass, token } = {} as Place] = urls;
  // The client ignores the scheme: without this the connection might be in the clear.
  const isTls = urls.some(({ server }) => server.startsWith('tls://'));
  return {
    name: `rxrecur ${name}`,
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(token !== undefined && { token }),
    ...(isTls && { tls: {} }),
    ...own,
    ...(urls.length && { servers: urls.map(({ server }) => server) }),
    // The rest is what a log relies on.
    ...{ waitOnFirstConnect: true, reconnect: true, maxReconnectAttempts: -1 },
    ...{ reconnectTimeWait: own.reconnectTimeWait ?? 500, noAsyncTraces: true },
  };
}

interface Place {
  readonly server: string;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/** A server's address, and who a URL says that we are: `user:password@`, or `token@`. */
function withoutUser(where: string, url: unknown): Place {
  demand(typeof url === 'string' && url.trim(), `${where}.servers`, 'a URL', url);
  const [, scheme = '', who, server] =
    /^([a-z]+:\/\/)?(?:([^@/]*)@)?([^@/]+)\/?$/.exec(url.trim()) ?? [];
  if (server === undefined || !['', 'nats://', 'tls://'].includes(scheme)) {
    throw mismatch(`${where}.servers`, 'a URL such as nats://127.0.0.1:4222', describe(url));
  }
  if (who === undefined) return { server: `${scheme}${server}` };
  const [user, ...rest] = who.split(':').map(decodeURIComponent);
  if (!rest.length) return { server: `${scheme}${server}`, token: user };
  return { server: `${scheme}${server}`, user, pass: rest.join(':') };
}

/**
 * A connection; waits for servers that are not there yet. Rejects if one refuses it, or where TLS
 * does not fit.
 */
export async function openLink(
  packages: NatsPackages,
  where: string,
  options: NatsConnectionOptions,
): Promise<NatsLink> {
  const open = (more: NatsConnectionOptions) =>
    NatsLink.open(where, packages, { ...options, ...more });
  try {
    // A client that waits for its servers would try certificates that do not fit for ever.
    return await open({ waitOnFirstConnect: false }).catch(error => {
      if (isOfTls(error)) throw error;
      return open({});
    });
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const hint = 'look at user, password, token, credentials and TLS';
    throw mismatch(where, 'a connection', got, hint);
  }
}

function isOfTls({ code, message }: NodeJS.ErrnoException): boolean {
  const isCertificate = /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(`${code}`);
  return isCertificate || message.includes("does not support 'tls'");
}
