/** What a worker tells of each partition that it has. */
export interface PartitionMetrics {
  readonly job: string;
  readonly member: string;
  readonly partition: number;
  /** The offset of the last event that was stepped, and how many are behind it in the log. */
  readonly offset: number;
  readonly lag: number;
  /** Keys that have states. */
  readonly keys: number;
  readonly epoch: number;
  /** Counted since the worker has it: events, outputs, refused and late ones, records, bytes. */
  readonly events: number;
  readonly outputs: number;
  readonly poison: number;
  readonly late: number;
  readonly records: number;
  readonly bytes: number;
  /** Events a record, on average, of those that one may have. */
  readonly fill: number;
  /** Milliseconds: the last commit, and how long restoring took. */
  readonly commit: number;
  readonly restore: number;
}

const kinds: readonly (readonly [
  name: string,
  field: keyof PartitionMetrics,
  type: 'gauge' | 'counter',
  help: string,
])[] = [
  ['offset', 'offset', 'gauge', 'Offset of the last event that was stepped.'],
  ['lag', 'lag', 'gauge', 'Events in the log that are not stepped yet.'],
  ['keys', 'keys', 'gauge', 'Keys that have states.'],
  ['epoch', 'epoch', 'gauge', 'How many workers have had the partition.'],
  ['events_total', 'events', 'counter', 'Events that were stepped or refused.'],
  ['outputs_total', 'outputs', 'counter', 'Outputs that are stored.'],
  ['poison_total', 'poison', 'counter', 'Events that the model refused.'],
  ['late_total', 'late', 'counter', 'Events that came too late.'],
  ['records_total', 'records', 'counter', 'Records that were committed.'],
  ['record_bytes_total', 'bytes', 'counter', 'Bytes of those records.'],
  ['batch_fill_ratio', 'fill', 'gauge', 'Events a record, of those that one may have.'],
  ['commit_milliseconds', 'commit', 'gauge', 'How long the last commit took.'],
  ['restore_milliseconds', 'restore', 'gauge', 'How long restoring the states took.'],
];

/**
 * Metrics in Prometheus' text form, version 0.0.4.
 *
 * @example
 * prometheus([]).startsWith('# HELP rxrecur_offset'); // → true
 */
export function prometheus(metrics: readonly PartitionMetrics[]): string {
  const lines = kinds.flatMap(([name, field, type, help]) => [
    `# HELP rxrecur_${name} ${help}`,
    `# TYPE rxrecur_${name} ${type}`,
    ...metrics.map(metric => {
      const { job, member, partition } = metric;
      const labels = { job, member, partition: String(partition) };
      const texts = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
      return `rxrecur_${name}{${texts.join(',')}} ${metric[field]}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

const escaped = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
