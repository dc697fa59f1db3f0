// Starts a nats-server of its own for tests and scripts: on loopback, on a free port.
export { startNats } from '../examples/durable/servers.mjs';
