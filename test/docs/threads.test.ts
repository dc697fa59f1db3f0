import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root } from './blocks.js';
import { library, run } from './program.js';

const { chain, dense, gru, Snapshot, stateful } = library.rxrecur;

const script = (name: string) =>
  readFileSync(`${root}test/docs/threads/${name}`, 'utf8').replace(
    'import.meta.url',
    "'http://a/'",
  );

/** What both ends of a channel are: messages arrive as copies. */
interface Port {
  onmessage?(event: { data: unknown }): void;
  postMessage(data: unknown, transfer?: ArrayBuffer[]): void;
}

const portTo = (other: () => Port): Port => ({
  postMessage: data => other().onmessage?.({ data: structuredClone(data) }),
});

test('the worker answers the page, and sends it a snapshot to go on from', async () => {
  const shown: unknown[] = [];
  const worker = Object.assign(new EventTarget(), {
    postMessage: (data: unknown) => self.onmessage?.({ data: structuredClone(data) }),
  });
  const self: Port = {
    postMessage(data, transfer = []) {
      const copy = structuredClone(data, { transfer });
      worker.dispatchEvent(Object.assign(new Event('message'), { data: copy }));
    },
  };
  await run(script('worker.js'), { self });
  const Worker = function made() {
    return worker;
  };
  await run(script('page.js'), { Worker, show: (value: unknown) => shown.push(value) });
  const model = chain(gru(2, 8, { seed: 1 }), dense(8, 1, { seed: 2 }));
  expect(shown).toEqual([stateful(model)([0.5, 1]), String(model)]);
});

test('the processor answers each sample, resets, and its snapshot goes on elsewhere', async () => {
  let Filter:
    | (new (
        options: object,
      ) => { process(...parts: Float32Array[][][]): boolean })
    | undefined;
  const received: unknown[] = [];
  const page: Port = portTo(() => thread);
  const thread: Port = portTo(() => page);
  page.onmessage = ({ data }) => received.push(data);
  class AudioWorkletProcessor {
    readonly port = thread;
  }
  await run(script('processor.js'), {
    AudioWorkletProcessor,
    registerProcessor(_: string, given: typeof Filter) {
      Filter = given;
    },
  });
  const processors: InstanceType<NonNullable<typeof Filter>>[] = [];
  class AudioWorkletNode {
    readonly port = page;
    constructor(_: unknown, __: string, options: object) {
      if (Filter) processors.push(new Filter(structuredClone(options)));
    }
  }
  const source = { connect: () => source };
  const context = { audioWorklet: { addModule: async () => undefined } };
  await run(script('audio-page.js'), { AudioWorkletNode, context, source });

  const m = stateful(chain(gru(1, 16, { seed: 1 }), dense(16, 1, { seed: 2 })));
  const input = Float32Array.from({ length: 128 }, (_, t) => Math.sin(t));
  const output = new Float32Array(128);
  const [processor] = processors;
  expect(processor.process([[input]], [[output]])).toBe(true);
  expect([...output]).toEqual([...input].map(x => m([x])[0]));
  page.postMessage('snapshot');
  expect(received[0]).not.toBeInstanceOf(Snapshot);
  m.reset();
  m.restore(received[0] as { format: string });
  page.postMessage('reset');
  const again = new Float32Array(128);
  processor.process([[input]], [[again]]);
  expect(again).toEqual(output);
  processor.process([[input]], [[again]]);
  expect([...again]).toEqual([...input].map(x => m([x])[0]));
});
