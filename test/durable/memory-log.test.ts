import { memoryLog } from '../../src/durable.js';
import { conformance } from './conformance.js';

conformance({
  name: 'a memory',
  place: () => '',
  open: async (_, options) => memoryLog(options),
  keeps: false,
});
