/** Keyed states that survive their process. */
export { jsonBytes } from './durable/codec.js';
export type { DeadLetter, DurableOutput, LogEvent, Told } from './durable/event.js';
export type {
  Lease,
  Membership,
  NewEvent,
  PartitionLog,
  StoredEvent,
  StoredRecord,
  StoredSnapshot,
} from './durable/log.js';
export { FencedError, UnknownError } from './durable/log.js';
export { memoryLog } from './durable/memory-log.js';
export { type PartitionMetrics, prometheus } from './durable/metrics.js';
export { partitionOf } from './durable/places.js';
export type { Sink } from './durable/sink.js';
export { type JobStates, jobStates, type KeyState } from './durable/states.js';
export { type Relayed, toStream } from './durable/to-stream.js';
export type { Late } from './durable/turn.js';
export { type DurableConfig, type DurableForecastConfig, durable } from './operators/durable.js';
export type { DurableOptions, KeysOf } from './operators/durable-config.js';
export { type FromStreamConfig, fromStream, type LogSource } from './operators/from-stream.js';
export { type IngestConfig, type Ingested, ingest } from './operators/ingest.js';
