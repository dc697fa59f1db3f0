/** Formats that `convert` writes. */
export const targets = ['rxrecur', 'pytorch', 'onnx'] as const;
export type Target = (typeof targets)[number];

/** The format that a file's ending tells, if it does. */
export function targetOfName(path: string): Target | undefined {
  if (/\.onnx$/i.test(path)) return 'onnx';
  return /\.safetensors$/i.test(path) ? 'rxrecur' : undefined;
}
