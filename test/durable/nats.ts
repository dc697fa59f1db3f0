/** A server that a test starts: `test/nats-server.mjs` says more. */
export interface NatsServer {
  /** `nats://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** Where its configuration and its streams are. */
  readonly folder: string;
  signal(name: NodeJS.Signals): void;
  /** Ends it; its streams stay. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it, and removes its streams. */
  end(): Promise<void>;
}

const script = new URL('../nats-server.mjs', import.meta.url).href;

const { startNats: start } = await import(/* @vite-ignore */ script);

/** Starts a server on a free port; `config` is added to its configuration. */
export const startNats = start as (options?: {
  readonly config?: string;
  readonly jetstream?: boolean;
}) => Promise<NatsServer>;
