// How long ONNX files of many nodes take to their first answer, each in a process of its own.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const help = `Usage: node test/bench/long-onnx.mjs [--quick]

Makes ONNX files of 1,000 to 4,000 nodes of one kind in a row, and prints for each: bytes, time to
read it, time to the first answer after that, both as the clock and as the processor has it (on a
busy machine the clock says more), what runs it, and how often the 1,000 nodes' processor time
4,000 take. Needs 'npm run build'.

  --quick   200 and 800 nodes, for a look at whether it runs`;

const self = fileURLToPath(import.meta.url);

/** Nodes in a row from x to y; `of` answers the i-th node's operator, inputs and attributes. */
const kinds = {
  MatMul: { of: from => ['MatMul', [from, 'w']], w: [2, 2] },
  'Add of the input': { of: from => ['Add', [from, 'x']] },
  'Add of a vector': { of: from => ['Add', [from, 'v']], v: [2] },
  'Mul by numbers of their own': { of: (from, i) => ['Mul', [from, `s${i}`]], own: true },
  Tanh: { of: from => ['Tanh', [from]] },
  Softmax: { of: from => ['Softmax', [from], { axis: { int: -1 } }] },
  Identity: { of: from => ['Identity', [from]] },
};

const rotation = [0.6, 0.8, -0.8, 0.6];

async function fileOf(kind, count) {
  const { encodeModel } = await import('../../dist/io/onnx/encode.js');
  const { of, w, v, own } = kinds[kind];
  const name = i => (i === 0 ? 'x' : i === count ? 'y' : `n${i}`);
  const nodes = Array.from({ length: count }, (_, i) => {
    const [operator, inputs, attributes] = of(name(i), i);
    return { operator, name: '', inputs, outputs: [name(i + 1)], attributes };
  });
  const tensor = (text, dims, values) => ({ name: text, dims, values: Float32Array.from(values) });
  const initializers = [
    ...(w ? [tensor('w', w, rotation)] : []),
    ...(v ? [tensor('v', v, [1e-4, -1e-4])] : []),
    ...(own ? nodes.map((_, i) => tensor(`s${i}`, [], [1 + i / 1e6])) : []),
  ];
  const inputs = [{ name: 'x', dims: ['steps', 'batch', 2] }];
  return encodeModel({
    name: kind,
    nodes,
    initializers,
    inputs,
    outputs: [{ name: 'y', dims: [] }],
  });
}

/** Milliseconds that `run` takes, by the clock and of the processor. */
function timed(run) {
  const start = performance.now();
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  return { result, clock: performance.now() - start, processor: (user + system) / 1000 };
}

async function measure(kind, count) {
  const { readOnnx } = await import('../../dist/io/onnx/index.js');
  const { backend, stateful } = await import('../../dist/index.js');
  const bytes = await fileOf(kind, count);
  const read = timed(() => readOnnx(bytes));
  const first = timed(() => stateful(read.result)([0.5, -0.25]));
  if (!first.result.every(Number.isFinite)) throw new Error(`${kind}: ${first.result}`);
  const times = ({ clock, processor }) => ({ clock, processor });
  const runs = backend(read.result);
  return { bytes: bytes.length, read: times(read), first: times(first), runs };
}

const [option = '', kind, count] = process.argv.slice(2);
if (option === '--help') console.log(help);
else if (option === '--one') console.log(JSON.stringify(await measure(kind, Number(count))));
else {
  const counts = option === '--quick' ? [200, 800] : [1000, 3000, 4000];
  const ms = ({ clock, processor }) => `${clock.toFixed()} ms (processor ${processor.toFixed()})`;
  for (const name of Object.keys(kinds)) {
    const found = counts.map(number =>
      JSON.parse(execFileSync(process.execPath, [self, '--one', name, `${number}`])),
    );
    console.log(name);
    for (const [i, { bytes, read, first, runs }] of found.entries()) {
      const figures = `read ${ms(read)}, first answer ${ms(first)}, ${runs}`;
      console.log(`  ${counts[i]} nodes, ${bytes} bytes: ${figures}`);
    }
    const total = ({ read, first }) => read.processor + first.processor;
    const times = total(found[found.length - 1]) / total(found[0]);
    console.log(
      `  ${counts[counts.length - 1] / counts[0]} × the nodes: ${times.toFixed(1)} × the time`,
    );
  }
}
