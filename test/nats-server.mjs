// Starts a nats-server of its own for tests and scripts: on loopback, on a free port.
export { freePort, startNats } from '../examples/durable/servers.mjs';
