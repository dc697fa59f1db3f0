import { Observable } from 'rxjs';

/**
 * A recording as a stream, frame by frame: what fell due since the last one, at `speed` times the
 * pace of `hz` samples a second. Where the page was hidden it goes on where it was.
 */
export function played(samples: Float32Array, hz: number, speed: () => number): Observable<number> {
  return new Observable(subscriber => {
    let [sent, due, before] = [0, 0, performance.now()];
    let request = 0;
    const frame = (now: number) => {
      due += (Math.min(100, Math.max(0, now - before)) / 1000) * speed() * hz;
      before = now;
      const end = Math.min(due, samples.length);
      while (sent < Math.floor(end) && !subscriber.closed) subscriber.next(samples[sent++]);
      if (sent === samples.length) subscriber.complete();
      else if (!subscriber.closed) request = requestAnimationFrame(frame);
    };
    request = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(request);
  });
}
