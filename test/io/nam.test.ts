import { readFileSync } from 'node:fs';
import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { type Layer, recur, recurBy, snapshotFromBytes, stateful } from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { namInfo, readNam } from '../../src/io/nam/index.js';
import { UnreadableError } from '../../src/io/unreadable.js';
import { internals } from '../../src/streams/cell.js';
import { sameBits } from '../laws/bits.js';
import { refusal } from './files.js';

interface File {
  readonly architecture: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly number[];
}

/** Printed by test/golden/nam/make.py: x and y are `[steps][channels]`. */
interface Case {
  readonly name: string;
  readonly file: File;
  readonly x: readonly number[][];
  readonly y: readonly number[][];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../golden/nam/models.json', import.meta.url), 'utf8'),
);
const named = (name: string) => cases.find(one => one.name === name) as Case;
const answers = (layer: unknown, x: Case['x']) =>
  stateful(layer as Layer).map(x as number[][]) as unknown as Float32Array[];

describe.each(cases.map(one => [one.name, one] as const))('%s', (_, { file, x, y }) => {
  const layer = readNam(file);
  const whole = answers(layer, x);

  test('answers as numpy computes it in float64, from the first sample after silence on', () => {
    expect(whole.length).toBe(y.length);
    const off = whole.map((a, t) => Math.max(...y[t].map((v, i) => Math.abs(a[i] - v))));
    expect(Math.max(...off)).toBeLessThanOrEqual(1e-6);
    // A network that answers nothing proves nothing.
    expect(Math.max(...y.flat().map(Math.abs))).toBeGreaterThan(1e-3);
  });

  test('gives the same bits in single steps, in chunks, as keys and resumed', () => {
    const one = stateful(layer);
    sameBits(
      x.map(step => one(step)),
      whole,
    );
    const chunked: unknown[] = [];
    from([x.slice(0, 1), x.slice(1, 50), x.slice(50)])
      .pipe(recur(layer, { chunks: true }))
      .subscribe(ys => chunked.push(...(ys as unknown[])));
    sameBits(chunked, whole);
    const keyed: unknown[] = [];
    from(
      x.flatMap((_, t) => [
        { key: 'a', x: x[t] },
        { key: 'b', x: x[x.length - 1 - t] },
      ]),
    )
      .pipe(
        recurBy(layer, {
          key: event => event.key,
          select: event => event.x,
          project: (answer, { key }) => [key, answer] as const,
        }),
      )
      .subscribe(([key, answer]) => {
        if (key === 'a') keyed.push(answer);
      });
    sameBits(keyed, whole);
    let bytes = stateful(layer).snapshot().toBytes();
    const resumed = x.map(step => {
      const next = stateful(layer, { restore: snapshotFromBytes(bytes) });
      const answer = next(step);
      bytes = next.snapshot().toBytes();
      return answer;
    });
    sameBits(resumed, whole);
  });

  test('comes back from a file of the library to the last bit, a reset begins after silence', () => {
    const loaded = load(save(layer));
    sameBits(answers(loaded, x), whole);
    // One program, as before, not member by member.
    expect(loaded.cell[internals].engines).toBeDefined();
    const m = stateful(layer);
    m.map(x as never);
    m.reset();
    sameBits(m.map(x as never), whole);
  });

  test('its bytes and its text are read as the object is', () => {
    const text = JSON.stringify(file);
    sameBits(answers(readNam(text), x), whole);
    sameBits(answers(readNam(new TextEncoder().encode(text)), x), whole);
  });
});

test('a container answers as its largest network, or as the one for a smaller size', () => {
  const [small, large] = [named('ConvNet'), named('LSTM')];
  const submodels = [
    { max_value: 0.5, model: small.file },
    { max_value: 1, model: large.file },
  ];
  const file = {
    ...{ version: '0.7.0', architecture: 'SlimmableContainer' },
    ...{ config: { submodels }, weights: [], sample_rate: 48000 },
  };
  sameBits(answers(readNam(file), large.x), answers(readNam(large.file), large.x));
  const lean = readNam(file, { size: 0.25 });
  sameBits(answers(lean, small.x), answers(readNam(small.file), small.x));
  sameBits(answers(readNam(file, { size: 0.5 }), large.x), answers(readNam(large.file), large.x));
});

