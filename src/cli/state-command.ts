import type { Command } from 'commander';
import { credsOption, jobOption, stateOption } from './serve-command.js';
import type { JobPlace } from './state-commands.js';

const more = `
Workers may run meanwhile: a change is stored like one of their records, and a worker
that has the key's partition goes on from it. A key that is reset begins anew with its
next event. An imported state must be of the job's own model.

Examples:
  $ rxrecur state ls --state file:jobs --job alarms
  $ rxrecur state get 'sensor 7' --state file:jobs --job alarms
  $ rxrecur state export --state file:jobs --job alarms > states.ndjson
  $ rxrecur state import --state file:jobs --job alarms < states.ndjson`;

/** Adds `state` to the program. */
export function addState(program: Command): void {
  const group = program
    .command('state')
    .summary('list, show, reset, export and import the states of a job')
    .description('Shows and changes the states that rxrecur serve keeps in a log.')
    .addHelpText('after', more);
  const add = (name: string, summary: string, act: Act, key: '' | '<key>' | '[key]' = '') => {
    const command = group.command(name).summary(summary).description(`${summary}.`);
    if (key) command.argument(key, 'a key, as --key of rxrecur serve tells it');
    for (const option of [stateOption(), jobOption(), credsOption()]) command.addOption(option);
    command.addHelpText('after', more).action(async (...args: unknown[]) => {
      const [given, place] = key ? (args as [string | undefined, JobPlace]) : [undefined, args[0]];
      const commands = await import('./state-commands.js');
      await commands.onStates(place as JobPlace, commands[act], given);
    });
  };
  add('ls', 'list keys with partition, offset, epoch and time, as NDJSON', 'list');
  add('get', "print a key's snapshot as JSON", 'get', '<key>');
  add('reset', 'let a key begin anew', 'reset', '<key>');
  add('export', 'print keys and snapshots as NDJSON: all, or one', 'exportAll', '[key]');
  add('import', "take them from stdin: NDJSON, or a key's snapshot as JSON", 'importAll', '[key]');
}

type Act = 'list' | 'get' | 'reset' | 'exportAll' | 'importAll';
