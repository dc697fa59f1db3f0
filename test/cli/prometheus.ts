/** A sample of Prometheus' text form. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const number = /^([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?Inf|NaN)$/;
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/**
 * Reads Prometheus' text form, version 0.0.4, as its specification says ("Exposition formats" of
 * its docs), and throws for whatever that forbids: a last line without an end, a second HELP or
 * TYPE, one after samples, a family in two places, a sample twice, a counter that is negative.
 */
export function readPrometheus(text: string): Map<string, Family> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { type?: string; help?: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let last = '';
  for (const line of text.split('\n').slice(0, -1)) {
    if (line.trim() === '') continue;
    const [, kind, name, rest] = /^# (HELP|TYPE) (\S+)(?: (.*))?$/.exec(line) ?? [];
    if (!kind && line.startsWith('#')) continue;
    const sample = kind ? undefined : readSample(line);
    const own = sample?.name ?? name;
    if (metricName.exec(own)?.[0] !== own) throw new Error(`no name of a metric: ${line}`);
    if (own !== last && families.has(own)) throw new Error(`${own} is in two places`);
    last = own;
    const family = families.get(own) ?? { samples: [] };
    families.set(own, family);
    if (sample) {
      const key = JSON.stringify([own, Object.entries(sample.labels).sort()]);
      if (seen.has(key)) throw new Error(`a sample twice: ${line}`);
      if (family.type === 'counter' && !(sample.value >= 0)) throw new Error(`a counter: ${line}`);
      seen.add(key);
      family.samples.push(sample);
      continue;
    }
    const field = kind === 'HELP' ? 'help' : 'type';
    if (family[field] !== undefined) throw new Error(`a second ${kind}: ${line}`);
    if (family.samples.length) throw new Error(`${kind} after samples: ${line}`);
    if (kind === 'TYPE' && !types.includes(rest)) throw new Error(`no type: ${line}`);
    family[field] = kind === 'HELP' ? unescaped(rest ?? '', '\\n') : rest;
  }
  const told = [...families].map(([name, { type = 'untyped', help = '', samples }]) => {
    return [name, { type, help, samples }] as const;
  });
  return new Map(told);
}

function readSample(line: string): Sample {
  const name = metricName.exec(line)?.[0] ?? '';
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === '{') {
    at++;
    while (line[at] !== '}') {
      const label = labelName.exec(line.slice(at))?.[0];
      if (!label || Object.hasOwn(labels, label)) throw new Error(`no new label at ${at}: ${line}`);
      const value = /^="((?:[^"\\\n]|\\["\\n])*)"/.exec(line.slice(at + label.length));
      if (!value) throw new Error(`no value of ${label}: ${line}`);
      labels[label] = unescaped(value[1], '"\\n');
      at += label.length + value[0].length;
      if (line[at] === ',') at++;
      else if (line[at] !== '}') throw new Error(`neither comma nor brace at ${at}: ${line}`);
    }
    at++;
  }
  const [value, time, ...more] = line
    .slice(at)
    .trim()
    .split(/[ \t]+/);
  const isTime = time === undefined || /^-?\d+$/.test(time);
  if (!number.test(value) || !isTime || more.length) throw new Error(`no value: ${line}`);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

/** Text with `\\` and what else may be escaped; throws for any other backslash. */
function unescaped(text: string, allowed: string): string {
  return text.replace(/\\(.?)/gs, (whole, next) => {
    if (next === '' || !allowed.includes(next)) throw new Error(`escaped: ${whole} in ${text}`);
    return next === 'n' ? '\n' : next;
  });
}
