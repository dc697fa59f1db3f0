// Calls methods of a log, as the tests beside it ask: node test/durable/child.mjs --help
import { createInterface } from 'node:readline';

const [adapter, place] = process.argv.slice(2);
if (!place) {
  process.stdout.write(`node test/durable/child.mjs file|lmdb FOLDER
node test/durable/child.mjs nats|redis URL#NAME

Opens a log and answers each line of standard input, ["commit", "job", 0, 0, [1, 2]] or
["append", 0, ["key"]], with a line of JSON: the result, or { "error": NAME }. Needs 'npm run build'.
`);
  process.exit();
}
const { fileLog } = await import('../../dist/durable/file-log.js');
const { lmdbLog } = await import('../../dist/durable/lmdb-log.js');
const { natsLog } = await import('../../dist/durable/nats-log.js');
const { redisLog } = await import('../../dist/durable/redis-log.js');
const named = open => place => {
  const [url, name] = place.split('#');
  return open(url, { name });
};
const open = { file: fileLog, lmdb: lmdbLog, nats: named(natsLog), redis: named(redisLog) };
const log = await open[adapter](place);

const calls = {
  commit: (job, partition, after, bytes) =>
    log.commit(job, partition, after, Uint8Array.from(bytes)),
  append: (partition, keys) =>
    log.append(
      partition,
      keys.map(key => ({ key, value: Uint8Array.of(1) })),
    ),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [method, ...values] = JSON.parse(line);
  const answer = await calls[method](...values).catch(({ name }) => ({ error: name }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
