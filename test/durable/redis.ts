/** A server that a test starts: `test/redis-server.mjs` says more. */
export interface RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly url: string;
  /** The answer to one command, as the server sends it. */
  ask(command: string): Promise<string | undefined>;
  signal(name: NodeJS.Signals): void;
  stop(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  restart(signal?: NodeJS.Signals): Promise<void>;
  end(): Promise<void>;
}

const servers = await import(new URL('../redis-server.mjs', import.meta.url).href);

/** Masters that share the slots of a cluster. */
export const startCluster = servers.startCluster as (count: number) => Promise<RedisServer[]>;

export const startRedis = servers.startRedis as (options?: {
  readonly config?: readonly string[];
}) => Promise<RedisServer>;

export interface RedisProxy {
  readonly url: string;
  lose(text: string): void;
  hold(text: string): Promise<() => Promise<void>>;
  end(): Promise<void>;
}

const { startProxy: startBetween } = await import(
  new URL('../servers/redis-proxy.mjs', import.meta.url).href
);

export const startProxy = startBetween as (port: number) => Promise<RedisProxy>;
