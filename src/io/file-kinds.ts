/** What a file is, told by its first bytes, and what makes it readable. */
export interface FileKind {
  /** As messages say it: `a zip archive`. */
  readonly what: string;
  /** What to do, in words; the lines follow it. */
  readonly remedy?: string;
  /** Lines to type. */
  readonly lines?: readonly string[];
}

/** A kind that a reader reads. */
export interface ReadableKind extends FileKind {
  readonly format: FileFormat;
}

export type FileFormat =
  | 'safetensors'
  | 'keras'
  | 'hdf5'
  | 'onnx'
  | 'npy'
  | 'npz'
  | 'tfjs'
  | 'rtneural'
  | 'guitarml'
  | 'nam';

/** The formats that are read, as messages call them, and who reads them. */
export const readable: Readonly<Record<FileFormat, ReadableKind>> = {
  safetensors: kind('safetensors', 'a safetensors file', 'load or readSafetensors reads it'),
  keras: kind('keras', 'a .keras archive', 'readKeras reads it'),
  hdf5: kind('hdf5', 'an HDF5 file', "readKeras reads Keras's .h5, readKerasWeights weights alone"),
  onnx: kind('onnx', 'an ONNX file', 'readOnnx reads it'),
  npy: kind('npy', "NumPy's array (.npy)", 'readNpy reads it: parameters without a network'),
  npz: kind('npz', "NumPy's arrays (.npz)", 'readNpz reads it: parameters without a network'),
  tfjs: kind('tfjs', "TensorFlow.js's model.json", 'readTfjs reads it, with its shards'),
  rtneural: kind('rtneural', "RTNeural's JSON", 'readRtneural reads it'),
  guitarml: kind('guitarml', "GuitarML's JSON", 'readGuitarMl reads it'),
  nam: kind('nam', 'a model of Neural Amp Modeler (.nam)', 'readNam reads it'),
};

function kind(format: FileFormat, what: string, remedy: string): ReadableKind {
  return { format, what, remedy };
}

const intoSafetensors = 'import torch; from safetensors.torch import save_file';
const pickled = 'a pickle is a program and is not run; in Python';
const save = (tensors: string) => `save_file(${tensors}, 'net.safetensors')`;
const stateDictLines = [intoSafetensors, save("torch.load('net.pt', weights_only=True)")];

/** Files of PyTorch. */
export const torchKinds = {
  zip: {
    what: 'a file of torch.save (a zip with a pickle)',
    remedy: pickled,
    lines: stateDictLines,
  },
  legacy: {
    what: 'a file of torch.save before PyTorch 1.6 (a pickle)',
    remedy: pickled,
    lines: stateDictLines,
  },
  module: {
    what: 'a whole module of torch.save (a zip with a pickle)',
    remedy: 'a pickle is a program: only if you trust it, and beside its classes, in Python',
    lines: [intoSafetensors, save("torch.load('net.pt', weights_only=False).state_dict()")],
  },
  checkpoint: {
    what: 'a checkpoint of torch.save (a zip with a pickle)',
    remedy: pickled,
    lines: [intoSafetensors, save("torch.load('net.pt', weights_only=True)['state_dict']")],
  },
  tar: {
    what: 'a file of torch.save before PyTorch 0.2 (a tar)',
    remedy: pickled,
    lines: stateDictLines,
  },
  script: {
    what: 'a TorchScript archive',
    remedy: 'it is a program and is not run; in Python',
    lines: [intoSafetensors, save("torch.jit.load('net.pt').state_dict()")],
  },
  exported: {
    what: 'a program of torch.export (.pt2)',
    remedy: 'it is a program and is not run; in Python',
    lines: [intoSafetensors, save("dict(torch.export.load('net.pt2').state_dict)")],
  },
} as const satisfies Readonly<Record<string, FileKind>>;

const convertToOnnx = [
  'pip install tf2onnx',
  'python -m tf2onnx.convert --saved-model saved_model --output net.onnx',
];
const fromKeras = "save it anew from Keras: model.save('net.keras')";

const unfinished = 'its download has not finished, or its writer failed';

/** Other files that people have at hand. */
export const otherKinds = {
  empty: { what: 'an empty file', remedy: unfinished },
  zeros: { what: 'nothing but zeros', remedy: unfinished },
  pickle: {
    what: "Python's pickle",
    remedy: pickled,
    lines: [
      'import pickle; from safetensors.numpy import save_file',
      save("pickle.load(open('net.pkl', 'rb'))"),
    ],
  },
  lfs: {
    what: 'a pointer of Git LFS, not the file itself',
    remedy: 'in its repository',
    lines: ['git lfs install', 'git lfs pull'],
  },
  html: {
    what: 'a web page, not the file itself',
    remedy: 'take the link of the file: /resolve/ on Hugging Face, /raw/ on GitHub, not /blob/',
    lines: [
      'curl -L -o net.safetensors https://huggingface.co/OWNER/NAME/resolve/main/net.safetensors',
      'curl -L -o net.safetensors https://github.com/OWNER/NAME/raw/main/net.safetensors',
    ],
  },
  xml: { what: 'XML' },
  gzip: { what: 'a gzip file', remedy: 'unpack it', lines: ['gunzip -k net.gz'] },
  bzip2: { what: 'a bzip2 file', remedy: 'unpack it', lines: ['bunzip2 -k net.bz2'] },
  xz: { what: 'an xz file', remedy: 'unpack it', lines: ['unxz -k net.xz'] },
  zstd: { what: 'a zstd file', remedy: 'unpack it', lines: ['unzstd net.zst'] },
  sevenZip: { what: 'a 7z archive', remedy: 'unpack it', lines: ['7z x net.7z'] },
  tar: { what: 'a tar archive', remedy: 'unpack it', lines: ['tar -xf net.tar'] },
  tflite: { what: 'a TensorFlow Lite model (.tflite)', remedy: fromKeras },
  ort: {
    what: "a model in onnxruntime's own format (.ort)",
    remedy: 'take the .onnx it is made from',
  },
  gguf: { what: 'a GGUF file of a language model', remedy: 'such networks do not run here' },
  matlab: {
    what: "MATLAB's file (.mat)",
    remedy: 'in Python',
    lines: [
      'import scipy.io; from safetensors.numpy import save_file',
      save("{k: v for k, v in scipy.io.loadmat('net.mat').items() if k[0] != '_'}"),
    ],
  },
  savedModel: {
    what: "TensorFlow's SavedModel",
    remedy: 'as ONNX it is read',
    lines: convertToOnnx,
  },
} as const satisfies Readonly<Record<string, FileKind>>;

/** JSON that is no model, or none that is read, by fields that it has. */
export const jsonKinds: readonly (FileKind & { readonly fields: readonly string[] })[] = [
  {
    fields: ['class_name', 'config'],
    what: 'a config of Keras without weights',
    remedy: 'readKerasWeights takes it, with the file of the weights',
  },
  {
    fields: ['weight_map'],
    what: 'the index of several safetensors files',
    remedy: 'readStateDict takes the tensors of all: { ...readSafetensors(first).tensors, … }',
  },
  {
    fields: ['format', 'backend', 'layer', 'state'],
    what: 'a state of a model, not the model',
    remedy: 'the option restore takes it, and --state of rxrecur run',
  },
];
