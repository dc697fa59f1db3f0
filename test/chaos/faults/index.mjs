// The faults of a campaign, by the name of the option that says how many. Each has `help`; perhaps
// `adapters`, those that can have it; `strike(chaos)`, which does it once, and answers false where
// it could not be done; perhaps `end(chaos)`, which waits until all of it is over; and `told()`,
// pairs of what is to be reported and its number.
import { answers } from './answers.mjs';
import { changes } from './change.mjs';
import { flips } from './flip.mjs';
import { fulls } from './full.mjs';
import { kills } from './kill.mjs';
import { leaders } from './leader.mjs';
import { partitions } from './partition.mjs';
import { servers } from './server.mjs';
import { stops } from './stop.mjs';
import { swaps } from './swap.mjs';
import { tears } from './tear.mjs';

const onDisk = { tears, flips, fulls };
const onServers = { servers, leaders, partitions, answers };
export const faults = { kills, stops, ...onDisk, ...onServers, swaps, changes };
