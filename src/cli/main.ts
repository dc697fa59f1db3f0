#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addConvert } from './convert-command.js';
import { addInspect } from './inspect-command.js';
import { addRun } from './run-command.js';
import { addServe } from './serve-command.js';
import { addState } from './state-command.js';
import { complain, exitCode, Stop } from './stop.js';

const examples = `
Examples:
  $ rxrecur run model.safetensors data.csv --columns x,dx --keep time > answers.csv
  $ sensor | rxrecur run model.safetensors --state place.json | alarm
  $ rxrecur inspect model.safetensors
  $ rxrecur convert amplifier.json amplifier.safetensors
  $ rxrecur run --help`;

process.exit(await main());

async function main(): Promise<number> {
  // A closed pipe ends the command where it writes; nothing is to be thrown out of an event.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    await newProgram().parseAsync();
    return exitCode.done;
  } catch (error) {
    return report(error);
  }
}

function newProgram(): Command {
  const program = new Command('rxrecur')
    .description('Runs recurrent networks on streams of rows, inspects and converts them.')
    .version(version())
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  addRun(program);
  addServe(program);
  addState(program);
  addInspect(program);
  addConvert(program);
  return program;
}

async function report(error: unknown): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return helped();
    // With code 'commander.help' the help has been printed already.
    if (error.code !== 'commander.help') await complain(error.message.replace(/^error: /, ''));
    return exitCode.unusable;
  }
  if (error instanceof Stop) {
    if (error.message) await complain(error.message);
    return error.code;
  }
  process.stderr.write(`${(error instanceof Error && error.stack) || error}\n`);
  return exitCode.fault;
}

/** Help or the version has been asked for: the exit waits until it has been written. */
function helped(): Promise<number> {
  return new Promise(resolve => {
    process.stdout.write('', () => resolve(exitCode.done));
  });
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
