// The workers of a campaign: started, counted, and what ended them.
import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pick } from './random.mjs';

const path = fileURLToPath(new URL('worker.mjs', import.meta.url));

export class Crew {
  size = 4;
  workers = new Set();
  /** How many ended how: by a signal, or a code. */
  ends = new Map();
  /** Errors of workers that nothing explains. */
  errors = [];
  /** How many errors a fault explained, by its name. */
  explained = new Map();
  /** Stopped by SIGSTOP. */
  zombies = new Set();
  /** Faults that make workers fail: by what, and until when those were born whom they may meet. */
  #faults = [];
  #count = 0;
  #next;
  /** Of each worker, beside its own. */
  options;

  constructor(next, options) {
    this.#next = next;
    this.options = options;
  }

  start() {
    const next = this.#next;
    const member = `w${this.#count++}`;
    const own = {
      ...this.options,
      member,
      maxEvents: Math.ceil(2 ** (9 * next())),
      snapshotBytes: Math.ceil(2 ** (14 + 6 * next())),
    };
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'];
    const child = fork(path, [JSON.stringify(own)], { stdio });
    const worker = { child, member, held: {}, born: performance.now() };
    let text = '';
    child.stderr.on('data', some => {
      text += some;
    });
    child.on('message', ({ job, held }) => {
      worker.held[job] = held;
    });
    child.on('error', () => {});
    worker.over = new Promise(resolve => child.once('close', resolve));
    child.once('close', (code, signal) => {
      this.workers.delete(worker);
      this.zombies.delete(worker);
      const how = signal ?? code;
      this.ends.set(how, (this.ends.get(how) ?? 0) + 1);
      const isAsked = worker.killed || how === 0 || how === 'SIGTERM';
      if (text || !isAsked) this.#failed(worker, text || `ended by ${how}`);
    });
    this.workers.add(worker);
    return worker;
  }

  /** Starts workers until there are enough. */
  fill() {
    while (this.workers.size < this.size) this.start();
  }

  kill(worker, signal = 'SIGKILL') {
    worker.killed = true;
    this.workers.delete(worker);
    worker.child.kill(signal);
    return worker.over;
  }

  /** Ends all of them. */
  async killAll() {
    await Promise.all([...this.workers].map(worker => this.kill(worker)));
  }

  /** From now on workers may fail with errors that `fits` knows; `over` says until when. */
  expect(name, fits) {
    const fault = { name, fits, until: Number.POSITIVE_INFINITY, met: 0 };
    this.#faults.push(fault);
    return {
      get met() {
        return fault.met;
      },
      over() {
        fault.until = performance.now();
      },
    };
  }

  #failed(worker, text) {
    const fault = this.#faults.find(({ fits, until }) => worker.born < until && fits(text));
    if (!fault) this.errors.push(`${worker.member}: ${text}`);
    else {
      fault.met++;
      this.explained.set(fault.name, (this.explained.get(fault.name) ?? 0) + 1);
    }
  }

  /** A worker that works; or, if none has begun after a while, any. */
  async somebody(works = held => Object.values(held).some(some => some.length)) {
    for (let tries = 0; ; tries++) {
      const awake = [...this.workers].filter(worker => !this.zombies.has(worker));
      const busy = awake.filter(({ held }) => works(held));
      const some = tries < 20 ? busy : awake;
      if (some.length > (tries < 20 ? 0 : 1)) return pick(this.#next, some);
      this.fill();
      await delay(100);
    }
  }
}
