import { Subject, type Subscription } from 'rxjs';
import { backend } from 'rxrecur';
import { modelsOf } from '../ecg/nets.mjs';
import { draw, shown } from './chart.js';
import { type Seen, watch } from './nets.js';
import { played } from './played.js';
import { fetchAll, hz } from './recording.js';

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const say = (id: string, text: string) => {
  const output = element<HTMLOutputElement>(id);
  if (output.textContent !== text) output.textContent = text;
};

async function main() {
  const { mv, tensors } = await fetchAll();
  const { forecast, flag } = modelsOf(tensors);
  say('backend', backend(flag));
  const [samples, reset] = [new Subject<number>(), new Subject<void>()];
  const last: Seen[] = [];
  // For the console, and for the test.
  Object.assign(globalThis, { seen: last });
  const times: number[] = [];
  let [now, alarms] = [0, 0];
  let playing: Subscription | undefined;

  samples.pipe(watch(forecast, flag, reset)).subscribe({
    next(seen) {
      now += 1;
      alarms += Number(seen.alarm);
      if (last.push(seen) > shown) last.shift();
    },
    error: error => say('status', String(error)),
  });

  const speed = () => Number(element<HTMLSelectElement>('speed').value);
  const start = () => {
    playing?.unsubscribe();
    // The nets go back to their initial states, the recording to its first row.
    reset.next();
    last.length = 0;
    [now, alarms] = [0, 0];
    say('status', '');
    playing = played(mv, hz, speed).subscribe(sample => samples.next(sample));
  };
  element('reset').addEventListener('click', start);
  start();

  const frame = (time: number) => {
    draw(element<HTMLCanvasElement>('chart'), last, now);
    say('time', `${(now / hz).toFixed(1)} s`);
    say('alarms', String(alarms));
    if (now === mv.length) say('status', 'The recording is at its end.');
    times.push(time);
    if (times.length > 60) say('frames', (60_000 / (time - (times.shift() ?? 0))).toFixed(0));
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

main().catch(error => say('status', String(error)));
