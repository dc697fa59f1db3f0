import type { Machine } from './any-machine.js';

/** What a machine without state has beside its steps. */
export const stateless: Omit<Machine, 'step'> = {
  batch: null,
  commit() {},
  rollback() {},
  follow() {},
  state: () => undefined,
  release() {},
};
