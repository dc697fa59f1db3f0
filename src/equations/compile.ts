import { ConstantPool, type Emitter, emitter } from '../kernels/wasm/emitter.js';
import {
  assemble,
  below,
  bits,
  type Code,
  FunctionBuilder,
  f32x4,
  firstLanes,
  get,
  give,
  i32,
  load,
  minus,
  plus,
  repeat,
  same,
  set,
  when,
} from '../kernels/wasm/module.js';
import { groupBytes, type LayerPlan, type MemoryPlan, type Place } from './memory-plan.js';
import { type EachStream, type Part, prepareCode, stageCode } from './stage-code.js';

/** Parameters of every function: blocks of states to read and to write, in bytes, and a count. */
const [now, next, spare, count] = [0, 1, 2, 3];

/** A model's machine code. */
export interface CompiledCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the memory begins with, each number four times. */
  readonly constants: readonly number[];
}

/** A module's functions: what one stream's step needs, and what many need. */
export type FunctionName = 'prepare' | 'step' | 'streams' | 'steps';
const everything: readonly FunctionName[] = ['prepare', 'step', 'streams', 'steps'];

/**
 * Compiles a model to a WebAssembly module with the functions `prepare`, once the parameters are
 * in place; `step`, one stream one step; `streams`, `count` streams one step; `steps`, one stream
 * `count` steps, with a second block to write to in turn. They answer 0, or the index of the layer
 * whose input was not finite. Constants are added to those in `pool`.
 */
export function compile(
  plan: MemoryPlan,
  relaxed: boolean,
  names = everything,
  pool = new ConstantPool(),
): CompiledCode {
  const build = (codeOf: (e: Emitter) => Code) => {
    const fn = new FunctionBuilder();
    return fn.body([codeOf(emitter(fn, pool, relaxed)), i32(0)]);
  };
  const { layers, block } = plan;
  const inTurn = (codeOf: (e: Emitter, layer: LayerPlan) => Code, many: boolean) =>
    build(e =>
      layers.map((layer, i) => [
        codeOf(e, layer),
        layers[i + 1] ? checkFinite(e, layer, i + 1, many) : [],
      ]),
    );
  const functions: Readonly<Record<FunctionName, () => Code>> = {
    prepare: () => build(e => layers.map(layer => prepareCode(e, layer))),
    step: () => inTurn(oneStep, false),
    streams: () => inTurn((e, layer) => manyStreams(e, layer, block), true),
    steps: () =>
      inTurn(
        (e, layer) => (layer.states.length ? manySteps(e, layer) : manyStreams(e, layer, block)),
        true,
      ),
  };
  const bytes = assemble(Object.fromEntries(names.map(name => [name, functions[name]()])));
  return { bytes, constants: pool.values };
}

const whole: Part = { from: 'biases', to: 'end' };

const pointer = (local: number, stride = 0): Place => ({ local, at: 0, stride });

function oneStep(e: Emitter, layer: LayerPlan): Code {
  const places = { ...layer, now: pointer(now), next: pointer(next) };
  return layer.stages.map(stage => stageCode(e, layer, stage, places, whole));
}

/** Does a part of each stage for `count` streams. */
function manyStreams(e: Emitter, layer: LayerPlan, block: number, part = whole): Code {
  const left = e.fn.number();
  const moving = movingPlaces(e, {
    input: layer.input,
    output: layer.output,
    scratch: layer.scratch,
    sums: layer.sums,
    now: pointer(now, block),
    next: pointer(next, block),
  });
  const each: EachStream = body => [
    moving.begin,
    set(left, get(count)),
    repeat([body, moving.advance, set(left, minus(get(left), i32(1)))], get(left)),
  ];
  return layer.stages.map(stage => stageCode(e, layer, stage, moving.places, part, each));
}

/** Places behind pointers that move from stream to stream. */
function movingPlaces<P extends Readonly<Record<string, Place>>>(e: Emitter, from: P) {
  const own = Object.entries(from).map(([name, place]) => ({ name, place, local: e.fn.number() }));
  return {
    places: Object.fromEntries(own.map(({ name, local }) => [name, pointer(local)])) as {
      [K in keyof P]: Place;
    },
    begin: own.map(({ place: { local, at }, local: to }) =>
      set(to, local === undefined ? i32(at) : get(local)),
    ),
    advance: own.map(({ place, local }) => set(local, plus(get(local), i32(place.stride)))),
  };
}

/** `count` steps of one stream: the products of all inputs first, then the rest step by step. */
function manySteps(e: Emitter, layer: LayerPlan): Code {
  const [from, to, left, kept] = [0, 0, 0, 0].map(() => e.fn.number());
  const { input, output, sums } = layer;
  const moving = movingPlaces(e, { input, output, sums });
  const places = { ...layer, ...moving.places, now: pointer(from), next: pointer(to) };
  const rest: Part = { from: 'sums', to: 'end' };
  // The first step writes to `next`; then that and `spare` take turns.
  const turn = [
    set(kept, get(from)),
    set(from, get(to)),
    set(to, get(kept)),
    when(same(get(kept), get(now)), set(to, get(spare))),
  ];
  return [
    manyStreams(e, layer, 0, { from: 'biases', to: 'sums' }),
    [moving.begin, set(from, get(now)), set(to, get(next)), set(left, get(count))],
    repeat(
      [
        layer.stages.map(stage => stageCode(e, layer, stage, places, rest)),
        [moving.advance, turn, set(left, minus(get(left), i32(1)))],
      ],
      get(left),
    ),
  ];
}

/** Returns `index` where an output of the layer is not finite, for it is the next one's input. */
function checkFinite(e: Emitter, { output, spec }: LayerPlan, index: number, many: boolean): Code {
  const { plan } = spec.definition;
  const size = spec.sizes[plan.nodes[plan.output].dimension];
  const [at, end, left] = [0, 0, 0].map(() => e.fn.number());
  const odd = e.fn.vector();
  const rest = size % 4;
  /** v − v is 0, or NaN, which has bits. */
  const gather = (value: Code) => {
    const [keep, v] = e.keep(value);
    return [keep, set(odd, bits.or(get(odd), f32x4.subtract(v, v))), advance];
  };
  const advance = set(at, plus(get(at), i32(groupBytes)));
  const wholes = [
    set(end, plus(get(at), i32((size - rest) * 4))),
    repeat(gather(load(get(at), 0)), below(get(at), get(end))),
  ];
  return [
    set(at, i32(output.at)),
    set(left, many ? get(count) : i32(1)),
    repeat(
      [
        size < 4 ? [] : wholes,
        rest ? gather(firstLanes(load(get(at), 0), rest)) : [],
        set(left, minus(get(left), i32(1))),
      ],
      get(left),
    ),
    when(bits.any(get(odd)), give(i32(index))),
  ];
}
