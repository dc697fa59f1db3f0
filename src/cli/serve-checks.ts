import { longestRow } from './row-options.js';
import type { ServeOptions } from './serve-options.js';
import { unusable } from './stop.js';

/** Throws a Stop for options that this source, or this target, does not honour. */
export function checkServe(options: ServeOptions): void {
  const { source, target, from } = options;
  const { inputFormat, header, onError, maxRowBytes, stateless, resetOn } = options;
  const none = (option: string, isGiven: boolean, where: string, why: string) => {
    if (isGiven) throw unusable(`${option}: expected none with ${where}; ${why}`);
  };
  if (source.kind !== 'rows') {
    const why = 'an event is a row of NDJSON, or a vector';
    const where = `--from ${source.kind === 'none' ? from : `${source.kind}…`}`;
    none('--input-format', inputFormat !== undefined && inputFormat !== 'ndjson', where, why);
    none('--no-header', !header, where, why);
  }
  if (source.kind === 'none' || source.kind === 'log') {
    const why = 'an event that is no row is a dead letter, and the next one is stepped';
    const where = source.kind === 'none' ? '--from none' : 'a log as --from';
    none('--on-error', onError !== 'stop', where, why);
    none('--max-row-bytes', maxRowBytes !== longestRow, where, 'the log has taken them');
  }
  if (target.kind === 'log') {
    const why = "an output in a log is { id, offset, y }; its event has the row's columns";
    for (const [option, value] of Object.entries({
      '--keep': options.keep,
      '--names': options.names,
      '--output-format': options.outputFormat,
    })) {
      none(option, value !== undefined, 'a log as --to', why);
    }
  }
  if (target.kind === 'nats') {
    const isOther = options.outputFormat !== undefined && options.outputFormat !== 'ndjson';
    none('--output-format', isOther, '--to nats://…', 'a message is a line of NDJSON');
  }
  if (options.outputs === 'msgid' && target.kind !== 'nats') {
    const got = target.kind === 'stdout' ? 'stdout' : `a ${target.kind}`;
    const hint = 'others cannot tell what they have had';
    throw unusable(
      `--outputs msgid: expected --to nats://HOST/SUBJECT with it, got ${got}; ${hint}`,
    );
  }
  const why = 'there is no state that goes on';
  if (stateless) none('--reset-on', resetOn !== undefined, '--stateless', why);
}
