import { stepper } from 'rxrecur/core';
import { chunkSize, rate, silero } from '../silero/network.mjs';
import { draw, type Heard } from './chart.js';
import { microphone, samplesOf } from './sound.js';
import { fetchTensors } from './weights.js';

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const say = (id: string, text: string) => {
  element(id).textContent = text;
};
/** Chunks in the picture of a microphone. */
const tenSeconds = Math.round((10 * rate) / chunkSize);

async function main() {
  const step = stepper(silero(await fetchTensors('silero.safetensors')));
  // Compiled and warm before there is something to hear; `begin` resets it.
  for (let i = 0; i < 30; i++) step(new Float32Array(chunkSize));
  const heard: Heard[] = [];
  // For the console, and for the test.
  Object.assign(globalThis, { heard });
  /** Which beginning what is heard belongs to; ms in the network since; chunks in the picture. */
  let [now, spent, least] = [0, 0, 0];
  let silence = () => {};

  const begin = (chunksShown: number) => {
    silence();
    silence = () => {};
    step.reset();
    heard.length = spent = 0;
    least = chunksShown;
    say('status', '');
    return ++now;
  };
  const hear = (chunk: Float32Array) => {
    const start = performance.now();
    const [p] = step(chunk);
    spent += performance.now() - start;
    heard.push({ p, loud: Math.max(...chunk.map(Math.abs)) });
  };

  const listen = element<HTMLButtonElement>('listen');
  listen.onclick = async () => {
    const mine = begin(tenSeconds);
    const stop = await microphone(rate, hear).catch(failed);
    if (mine === now) silence = stop;
    else stop();
  };
  const file = element<HTMLInputElement>('file');
  file.onchange = async () => {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    const mine = begin(0);
    const samples = await samplesOf(chosen, rate).catch(failed);
    for (let at = 0; at + chunkSize <= samples.length && mine === now; at += chunkSize) {
      hear(samples.subarray(at, at + chunkSize));
      // The page stays alive while a long file runs.
      if (heard.length % 500 === 0) await new Promise(requestAnimationFrame);
    }
    if (mine === now) say('status', 'The file is at its end.');
  };
  listen.disabled = file.disabled = false;
  begin(tenSeconds);

  const frame = () => {
    // Of a file, −0: all.
    draw(element<HTMLCanvasElement>('chart'), heard.slice(-least), least);
    const { length } = heard;
    if (length) {
      say('now', heard[length - 1].p.toFixed(2));
      say('took', `${((1000 * spent) / length).toFixed(0)} µs`);
    }
    say('time', `${((length * chunkSize) / rate).toFixed(1)} s`);
    requestAnimationFrame(frame);
  };
  frame();
}

function failed(error: unknown): never {
  say('status', String(error));
  throw error;
}

main().catch(failed);