test('the scale of the last weight counts, as in the player, whatever the config says', () => {
  const { file, x } = named('WaveNet');
  const other = { ...file, config: { ...file.config, head_scale: 5 } };
  sameBits(answers(readNam(other), x), answers(readNam(file), x));
});

test('a width that could be slimmer is read as it is', () => {
  const { file, x } = named('WaveNet, gated');
  const layers = (file.config.layers as object[]).map(layer => ({
    ...layer,
    slimmable: { method: 'slice_channels_uniform', kwargs: { allowed_channels: [1, 2, 3] } },
  }));
  const slim = { ...file, config: { ...file.config, layers } };
  sameBits(answers(readNam(slim), x), answers(readNam(file), x));
});

test('what the file says beside its network is told', () => {
  const { file } = named('LSTM');
  const metadata = { gain: 0.1, name: 'Test', date: { year: 2024 } };
  expect(namInfo({ ...file, version: '0.5.4', metadata })).toEqual({
    ...{ version: '0.5.4', architecture: 'LSTM', sampleRate: 48000, metadata },
  });
  const bare = { version: '0.5.0', architecture: 'LSTM', config: {}, weights: [] };
  expect(namInfo(bare)).toMatchObject({ sampleRate: undefined, metadata: {} });
});

test('architectures that are not read are told by name', () => {
  const file = (architecture: string) => ({ ...named('LSTM').file, architecture });
  for (const [architecture, why] of [
    ['CatLSTM', "'CatLSTM', of which LSTM, WaveNet, ConvNet, Linear, SlimmableContainer are read"],
    ['toString', "'toString', of which"],
  ]) {
    expect(() => readNam(file(architecture))).toThrow(UnreadableError);
    expect(refusal(() => readNam(file(architecture)))).toContain(why);
  }
});

describe('Linear', () => {
  const file = {
    ...{ version: '0.5.4', architecture: 'Linear', sample_rate: 48000 },
    config: { receptive_field: 3, bias: false },
    weights: [0.5, -0.25, 0.125],
  };

  test("answers as the player does: numbers of NeuralAmpModelerCore's tools/test/test_linear.cpp", () => {
    const y = answers(readNam(file), [[1], [2], [3], [4]]);
    expect(y.map(([v]) => v)).toEqual([0.5, 0.75, 1.125, 1.5]);
  });

  test('has one response and one bias for all channels, whatever the player computes it by', () => {
    const config = { receptive_field: 2, bias: true, in_channels: 2, out_channels: 2 };
    const two = { ...file, config: { ...config, implementation: 'FFT' }, weights: [2, 1, 0.5] };
    const y = answers(readNam(two), [
      [1, 10],
      [2, 20],
    ]);
    expect(y.map(v => [...v])).toEqual([
      [2.5, 20.5],
      [5.5, 50.5],
    ]);
  });

  test('is refused with channels that are made of nothing, or an implementation of another name', () => {
    const changed = (more: object) => ({ ...file, config: { ...file.config, ...more } });
    expect(refusal(() => readNam(changed({ out_channels: 2 })))).toBe(
      'nam.config.out_channels: expected 1, as in_channels, got 2',
    );
    expect(refusal(() => readNam(changed({ implementation: 'gpu' })))).toBe(
      "nam.config.implementation: expected auto, direct or fft, got 'gpu'",
    );
    expect(refusal(() => readNam({ ...file, weights: [1, 2] }))).toContain(
      'nam weights: expected 3',
    );
  });
});

