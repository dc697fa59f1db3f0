import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server on this machine, and loses what it is told to. */
export class TcpProxy {
  /** True: nothing that the server says comes through. */
  isMute = false;
  /** True: nothing that the client says comes through. */
  isDeaf = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer(client => {
      const server = connect(port, '127.0.0.1');
      this.#join(client, server, () => this.isDeaf);
      this.#join(server, client, () => this.isMute);
    });
  }

  static async open(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #join(from: Socket, to: Socket, isLost: () => boolean): void {
    this.#sockets.add(from);
    from.on('data', bytes => {
      if (!isLost()) to.write(bytes);
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  /** Ends all connections; new ones lose nothing. */
  cut(): void {
    this.isMute = this.isDeaf = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async end(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
