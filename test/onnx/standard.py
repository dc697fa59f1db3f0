"""Writes src/io/onnx/standard.ts: inputs and attributes of ONNX's operators, by operator set.

    pip install onnx && python3 test/onnx/standard.py
    python3 test/onnx/standard.py --check    # fails if the file is not what ONNX says

Which operators: those that the file lists, `Abs: ...` at the beginning of a line.
"""

import re
import sys
import textwrap
from pathlib import Path

import onnx
from onnx import defs

FILE = Path(__file__).parents[2] / 'src' / 'io' / 'onnx' / 'standard.ts'
MANY = 2 ** 31 - 1
HEAD = """/** The newest operator set of the table: that of ONNX %s. */
export const newestSet = %d;

/**
 * Inputs and attributes of ONNX's operators that are read here, as the standard has them; written
 * by test/onnx/standard.py. `inputs 1-10 1` is one input in operator sets 1 to 10, `inputs 11- 1-3`
 * one to three from set 11 on; `axis 4- int!` is an integer that has to be there.
 */
export const standard = `
"""


def spans(name, versions):
    """`(set, text or None)` in order as `name 1-3 text`, `name 4- text`; None: it is not there."""
    parts = []
    for start, text in versions:
        if not parts or parts[-1][1] != text:
            parts.append((start, text))
    ends = [start - 1 for start, _ in parts[1:]] + ['']
    return [f'{name} {start}-{end} {text}' for (start, text), end in zip(parts, ends) if text]


def inputs_of(schema):
    least, most = schema.min_input, schema.max_input
    return str(least) if least == most else f'{least}-{"" if most == MANY else most}'


def type_of(schema, name):
    attribute = schema.attributes.get(name)
    if attribute is None:
        return None
    kind = str(attribute.type).split('.')[-1].lower()
    return kind + ('!' if attribute.required else '')


def entry(operator):
    schemas = sorted(
        (s for s in defs.get_all_schemas_with_history() if s.domain == '' and s.name == operator),
        key=lambda s: s.since_version)
    names = sorted({name for schema in schemas for name in schema.attributes})
    items = spans('inputs', [(s.since_version, inputs_of(s)) for s in schemas])
    for name in names:
        items += spans(name, [(s.since_version, type_of(s, name)) for s in schemas])
    text = f'{operator}: ' + ', '.join(items)
    return '\n'.join(textwrap.wrap(text, 100, subsequent_indent='  ', break_on_hyphens=False))


def main():
    before = FILE.read_text(encoding='utf-8')
    operators = sorted(re.findall(r'^(\w+): ', before, re.M))
    text = HEAD % (onnx.__version__, defs.onnx_opset_version())
    text += '\n'.join(entry(operator) for operator in operators) + '\n`;\n'
    if '--check' in sys.argv:
        if before != text:
            sys.exit(f'{FILE.name} is not what ONNX {onnx.__version__} says: write it again')
        print(f'{FILE.name}: {len(operators)} operators as in ONNX {onnx.__version__}')
    else:
        FILE.write_text(text, encoding='utf-8')
        print(f'{FILE.name}: {len(operators)} operators, ONNX {onnx.__version__}')


main()
