// The faults of a campaign, by the name of the option that says how many. Each has `help`; perhaps
// `adapters`, those that can have it; `strike(chaos)`, which does it once, and answers false where
// it could not be done; and perhaps `end(chaos)`, which waits until all of it is over.
import { changes } from './change.mjs';
import { flips } from './flip.mjs';
import { fulls } from './full.mjs';
import { kills } from './kill.mjs';
import { stops } from './stop.mjs';
import { swaps } from './swap.mjs';
import { tears } from './tear.mjs';

export const faults = { kills, stops, tears, flips, fulls, swaps, changes };
