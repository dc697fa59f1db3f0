"""Writes src/io/onnx/standard.ts: inputs and attributes of ONNX's operators, by operator set.

    pip install onnx && python3 test/onnx/standard.py
    python3 test/onnx/standard.py --check    # any version of onnx, as Debian's python3-onnx

Which operators: those that the file lists, `Abs: ...` at the beginning of a line. --check compares
the sets that the installed onnx knows, and exits with 1 if the file says anything else of one.
"""

import argparse
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


def schemas_of(operator):
    return sorted(
        (s for s in defs.get_all_schemas_with_history() if s.domain == '' and s.name == operator),
        key=lambda s: s.since_version)


def entry(operator):
    schemas = schemas_of(operator)
    names = sorted({name for schema in schemas for name in schema.attributes})
    items = spans('inputs', [(s.since_version, inputs_of(s)) for s in schemas])
    for name in names:
        items += spans(name, [(s.since_version, type_of(s, name)) for s in schemas])
    text = f'{operator}: ' + ', '.join(items)
    return '\n'.join(textwrap.wrap(text, 100, subsequent_indent='  ', break_on_hyphens=False))


def said_of(operator, text):
    """What the file says of an operator: `{set: {name: text}}` for the sets that are known."""
    body = re.search(rf'^{operator}: (.*(?:\n  .*)*)', text, re.M).group(1)
    said = {}
    for item in ' '.join(body.split()).split(', '):
        name, sets, what = item.split()
        first, last = sets.split('-')
        for version in range(int(first), int(last or defs.onnx_opset_version()) + 1):
            said.setdefault(version, {})[name] = what
    return said


def differences(text, operators):
    for operator in operators:
        said = said_of(operator, text)
        schemas = schemas_of(operator)
        for version in range(1, defs.onnx_opset_version() + 1):
            schema = next((s for s in reversed(schemas) if s.since_version <= version), None)
            named = {name: type_of(schema, name) for name in schema.attributes} if schema else {}
            wanted = {'inputs': inputs_of(schema), **named} if schema else {}
            if said.get(version, {}) != wanted:
                yield f'{operator} of set {version}: {said.get(version)}, not {wanted}'


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true',
                        help='write nothing: compare with the file that is there')
    check = parser.parse_args().check
    text = FILE.read_text(encoding='utf-8')
    operators = sorted(re.findall(r'^(\w+): ', text, re.M))
    known = f'ONNX {onnx.__version__}, operator sets 1 to {defs.onnx_opset_version()}'
    if check:
        faults = list(differences(text, operators))
        print(f'{len(operators)} operators compared with {known}, {len(faults)} faults')
        sys.exit('\n'.join(faults) if faults or not operators else 0)
    text = HEAD % (onnx.__version__, defs.onnx_opset_version())
    text += '\n'.join(entry(operator) for operator in operators) + '\n`;\n'
    FILE.write_text(text, encoding='utf-8')
    print(f'{len(operators)} operators of {known}')


if __name__ == '__main__':
    main()
