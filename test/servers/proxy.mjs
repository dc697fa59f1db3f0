// A TCP proxy on loopback that can be cut, slowed down, or made to lose what the server answers.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Forwards connections to a port. Resolves to its own `port` and to what disturbs it:
 *
 * - `cut()` ends all connections and accepts none until `heal()`;
 * - `slow(ms)` delays by so much what the server says, until `slow(0)`;
 * - `loseAnswers(ms)` forwards what clients say, drops what the server says, and ends the
 *   connections after so many milliseconds: what was done then is acknowledged to nobody;
 * - `end()` gives the port back.
 */
export async function proxyTo(target) {
  const pairs = new Set();
  let isCut = false;
  let pause = 0;
  const drop = pair => {
    pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  };
  const server = createServer(client => {
    if (isCut) {
      client.destroy();
      return;
    }
    const pair = { client, server: connect(target, '127.0.0.1'), isDeaf: false };
    pairs.add(pair);
    for (const socket of [client, pair.server]) {
      socket.setNoDelay(true);
      socket.on('error', () => drop(pair));
      socket.on('close', () => drop(pair));
    }
    client.pipe(pair.server);
    const late = [];
    const pass = () => {
      for (; late.length && late[0].due <= performance.now(); late.shift()) {
        if (!pair.isDeaf && !client.destroyed) client.write(late[0].bytes);
      }
      if (late.length) setTimeout(pass, late[0].due - performance.now());
    };
    pair.server.on('data', bytes => {
      if (pair.isDeaf) return;
      // In order, although the delay changes.
      const due = Math.max(late.at(-1)?.due ?? 0, performance.now() + pause);
      late.push({ bytes, due });
      if (late.length === 1) pass();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const all = () => [...pairs];
  return {
    port: server.address().port,
    cut() {
      isCut = true;
      all().forEach(drop);
    },
    heal() {
      isCut = false;
    },
    slow(ms) {
      pause = ms;
    },
    async loseAnswers(ms) {
      const deaf = all();
      for (const pair of deaf) pair.isDeaf = true;
      await new Promise(resolve => setTimeout(resolve, ms));
      deaf.forEach(drop);
    },
    async end() {
      all().forEach(drop);
      server.close();
      await once(server, 'close');
    },
  };
}
