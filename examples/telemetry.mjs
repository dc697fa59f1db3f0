// Look inside: the gates of a layer and the norms of its states, beside the stream.
import { map, Subject } from 'rxjs';
import { chain, dense, lstm, telemetry } from 'rxrecur';

const model = chain(lstm(1, 4, { seed: 1 }), dense(4, 1, { seed: 1 }));
const watched = telemetry(model);
const source$ = new Subject();
source$.pipe(watched).subscribe(y => console.log(`emits ${y.length} number`));

// Nobody listens: nothing is worked out.
source$.next([1]);

// Somebody does: a reading a step, before its emission.
const reading = watched.readings.subscribe(({ step, layers }) => {
  for (const { layer, values, norms } of layers) {
    console.log(`step ${step}, ${layer}: ${Object.keys({ ...values, ...norms }).join(' ')}`);
  }
});
source$.next([1]);
reading.unsubscribe();

// How open is the forget gate? Its mean, as a stream.
const mean = values => values.reduce((sum, v) => sum + v, 0) / values.length;
watched.readings
  .pipe(map(({ layers: [{ values }] }) => mean(values.f[0])))
  .subscribe(f => console.log(`forget gate ${f > 0.5 ? 'open' : 'closed'}`));
source$.next([-1]);
