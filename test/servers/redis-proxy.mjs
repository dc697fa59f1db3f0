// Stands between a client and a Redis server, and disturbs what passes.
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';

/**
 * A proxy on loopback. `lose()`: the next bytes of the server that are no handshake's are lost, and
 * with them the connection that they were for. `hold()`: the next bytes of a client are held back,
 * and its connection is closed; what it resolves to sends them on, as a slow network may.
 */
export async function startProxy(port) {
  let losing = () => false;
  let holding = () => false;
  let held = () => {};
  const sockets = new Set();
  const server = createServer(client => {
    const upstream = createConnection(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    let isHeld = false;
    client.on('data', bytes => {
      if (isHeld) return;
      if (!holding(String(bytes))) return void upstream.write(bytes);
      isHeld = true;
      client.destroy();
      held(() => new Promise(resolve => upstream.write(bytes, resolve)));
    });
    let isLost = false;
    client.on('data', bytes => {
      isLost ||= losing(String(bytes));
    });
    upstream.on('data', bytes => {
      if (!isLost) return void client.write(bytes);
      client.destroy();
      upstream.destroy();
    });
    client.on('close', () => isHeld || upstream.destroy());
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  /** True once, for bytes that have this text. */
  const once1 = text => {
    let isDone = false;
    return bytes => !isDone && bytes.includes(text) && (isDone = true);
  };
  return {
    url: `redis://127.0.0.1:${server.address().port}`,
    /** The answer to the next command with this text is lost, and the connection with it. */
    lose(text) {
      losing = once1(text);
    },
    /** The next command with this text is held back, and the connection is lost. */
    hold(text) {
      holding = once1(text);
      return new Promise(resolve => {
        held = resolve;
      });
    },
    async end() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
