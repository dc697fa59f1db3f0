/** What a partition has done so far, for metrics. */
export interface Progress {
  events: number;
  outputs: number;
  poison: number;
  late: number;
  records: number;
  bytes: number;
  /** Milliseconds of the last commit, and of what was restored. */
  commit: number;
  restore: number;
}
