import { backend, stepper } from 'rxrecur/core';
import { animate } from '../page/motion.js';
import { chunkSize, rate, silero } from '../silero/network.mjs';
import { draw, type Heard } from './chart.js';
import { type Microphone, microphone, samplesOf } from './sound.js';
import { fetchTensors } from './weights.js';

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const say = (id: string, text: string) => {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
};
/** Seconds of a chunk. */
const each = chunkSize / rate;
/** Chunks in the picture of a microphone. */
const tenSeconds = Math.round(10 / each);

async function main() {
  const cell = silero(await fetchTensors('silero.safetensors'));
  const step = stepper(cell);
  say('backend', backend(cell));
  // Compiled and warm before there is something to hear; `begin` resets it.
  for (let i = 0; i < 30; i++) step(new Float32Array(chunkSize));
  const heard: Heard[] = [];
  // For the console, and for the test.
  Object.assign(globalThis, { heard });
  /** Counts beginnings; ms in the network since the last one; chunks in the picture. */
  let [now, spent, least] = [0, 0, 0];
  let source: Microphone | undefined;
  let isPaused = false;
  const [listen, file, pauseButton] = ['listen', 'file', 'pause'].map(id => {
    return element<HTMLButtonElement & HTMLInputElement>(id);
  });

  const drawNow = animate(() => {
    // Of a file, −0: all.
    const shown = heard.slice(-least);
    const start = (heard.length - shown.length) * each;
    draw(element<HTMLCanvasElement>('chart'), shown, { least, start, each });
    if (heard.length) {
      say('now', heard[heard.length - 1].p.toFixed(2));
      say('took', `${((1000 * spent) / heard.length).toFixed(0)} µs`);
    }
    say('time', `${(heard.length * each).toFixed(1)} s`);
  });
  const pause = (paused: boolean) => {
    isPaused = paused;
    source?.pause(paused);
    pauseButton.textContent = paused ? 'Continue' : 'Pause';
    say('status', paused ? 'Paused.' : '');
    // The picture that stands is that of the last event.
    if (paused) drawNow();
  };
  const begin = (chunksShown: number) => {
    source?.stop();
    source = undefined;
    pause(false);
    pauseButton.disabled = false;
    step.reset();
    heard.length = spent = 0;
    least = chunksShown;
    drawNow();
    return ++now;
  };
  const hear = (chunk: Float32Array) => {
    if (isPaused) return;
    const start = performance.now();
    const [p] = step(chunk);
    spent += performance.now() - start;
    heard.push({ p, loud: Math.max(...chunk.map(Math.abs)) });
  };

  listen.onclick = async () => {
    const mine = begin(tenSeconds);
    const opened = await microphone(rate, hear).catch(failed);
    if (mine !== now) opened.stop();
    else {
      source = opened;
      source.pause(isPaused);
    }
  };
  file.onchange = async () => {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    const mine = begin(0);
    const samples = await samplesOf(chosen, rate).catch(failed);
    for (let at = 0; at + chunkSize <= samples.length && mine === now; ) {
      // The page stays alive while a long file runs.
      if (isPaused || heard.length % 500 === 499) await new Promise(requestAnimationFrame);
      if (isPaused || mine !== now) continue;
      hear(samples.subarray(at, at + chunkSize));
      at += chunkSize;
    }
    if (mine !== now) return;
    pauseButton.disabled = true;
    say('status', 'The file is at its end.');
  };
  pauseButton.onclick = () => pause(!isPaused);
  listen.disabled = file.disabled = false;
  begin(tenSeconds);
  pauseButton.disabled = true;
}

function failed(error: unknown): never {
  say('status', String(error));
  throw error;
}

main().catch(failed);
