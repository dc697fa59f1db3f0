/** Nanoseconds in a millisecond. */
export const ms = 1e6;

/** A message of a stream. */
export interface Found {
  readonly seq: number;
  /** Milliseconds since 1970, as the server had them. */
  readonly time: number;
  readonly subject: string;
  /** A view of what came over the network. */
  readonly data: Uint8Array;
}

/** Which messages of a stream are read. */
export interface Range {
  readonly stream: string;
  readonly after: number;
  /** How many; Infinity: as they come. */
  readonly count: number;
  /** Only those with this subject. */
  readonly filter?: string;
  /** True: numbers are not one after another. */
  readonly isSparse?: boolean;
  /** Throws if messages after `had` are lacking; `at`: the first that is there, if one came. */
  lack(had: number, at: number | undefined): Promise<void>;
}

/** Where a message was in its stream and its consumer, and when; from its reply's subject. */
export function placeOf(reply: string) {
  const tokens = reply.split('.');
  // $JS.ACK.stream.consumer.times.seq.delivered.time.pending; newer ones begin with domain and
  // account, and may end with a token more.
  const at = tokens.length === 9 ? 5 : 7;
  return {
    seq: Number(tokens[at]),
    delivered: Number(tokens[at + 1]),
    time: Math.floor(Number(tokens[at + 2]) / ms),
  };
}