describe('refused is', () => {
  const lstm = named('LSTM').file;
  const wavenet = named('WaveNet').file;
  const newer = named('WaveNet, newer').file;
  const changed = (file: File, more: object) => ({ ...file, config: { ...file.config, ...more } });
  const array = (file: File, more: object, i = 0) => {
    const layers = [...(file.config.layers as object[])];
    layers[i] = { ...layers[i], ...more };
    return changed(file, { layers });
  };
  const at = 'nam.config.layers[0]';
  const files: Readonly<Record<string, readonly [file: unknown, message: string]>> = {
    'no JSON': ['{"architecture"', 'nam: expected JSON, got text that is not'],
    'a version to come': [
      { ...lstm, version: '0.8.0' },
      "nam.version: expected from 0.5.0 to 0.7, got '0.8.0'",
    ],
    'a field of the file that nobody reads': [
      { ...lstm, gain: 2 },
      "nam: expected the fields version, metadata, architecture, config, weights, sample_rate, notes, got 'gain'",
    ],
    'a field of the config that nobody reads': [
      changed(lstm, { dropout: 0.5 }),
      "nam.config: expected the fields input_size, hidden_size, num_layers, in_channels, out_channels, got 'dropout'",
    ],
    'a field of an array that nobody reads': [
      array(wavenet, { skip: true }),
      `${at}: expected the fields`,
    ],
    'a weight too few': [
      { ...lstm, weights: lstm.weights.slice(1) },
      'nam weights: expected 1 for nam.config head from [155] on, got 0',
    ],
    'a weight too many': [
      { ...wavenet, weights: [...wavenet.weights, 0] },
      `nam weights: expected ${wavenet.weights.length}, as config says, got ${wavenet.weights.length + 1}`,
    ],
    'a weight that is no number': [
      { ...lstm, weights: lstm.weights.map((w, i) => (i === 7 ? null : w)) },
      'nam weights: expected finite float32 numbers, got null at [7]',
    ],
    'an activation that NAM lacks': [
      array(wavenet, { activation: 'Mish' }),
      `${at}.activation[0]: expected one of Tanh, `,
    ],
    'an activation with a field that it lacks': [
      array(wavenet, { activation: { type: 'Tanh', alpha: 1 } }),
      `${at}.activation[0]: expected the fields type, got 'alpha'`,
    ],
    'slopes for other channels': [
      array(wavenet, { activation: { type: 'PReLU', negative_slopes: [0.1] } }),
      `${at}.activation[0].negative_slopes: expected [4] (channels 4), got [1]`,
    ],
    'layers of fewer activations': [
      array(wavenet, { activation: ['Tanh'] }),
      `${at}.activation: expected 3, one a layer, got 1`,
    ],
    'two ways to say how it gates': [
      array(wavenet, { gating_mode: 'gated' }),
      `${at}: expected gated or gating_mode, got both`,
    ],
    'a kernel of no size': [
      array(wavenet, { kernel_size: 0 }),
      `${at}.kernel_sizes[0]: expected a whole number from 1 to 65536, got 0`,
    ],
    'an array whose input is of another size': [
      array(wavenet, { input_size: 3 }, 1),
      'nam.config.layers[1].input_size: expected 4, as what comes before, got 3',
    ],
    'a condition of another size': [
      array(wavenet, { condition_size: 2 }),
      `${at}.condition_size: expected 1, as what comes before, got 2`,
    ],
    'groups that do not divide': [
      array(newer, { groups_input: 3 }),
      `${at}[0] conv: expected groups that divide 4 and 6, got 3`,
    ],
    'dilations that need no weights': [
      array(wavenet, { dilations: [65_536, 65_536, 65_536] }),
      `${at}[1] conv: expected at most 1048576 numbers a step, got`,
    ],
    'a layer that the trainer and the player compute otherwise': [
      array(wavenet, { layer1x1: { active: false, groups: 1 } }),
      `${at}.layer1x1.active: expected true, got false; NAM's trainer then adds`,
    ],
    'a modulation that the player leaves out': [
      array(newer, { layer1x1_post_film: { active: true, shift: true, groups: 1 } }),
      `${at}.layer1x1_post_film: expected none but where it blends, got one`,
    ],
    'a condition of another rate': [
      changed(wavenet, { condition_dsp: { ...named('ConvNet').file, sample_rate: 44100 } }),
      'nam.config.condition_dsp.sample_rate: expected 48000, as the network around it, got 44100',
    ],
    'a container of nothing': [
      { ...lstm, architecture: 'SlimmableContainer', config: { submodels: [] }, weights: [] },
      'nam.config.submodels: expected one or more, of a rising max_value up to 1, got 0 others',
    ],
  };

  test.each(Object.entries(files))('%s', (_, [file, message]) => {
    expect(refusal(() => readNam(file as never))).toContain(message);
  });

  test('an option that there is not, and a size beyond 1', () => {
    expect(refusal(() => readNam(lstm, { width: 1 } as never))).toContain('options named size');
    expect(refusal(() => readNam(lstm, { size: 2 }))).toContain('a number from 0 to 1, got 2');
  });
});
