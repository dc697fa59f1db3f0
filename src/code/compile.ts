import { ConstantPool, type Emitter, emitter } from '../kernels/wasm/emitter.js';
import {
  assemble,
  below,
  bits,
  type Code,
  FunctionBuilder,
  type FunctionCode,
  f32x4,
  firstLanes,
  flat,
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
import type { Places } from './elementwise.js';
import { groupBytes, type MemoryPlan, type UnitPlan } from './memory-plan.js';
import { type Place, scratch, weights } from './places.js';
import { type EachStream, type Part, prepareCode, stageCode } from './stage-code.js';
import { checkedBefore, isEquations, modelInput, outputSize } from './units.js';

/**
 * Parameters of the functions, in this order: addresses of the weights, of scratch and of blocks of
 * states to read and to write, in bytes, a count, and another block to write to.
 */
const [now, next, count, spare] = [scratch + 1, scratch + 2, scratch + 3, scratch + 4];
const parameters: Readonly<Record<FunctionName, number>> = {
  prepare: weights + 1,
  step: next + 1,
  streams: count + 1,
  steps: spare + 1,
};

/** A model's machine code. */
export interface CompiledCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the weights begin with, each number four times. */
  readonly constants: readonly number[];
}

/** A module's functions: what one stream's step needs, and what many need. */
export type FunctionName = 'prepare' | 'step' | 'streams' | 'steps';
const everything: readonly FunctionName[] = ['prepare', 'step', 'streams', 'steps'];

/**
 * Compiles a model to a WebAssembly module with the functions `prepare`, once the weights are
 * packed; `step`, one stream one step; `streams`, `count` streams one step; `steps`, one stream
 * `count` steps, with a second block to write to in turn. They answer 0, or which
 * unit, from 1, has an input that it cannot take. Constants are added to those in `pool`.
 */
export function compile(
  plan: MemoryPlan,
  relaxed: boolean,
  names = everything,
  pool = new ConstantPool(),
): CompiledCode {
  const { units, block } = plan;
  const shapes = units.map(({ unit }) => unit);
  const checked = checkedBefore(shapes);
  /** A function of all units' code: the same locals for each, and bytes before the next begins. */
  const build = (name: FunctionName, codeOf: (e: Emitter, own: UnitPlan, i: number) => Code) => {
    const fn = new FunctionBuilder(parameters[name]);
    const e = emitter(fn, pool, relaxed, get(weights));
    const bytes = units.map((own, i) => {
      fn.reuse();
      return flat(codeOf(e, own, i));
    });
    return fn.body([bytes, i32(0)]);
  };
  const inTurn = (name: FunctionName, codeOf: (e: Emitter, own: Own) => Code) =>
    build(name, (e, own, i) => [
      i === 0 && name === 'step' ? checkFinite(e, plan.input, modelInput(shapes), 1, false) : [],
      checked[i].map(u =>
        checkFinite(e, units[u].output, outputSize(shapes[u].spec), i + 1, name !== 'step'),
      ),
      codeOf(e, { ...own, refusal: i + 1 }),
    ]);
  const functions: Readonly<Record<FunctionName, () => FunctionCode>> = {
    prepare: () => build('prepare', (e, { layer }) => (layer ? prepareCode(e, layer) : [])),
    step: () => inTurn('step', oneStep),
    streams: () => inTurn('streams', (e, own) => manyStreams(e, own, block)),
    steps: () =>
      inTurn('steps', (e, own) =>
        own.states.length ? manySteps(e, own) : manyStreams(e, own, block),
      ),
  };
  const bytes = assemble(Object.fromEntries(names.map(name => [name, functions[name]()])));
  return { bytes, constants: pool.values };
}

const whole: Part = { from: 'biases', to: 'end' };

const pointer = (local: number, stride = 0): Place => ({ local, at: 0, stride });

/** A unit, and what the function answers where its input is refused. */
interface Own extends UnitPlan {
  readonly refusal: number;
}

