import { Stop } from './stop.js';

/** 128 + the signal's number, as shells count. */
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Aborts, with a Stop as its reason, at the first signal; a second one kills. */
export function stopOnSignals(): AbortController {
  const controller = new AbortController();
  for (const [signal, code] of Object.entries(codes)) {
    process.once(signal, () => controller.abort(new Stop(code)));
  }
  return controller;
}

/**
 * The result of `work`, or a throw of the signal's reason `grace` milliseconds after it aborts.
 * Nothing is left behind on the signal: `Promise.race` would keep a reaction for every call.
 */
export function unlessStopped<T>(stop: AbortSignal, work: Promise<T>, grace = 0): Promise<T> {
  return new Promise((resolve, reject) => {
    const onStop = () => {
      setTimeout(() => reject(stop.reason), grace);
    };
    if (stop.aborted) onStop();
    else stop.addEventListener('abort', onStop, { once: true });
    work.then(resolve, reject).finally(() => stop.removeEventListener('abort', onStop));
  });
}
