import {
  type FileKind,
  otherKinds,
  type ReadableKind,
  readable,
  torchKinds,
} from './file-kinds.js';
import { fieldNames, quoted } from './json.js';
import { jsonKind } from './json-kind.js';
import { zipNames } from './zip-names.js';

/** Bytes that are looked at, but for a zip's names and JSON's fields. */
const headLength = 4096;
/** A pickle's names are looked for in so many bytes of a file. */
const pickleLength = 2 ** 18;

type Kind = FileKind | ReadableKind;

/** What files have at a place. */
const magics: readonly (readonly [at: number, text: string, kind: Kind])[] = [
  [0, '\x93NUMPY', readable.npy],
  [0, '\x89HDF\r\n\x1a\n', readable.hdf5],
  // A pickle of the number 0x1950a86a20f9469cfc6c, which others follow.
  [0, '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80', torchKinds.legacy],
  [0, '\x1f\x8b', otherKinds.gzip],
  [0, 'BZh', otherKinds.bzip2],
  [0, '\xfd7zXZ\0', otherKinds.xz],
  [0, '\x28\xb5\x2f\xfd', otherKinds.zstd],
  [0, '7z\xbc\xaf\x27\x1c', otherKinds.sevenZip],
  [4, 'TFL3', otherKinds.tflite],
  [4, 'ORTM', otherKinds.ort],
  // A length of the header below 2³², and the header.
  [4, '\0\0\0\0{', readable.safetensors],
  [0, 'GGUF', otherKinds.gguf],
  [0, 'MATLAB 5.0 MAT-file', otherKinds.matlab],
  [0, 'version https://git-lfs', otherKinds.lfs],
];

const texts: readonly (readonly [RegExp, Kind])[] = [
  [/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)[\s>]/i, otherKinds.html],
  [/^(\xef\xbb\xbf)?\s*<([?!]?[a-z]|!--)/i, otherKinds.xml],
  [/^(c[\w.]+\n\w+\n|\(dp?\d*\n)/, otherKinds.pickle],
];

/** What the bytes of a file are, as far as they tell; undefined for others. */
export function kindOf(bytes: Uint8Array): Kind | undefined {
  if (bytes.length === 0) return otherKinds.empty;
  const head = latin1(bytes.subarray(0, headLength));
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return zipKind(bytes);
  const magic = magics.find(([at, text]) => head.startsWith(text, at));
  if (magic) return magic[2];
  const text = texts.find(([pattern]) => pattern.test(head));
  if (text) return text[1];
  if (/^(\xef\xbb\xbf)?\s*\{/.test(head)) return jsonKind(fieldNames(latin1(bytes)));
  if (head.startsWith('ustar', 257)) return tarKind(head);
  return binaryKind(bytes) ?? plainText(bytes);
}

/** What has no text at its beginning, but bytes of a meaning. */
function binaryKind(bytes: Uint8Array): Kind | undefined {
  const [first, second, third] = bytes;
  if (first === 0x80 && second >= 2 && second <= 5) return otherKinds.pickle;
  // Protocol buffers: a version, and a field of bytes or, in ONNX, the version of the model.
  const isVersion = first === 0x08 && second > 0 && second < 0x20;
  if (isVersion && third === 0x12 && isSavedModel(bytes)) return otherKinds.savedModel;
  if (isVersion && (third % 8 === 2 || third === 0x28) && third < 0x48) return readable.onnx;
  return bytes.length >= 64 && bytes.every(byte => byte === 0) ? otherKinds.zeros : undefined;
}

/** True where the second field is a message with a message in it; ONNX has the producer's name. */
function isSavedModel(bytes: Uint8Array): boolean {
  let at = 3;
  while (bytes[at] >= 0x80) at++;
  return bytes[1] === 1 && bytes[at + 1] === 0x0a;
}

/** Text in UTF-8, whose beginning tells more than its kind. */
function plainText(bytes: Uint8Array): Kind | undefined {
  let head: string;
  try {
    // The last character may be cut in two.
    const decoder = new TextDecoder('utf-8', { fatal: true });
    head = decoder.decode(bytes.slice(0, headLength), { stream: true }).trimStart();
  } catch {
    return undefined;
  }
  const [first] = head.split(/[\r\n]/);
  if (first === '' || /[^\t\P{C}]/u.test(first)) return undefined;
  return { what: `text (${quoted(first.length > 24 ? `${first.slice(0, 24)}…` : first)})` };
}

function tarKind(head: string): Kind {
  const first = head.slice(0, head.indexOf('\0'));
  const isTorch = ['sys_info', 'pickle', 'storages', 'tensors'].includes(first);
  return isTorch ? torchKinds.tar : otherKinds.tar;
}

/** A zip by what is in it. */
function zipKind(bytes: Uint8Array): Kind {
  const names = zipNames(bytes);
  const some = (pattern: RegExp) => names.some(name => pattern.test(name));
  if (some(/(^|\/)(archive_format|serialized_exported_program\.json)$/)) return torchKinds.exported;
  if (some(/(^|\/)constants\.pkl$/)) return torchKinds.script;
  if (some(/(^|\/)data\.pkl$/)) return pickleKind(latin1(bytes.subarray(0, pickleLength)));
  if (some(/^(config|metadata)\.json$/) || some(/^model\.weights\./)) return readable.keras;
  if (some(/(^|\/)saved_model\.pb$/)) return otherKinds.savedModel;
  if (some(/\.npy$/)) return readable.npz;
  const shown = names.slice(0, 3).map(quoted).join(', ') || 'nothing';
  const what = `a zip archive of ${shown}${names.length > 3 ? ' and others' : ''}`;
  return { what, remedy: 'unpack it', lines: ['unzip net.zip'] };
}

/** What torch.save wrote, by the names that its pickle has. */
function pickleKind(text: string): Kind {
  // BINUNICODE and a length of ten.
  if (text.includes('X\n\0\0\0state_dict')) return torchKinds.checkpoint;
  const classes = [...text.matchAll(/c([a-zA-Z_][\w.]*)\n[a-zA-Z_]\w*\n/g)];
  return classes.every(([, module]) => ofData.test(module)) ? torchKinds.zip : torchKinds.module;
}

/** Modules whose classes hold data. */
const ofData =
  /^(collections|torch(\.(_utils|_tensor|storage|serialization))?|numpy(\.\w+)*|_codecs|builtins)$/;

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}
