import { type LogPlace, logForms, logPlace, withoutPassword } from './log-places.js';
import { type Stop, unusable } from './stop.js';

/** Where the events of `rxrecur serve` come from. */
export type Source =
  /** Others append to the log of --state. */
  | { readonly kind: 'none' }
  /** They are in another log, and stay there. */
  | { readonly kind: 'log'; readonly log: LogPlace }
  /** Rows of a file, or of stdin: '-'. */
  | { readonly kind: 'rows'; readonly file: string }
  | { readonly kind: 'mqtt'; readonly url: string };

/** Where its outputs go. */
export type Target =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'log'; readonly log: LogPlace }
  /** Messages of a stream of NATS. */
  | { readonly kind: 'nats'; readonly server: LogPlace; readonly subject: string };

const sourceForms = [...["a file, '-' (stdin)", 'mqtt://HOST/TOPIC'], ...[...logForms, 'none']];
const targetForms = ['a file', 'nats://HOST/SUBJECT', ...logForms.filter(f => !/^nats/.test(f))];

/** The source that --from names. Throws a Stop. */
export function sourceOf(from: string, creds?: string): Source {
  if (from === 'none') return { kind: 'none' };
  if (/^mqtts?:\/\//.test(from)) return { kind: 'mqtt', url: from };
  const log = logPlace(from);
  if (log) return { kind: 'log', log: { ...log, creds } };
  if (!isUrl(from)) return { kind: 'rows', file: from };
  throw refused('--from', from, sourceForms);
}

/** The target that --to names. Throws a Stop. */
export function targetOf(to: string | undefined, creds?: string): Target {
  if (to === undefined) return { kind: 'stdout' };
  const log = logPlace(to);
  if (log?.kind === 'nats') {
    const subject = decodeURIComponent(new URL(to).pathname.slice(1));
    if (/^[^\s.*>/]+(\.[^\s.*>/]+)*$/.test(subject)) {
      return { kind: 'nats', server: { ...log, creds }, subject };
    }
    throw refused('--to', to, ['nats://HOST/SUBJECT, a subject without wildcards']);
  }
  if (log) return { kind: 'log', log };
  if (!isUrl(to)) return { kind: 'file', path: to };
  throw refused('--to', to, targetForms);
}

/**
 * The log that --state names: `nats` and `redis` alone are the server and the name of --from.
 * Throws a Stop.
 */
export function stateOf(state: string, from: string | undefined, creds?: string): LogPlace {
  const place = logPlace(state);
  if (place) return { ...place, creds };
  const source = from === undefined ? undefined : logPlace(from);
  if (source && source.kind === state) return { ...source, creds };
  if (state !== 'nats' && state !== 'redis') throw refused('--state', state, logForms);
  const got = from === undefined ? state : `--from ${withoutPassword(from)}`;
  throw unusable(`--state ${state}: expected --from ${state}://HOST/NAME with it, got ${got}`);
}

/** Throws a Stop for --creds that nothing would read. */
export function checkCreds(creds: string | undefined, places: readonly (string | undefined)[]) {
  const isUsed = places.some(text => text !== undefined && logPlace(text)?.kind === 'nats');
  if (creds !== undefined && !isUsed) {
    throw unusable(`--creds ${creds}: expected nats://HOST/… to which it belongs, got none`);
  }
}

const isUrl = (text: string) => /^\w+:\/\//.test(text);

function refused(option: string, got: string, forms: readonly string[]): Stop {
  const [last, ...before] = [...forms].reverse();
  const expected = [before.reverse().join(', '), last].filter(Boolean).join(' or ');
  return unusable(`${option} ${withoutPassword(got)}: expected ${expected}`);
}