function oneStep(e: Emitter, own: Own): Code {
  return unitCode(e, own, { ...placesOf(own), now: pointer(now), next: pointer(next) });
}

/** The places that a unit has one of for each stream, or step; what moves reads from `i0`, `i1`, … */
function placesOf({ inputs, output, layer }: UnitPlan): Record<string, Place> {
  if (layer) return { input: layer.input, output, scratch: layer.scratch, sums: layer.sums };
  return { ...Object.fromEntries(inputs.map((place, k) => [`i${k}`, place])), output };
}

/** The code of a unit for one stream, or what `each` makes of it; `part` is of equations. */
function unitCode(
  e: Emitter,
  own: Own,
  places: Record<string, Place>,
  part = whole,
  each: EachStream = body => body,
): Code {
  const { layer, unit, inputs } = own;
  const { now, next, output } = places;
  if (layer) {
    const all = places as unknown as Places;
    return layer.stages.map(stage => stageCode(e, layer, stage, all, part, each));
  }
  const from = inputs.map((_, k) => places[`i${k}`]);
  const { spec } = unit;
  if (isEquations(spec)) return [];
  const {
    states: [state = 0],
    table,
    refusal,
  } = own;
  return each(spec.code(e, { inputs: from, output, now, next, state, table, refusal }));
}

/** Does a part of each stage for `count` streams. */
function manyStreams(e: Emitter, own: Own, block: number, part = whole): Code {
  const left = e.fn.number();
  const moving = movingPlaces(e, {
    ...placesOf(own),
    now: pointer(now, block),
    next: pointer(next, block),
  });
  const each: EachStream = body => [
    moving.begin,
    set(left, get(count)),
    repeat([body, moving.advance, set(left, minus(get(left), i32(1)))], get(left)),
  ];
  return unitCode(e, own, moving.places, part, each);
}

/** Where a place is. */
const addressOf = ({ local, at }: Place): Code => (at ? plus(get(local), i32(at)) : get(local));

/** Places behind pointers that move from stream to stream. */
function movingPlaces<P extends Readonly<Record<string, Place>>>(e: Emitter, from: P) {
  const own = Object.entries(from).map(([name, place]) => ({ name, place, local: e.fn.number() }));
  return {
    places: Object.fromEntries(own.map(({ name, local }) => [name, pointer(local)])) as {
      [K in keyof P]: Place;
    },
    begin: own.map(({ place, local: to }) => set(to, addressOf(place))),
    advance: own.map(({ place, local }) => set(local, plus(get(local), i32(place.stride)))),
  };
}

/** `count` steps of one stream: the products of all inputs first, then the rest step by step. */
function manySteps(e: Emitter, own: Own): Code {
  const [from, to, left, kept] = [0, 0, 0, 0].map(() => e.fn.number());
  const { layer } = own;
  const { scratch: room, ...others } = placesOf(own);
  const moving = movingPlaces(e, others);
  // One step's scratch is room for the next one's.
  const places = {
    ...moving.places,
    ...(room && { scratch: room }),
    now: pointer(from),
    next: pointer(to),
  };
  const rest: Part = { from: 'sums', to: 'end' };
  // The first step writes to `next`; then that and `spare` take turns.
  const turn = [
    set(kept, get(from)),
    set(from, get(to)),
    set(to, get(kept)),
    when(same(get(kept), get(now)), set(to, get(spare))),
  ];
  return [
    layer ? manyStreams(e, own, 0, { from: 'biases', to: 'sums' }) : [],
    [moving.begin, set(from, get(now)), set(to, get(next)), set(left, get(count))],
    repeat(
      [unitCode(e, own, places, rest), [moving.advance, turn, set(left, minus(get(left), i32(1)))]],
      get(left),
    ),
  ];
}

/** Returns `index`, the unit that reads it, where a vector of so many numbers is not finite. */
function checkFinite(e: Emitter, from: Place, size: number, index: number, many: boolean): Code {
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
    set(odd, e.constant(0)),
    set(at, addressOf(from)),
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
