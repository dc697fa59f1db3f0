import { test } from 'vitest';
import { lmdbLog } from '../../src/durable/lmdb-log.js';
import '../slow.js';
import { lawfulOn } from './durable-disks.js';

test('lmdb holds the laws of durable jobs, and when it is opened again', () =>
  lawfulOn(folder => lmdbLog(folder, { partitions: 1 })));
