import { config } from 'rxjs';
import { afterEach, beforeEach, expect } from 'vitest';

type Collect = (error: unknown) => void;

/** What a page tells of an error that nobody caught; no part of the ES library. */
declare const window: {
  addEventListener(type: string, listen: (event: PageError) => void, capture: boolean): void;
  removeEventListener(type: string, listen: (event: PageError) => void, capture: boolean): void;
};

interface PageError {
  readonly error?: unknown;
  readonly reason?: unknown;
  preventDefault(): void;
  stopImmediatePropagation(): void;
}

/** Hears of every error that nobody caught, in Node or in a page, until it is told to stop. */
function listen(collect: Collect): () => void {
  if (typeof window === 'undefined') {
    const events = ['uncaughtException', 'unhandledRejection'];
    for (const event of events) process.on(event, collect);
    return () => {
      for (const event of events) process.off(event, collect);
    };
  }
  const take = (event: PageError) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    collect(event.error ?? event.reason);
  };
  const events = ['error', 'unhandledrejection'];
  for (const event of events) window.addEventListener(event, take, true);
  return () => {
    for (const event of events) window.removeEventListener(event, take, true);
  };
}

/**
 * After each test of the file, fails it if anything was thrown outside of a call or notification.
 */
export function nothingIsThrownLate(): void {
  const late: unknown[] = [];
  const collect: Collect = error => {
    late.push(error);
  };
  let stop = () => {};
  beforeEach(() => {
    late.length = 0;
    config.onUnhandledError = collect;
    stop = listen(collect);
  });
  afterEach(async () => {
    // RxJS throws what nobody handles from a timer, Node what no promise handles after a turn.
    for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setTimeout(resolve));
    config.onUnhandledError = null;
    stop();
    expect(late).toEqual([]);
  });
}
