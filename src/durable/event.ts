/** An event of a log, its value decoded. */
export interface LogEvent<V = unknown> {
  readonly partition: number;
  /** Its number in its partition, from 1. */
  readonly offset: number;
  /** When it was appended, in milliseconds since 1970. */
  readonly time: number;
  readonly key: string;
  readonly value: V;
}

/** An output that is stored, exactly once. */
export interface DurableOutput<P = unknown> {
  /** `job:partition:sequence:k`: the same again when it is told again, after a restart. */
  readonly id: string;
  readonly partition: number;
  /** Its event's. */
  readonly offset: number;
  readonly key: string;
  readonly y: P;
}

/** An event that gave no output, told exactly once by the log: refused, or too late. */
export interface DeadLetter {
  readonly id: string;
  readonly kind: 'poison' | 'late';
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly reason: string;
}

/** What a record tells, in order. */
export interface Told {
  readonly outputs: readonly DurableOutput[];
  readonly letters: readonly DeadLetter[];
}
