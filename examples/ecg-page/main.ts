import { Subject, type Subscription } from 'rxjs';
import { backend } from 'rxrecur';
import { modelsOf } from '../ecg/nets.mjs';
import { animate, isMotionReduced } from '../page/motion.js';
import { draw, shown } from './chart.js';
import { type Seen, watch } from './nets.js';
import { played } from './played.js';
import { fetchAll, hz, threshold } from './recording.js';

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const say = (id: string, text: string) => {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
};

async function main() {
  const { mv, tensors } = await fetchAll();
  const { forecast, flag } = modelsOf(tensors);
  say('backend', backend(flag));
  say('threshold', String(threshold));
  const [samples, reset] = [new Subject<number>(), new Subject<void>()];
  const last: Seen[] = [];
  // For the console, and for the test.
  Object.assign(globalThis, { seen: last });
  const times: number[] = [];
  let [now, alarms, isPaused] = [0, 0, isMotionReduced()];
  let playing: Subscription | undefined;

  samples.pipe(watch(forecast, flag, reset)).subscribe({
    next(seen) {
      now += 1;
      alarms += Number(seen.alarm);
      if (last.push(seen) > shown) last.shift();
    },
    error: error => say('status', String(error)),
  });

  const drawNow = animate(() => {
    draw(element<HTMLCanvasElement>('chart'), last, now);
    say('time', `${(now / hz).toFixed(1)} s`);
    say('alarms', String(alarms));
    const time = performance.now();
    times.push(time);
    if (times.length > 60) times.shift();
    const rate = ((times.length - 1) * 1000) / (time - times[0]);
    if (times.length > 1) say('frames', rate.toFixed(rate < 10 ? 1 : 0));
  });
  const pause = (paused: boolean) => {
    isPaused = paused;
    say('pause', paused ? 'Play' : 'Pause');
    say('status', paused ? 'Paused.' : '');
    // The picture that stands is that of the last event.
    if (paused) drawNow();
  };
  const speed = () => (isPaused ? 0 : Number(element<HTMLSelectElement>('speed').value));
  const start = () => {
    playing?.unsubscribe();
    // The nets go back to their initial states, the recording to its first row.
    reset.next();
    last.length = 0;
    [now, alarms] = [0, 0];
    drawNow();
    playing = played(mv, hz, speed).subscribe({
      next: sample => samples.next(sample),
      complete: () => say('status', 'The recording is at its end.'),
    });
  };
  element('pause').addEventListener('click', () => pause(!isPaused));
  element('reset').addEventListener('click', () => {
    pause(false);
    start();
  });
  start();
  pause(isPaused);
  if (isPaused)
    say('status', 'Paused: your system asks for less motion. Play starts the recording.');
}

main().catch(error => say('status', String(error)));
