import { printable } from '../json.js';
import { UnreadableError } from '../unreadable.js';
import { comparedWith } from './control-inputs.js';
import type { OnnxOptions } from './inputs.js';
import { mostCandidates, openAxes, type Question } from './open-axes.js';
import type { GraphProto } from './proto.js';
import type { OnnxModel } from './read-sequences.js';

/** A file may be read so often to find the only values that work. */
const mostAttempts = 48;

/**
 * A file that was refused, with the only values that work for what it leaves open: inputs that it
 * does nothing but compare with constants, and the size of one axis. Throws `refused` where there
 * are none, and names them where there are several.
 */
export function withOnlyValues(
  graph: GraphProto,
  options: OnnxOptions,
  read: (options: OnnxOptions) => OnnxModel,
  refused: UnreadableError,
): OnnxModel {
  // A size would make windows of sequences that are refused for another reason.
  const isOpen = refused.problems.every(({ why }) => /see the option|inputs beside/.test(why));
  const { dims, lengths, isUnnamed } = isOpen
    ? openAxes(graph, options)
    : { dims: {}, lengths: [], isUnnamed: false };
  const begun = { ...options, ...(Object.keys(dims).length && { dims }) };
  const questions = [...choicesOf(graph, options), ...lengths];
  if (questions.length === 0 && !isUnnamed) throw refused;
  let left = mostAttempts;
  const works = (values: readonly number[]): OnnxModel | undefined => {
    if (left-- <= 0) throw refused;
    try {
      const all = questions.reduce((own, q, i) => q.answered(own, values[i]), begun);
      const model = read(all);
      // An axis without a name is a batch's where states go beside it.
      return isUnnamed && !model.states?.length ? undefined : model;
    } catch (error) {
      if (error instanceof UnreadableError) return undefined;
      throw error;
    }
  };
  const found = combinations(questions.map(({ candidates }) => candidates)).flatMap(values => {
    const model = works(values);
    return model ? [{ values, model }] : [];
  });
  const texts = (values: readonly number[]) => questions.map((q, i) => q.text(values[i]));
  if (found.length === 1) {
    const [{ values, model }] = found;
    const rival = rivalsOf(questions, values).find(works);
    if (!rival) return { ...model, found: texts(values) };
    found.push({ values: rival, model });
  }
  if (found.length === 0) throw refused;
  const shown = found.slice(0, 8).map(({ values }) => `{ ${texts(values).join(', ')} }`);
  const more = found.length > 8 ? ' and more' : '';
  const why = `sizes or choices of which several work, ${shown.join(' and ')}${more}`;
  const hint = 'say which the network was made for, by the options inputs and dims';
  const problem = { where: 'graph', why: `${why}: ${hint}` };
  throw new UnreadableError('ONNX', [problem, ...refused.problems]);
}

function combinations(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>(
    (all, list) => all.flatMap(own => list.map(v => [...own, v])),
    [[]],
  );
}

function rivalsOf(questions: readonly Question[], values: readonly number[]): number[][] {
  return questions.flatMap((question, i) =>
    question.rivals(values[i]).map(rival => values.map((v, k) => (k === i ? rival : v))),
  );
}

/** Inputs that the graph only compares with constants. */
function choicesOf(graph: GraphProto, { inputs = {}, initializers = {} }: OnnxOptions): Question[] {
  const own = new Set(graph.initializers.map(({ name }) => name));
  return graph.inputs.flatMap((input): Question[] => {
    const { name } = input;
    const isGiven = Object.hasOwn(inputs, name) || Object.hasOwn(initializers, name);
    if (own.has(name) || isGiven) return [];
    const compared = comparedWith(graph, input);
    if (!compared || compared.length > mostCandidates) return [];
    const isIdle = compared.length === 0;
    const candidates = isIdle ? [0] : compared;
    return [
      {
        candidates,
        text: value =>
          isIdle
            ? `inputs: { ${printable(name)}: any number }`
            : `inputs: { ${printable(name)}: ${value} }`,
        rivals: () => [],
        answered: (options, value) => ({
          ...options,
          inputs: { ...options.inputs, [name]: value },
        }),
      },
    ];
  });
}
