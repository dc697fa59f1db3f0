import { type Layout, layouts } from '../../src/io/layouts.js';

const names: Readonly<Record<keyof typeof layouts, string>> = {
  torch: 'PyTorch, rxrecur',
  keras: 'Keras, TensorFlow.js',
  onnx: 'ONNX',
  rtneural: 'RTNeural, AIDA-X',
  guitarml: 'GuitarML, Proteus',
};

/** docs/layouts.md: the table that the readers and writers use. */
export function layoutsPage(): string {
  return `${[intro, table(), words(), outro].join('\n\n')}\n`;
}

const intro = `# Layouts

<!-- Printed from src/io/layouts.ts: npx vitest run --config test/vitest.config.ts test/docs/layouts -u -->

This table shows how each framework stores the weights of recurrent layers. The readers and writers
use it, so you need it only if you copy weights by hand
([parameters](parameters.md#from-other-frameworks)). The gates have the library's letters:
LSTM \`i\` input, \`f\` forget, \`g\` candidate, \`o\` output; GRU \`r\` reset, \`z\` update,
\`n\` candidate.`;

function table(): string {
  const rows = Object.entries(layouts as Readonly<Record<string, Layout>>).map(([key, layout]) => {
    const { lstm, gru, transposed, resetGate } = layout;
    const matrices = transposed ? '`[input, gates·hidden]`' : '`[gates·hidden, input]`';
    const cells = [
      names[key as keyof typeof names],
      letters(lstm),
      letters(gru),
      matrices,
      resetGate,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = [
    '| | LSTM | GRU | matrices | reset gate, unless the file says |',
    '| --- | --- | --- | --- | --- |',
  ];
  return [...head, ...rows].join('\n');
}

function letters(order: string): string {
  return `\`${[...order].join(' ')}\``;
}

function words(): string {
  const rows = Object.entries(layouts as Readonly<Record<string, Layout>>).map(([key, layout]) => {
    return `| ${names[key as keyof typeof names]} | ${layout.letters} |`;
  });
  return ["In each framework's own terms:\n", '| | |', '| --- | --- |', ...rows].join('\n');
}

const outro = `The reset gate acts after the product, \`n = φ(W_n x + r * (U_n h))\`, or before it,
\`n = φ(W_n x + U_n (r * h))\`. In all of them \`h' = (1 - z) * n + z * h\`.

PyTorch and ONNX have two biases. Keras has one, but two rows for a GRU with \`reset_after\`. ONNX stacks
peepholes as \`i o f\`, and its output gate sees the new cell state. The hard sigmoid of Keras 2,
TensorFlow.js and ONNX is clip(0.2 x + 0.5); in Keras 3 and PyTorch it is clip(x / 6 + 0.5).`;
