import { config } from 'rxjs';
import { afterEach, beforeEach, expect } from 'vitest';

/** After each test of the file, fails it if anything was thrown outside of a call or notification. */
export function nothingIsThrownLate(): void {
  const late: unknown[] = [];
  const collect = (error: unknown) => {
    late.push(error);
  };
  beforeEach(() => {
    late.length = 0;
    config.onUnhandledError = collect;
    process.on('uncaughtException', collect);
    process.on('unhandledRejection', collect);
  });
  afterEach(async () => {
    // RxJS throws what nobody handles from a timer, Node what no promise handles after a turn.
    for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setTimeout(resolve));
    config.onUnhandledError = null;
    process.off('uncaughtException', collect);
    process.off('unhandledRejection', collect);
    expect(late).toEqual([]);
  });
}
