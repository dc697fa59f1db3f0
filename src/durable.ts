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
