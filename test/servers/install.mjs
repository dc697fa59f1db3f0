// Installs what tests start, where it is missing and may be installed: as root on Debian.
import { install } from '../../examples/durable/servers.mjs';

if (process.argv.includes('--help')) {
  process.stdout.write(`node test/servers/install.mjs

Before 'npm test': installs nats-server, redis-server, mosquitto, openssl and chromium if they are
missing, as root on Debian. Elsewhere it says which are missing; tests that need them then fail.
CHROMIUM names another Chromium.
`);
  process.exit();
}
const page = process.env.CHROMIUM ? [] : ['chromium'];
try {
  install(['nats-server', 'redis-server', 'mosquitto', 'openssl', ...page]);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
}
