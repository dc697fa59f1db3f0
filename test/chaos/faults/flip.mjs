import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { partitions } from '../jobs.mjs';
import { sunkName } from '../logs.mjs';
import { pick } from '../random.mjs';
import { headBytes, segmentIn, segmentsOf, snapshotsOf } from './segments.mjs';

/**
 * A bit of what was whole flips: whoever reads it ends with an error that names the place, and
 * nobody goes on from it. Then it flips back, and all goes on.
 */
export const flips = {
  help: 'bits that flip in what is stored, and flip back',
  adapters: ['file', 'lmdb'],
  async strike(chaos) {
    for (let tries = 0; tries < 20; tries++) {
      const target = chaos.adapter === 'file' ? drawBit(chaos) : await drawValue(chaos);
      if (!target) {
        await delay(100);
        continue;
      }
      const { crew } = chaos;
      const fits = text => target.names(text);
      await target.flip();
      const expected = crew.expect('flips', fits);
      try {
        const error = await readAll(chaos, target);
        if (error && !fits(error)) chaos.note(`flips: ${target.what}: ${error}`);
        if (error) return await meet(chaos, target, expected);
      } finally {
        await target.back();
        expected.over();
        crew.fill();
      }
    }
    return false;
  },
};

/** Asks a process of its own. */
async function ask(child, question) {
  child.send(question);
  const [answer] = await once(child, 'message');
  return answer;
}

const startChild = name => fork(fileURLToPath(new URL(name, import.meta.url)));

/** The error that a worker meets that would begin now. */
async function readAll({ adapter, places }, { job, partition, kind }) {
  const child = startChild('reader.mjs');
  return (await ask(child, { adapter, places, job, partition, kind })).error;
}

/** Whoever takes the partition ends. */
async function meet({ crew, note, ttl }, { job, partition, what }, expected) {
  const until = performance.now() + 10 * ttl + 10_000;
  const owners = [...crew.workers].filter(({ held }) => held[job]?.includes(partition));
  for (const owner of owners) crew.kill(owner);
  while (!expected.met && performance.now() < until) {
    crew.fill();
    await delay(50);
  }
  if (!expected.met) note(`flips: nobody met ${what}`);
}

/** A bit of a file that is not in the last frame of a chain: that one could be a torn write. */
function drawBit({ next, jobs, places }) {
  const { name: job } = pick(next, jobs);
  const partition = Math.floor(partitions * next());
  const kind = pick(next, ['records', 'snapshot', 'events', 'sunk']);
  const folder = {
    records: join(places.log, 'jobs', job, String(partition)),
    snapshot: join(places.log, 'jobs', job, String(partition)),
    events: join(places.log, 'events', String(partition)),
    sunk: join(places[sunkName(job)], 'events', String(partition)),
  }[kind];
  try {
    const isSnapshot = kind === 'snapshot';
    const paths = isSnapshot ? snapshotsOf(folder) : segmentsOf(folder).slice(-2);
    if (!paths.length) return undefined;
    const path = pick(next, paths);
    const { frames } = segmentIn(path);
    if (!isSnapshot && path === paths.at(-1)) frames.pop();
    if (!frames.length) return undefined;
    const { at, end } = pick(next, frames);
    const bit = { at: at + Math.floor((end - at) * next()), mask: 1 << Math.floor(8 * next()) };
    const file = openSync(path, 'r+');
    const flip = () => {
      const byte = Buffer.alloc(1);
      readSync(file, byte, 0, 1, bit.at);
      byte[0] ^= bit.mask;
      writeSync(file, byte, 0, 1, bit.at);
    };
    return {
      ...{ job, partition, kind, what: `${kind} in ${path}, byte ${bit.at}`, flip },
      names: text => text.includes(`${path}, byte ${at}: expected`) && at >= headBytes,
      // The file may be gone meanwhile; nobody else has this one.
      back() {
        flip();
        closeSync(file);
      },
    };
  } catch (error) {
    // A folder or a file that is not there yet, or is no more.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A value of an LMDB log: each has a CRC, its pages have none. */
async function drawValue({ next, jobs, places }) {
  const { name: job } = pick(next, jobs);
  const partition = Math.floor(partitions * next());
  const kind = pick(next, ['records', 'snapshot', 'events']);
  const row = {
    records: ['row', 'records', job, partition],
    snapshot: ['chunk', 'records', job, partition],
    events: ['row', 'events', partition],
  }[kind];
  const bit = { among: next(), byte: next(), mask: 1 << Math.floor(8 * next()) };
  const child = startChild('flip-lmdb.mjs');
  const { answer: what } = await ask(child, { call: 'draw', path: places.log, row, ...bit });
  if (!what) {
    child.kill('SIGKILL');
    return undefined;
  }
  return {
    ...{ job, partition, kind, what },
    flip: () => ask(child, { call: 'flip' }),
    names: text => text.includes(`the value of ${what}: expected whole bytes`),
    async back() {
      await ask(child, { call: 'back' });
      child.kill('SIGKILL');
    },
  };
}
