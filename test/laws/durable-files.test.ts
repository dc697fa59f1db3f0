import { test } from 'vitest';
import { fileLog } from '../../src/durable/file-log.js';
import '../slow.js';
import { lawfulOn } from './durable-disks.js';

test('the laws of durable jobs hold on files, and when these are opened again', () =>
  lawfulOn(folder => fileLog(folder, { partitions: 1, segmentBytes: 4096 })));
