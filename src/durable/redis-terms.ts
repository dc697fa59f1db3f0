import type { Term, Terms } from './leases.js';
import { termsKey } from './redis-keys.js';
import type { Link } from './redis-link.js';

/** Terms go a day after the last of their job is over, in milliseconds. */
const day = 86_400_000;

/** Leases and members in a hash for each job. Times in it are the server's: clocks may differ. */
export function redisTerms(link: Link, name: string): Terms {
  const keyOf = (job: string) => termsKey(name, job);
  const look = async (job: string, ...names: readonly string[]) => {
    const ask = () => link.run('terms', keyOf(job), ...names);
    const answer = await link.ask(ask, { where: `leases of ${job}` });
    const [time, all] = answer as [string, string[]];
    // How far the clock here is ahead of the server's.
    const ahead = Date.now() - Number(time);
    const terms = new Map<string, { readonly text: string; readonly term: Term | undefined }>();
    for (let i = 0; i < all.length; i += 2) {
      terms.set(all[i], { text: all[i + 1], term: read(all[i + 1], ahead) });
    }
    return { ahead, terms };
  };
  return {
    get: async (job, name) => (await look(job, name)).terms.get(name)?.term,
    async change(job, name, next) {
      for (;;) {
        const { ahead, terms } = await look(job, name);
        const { text = '', term: last } = terms.get(name) ?? {};
        const term = next(last);
        if (term === last) return term;
        const until = Math.round((term?.until ?? 0) - ahead);
        const put = term ? JSON.stringify({ member: term.member, until }) : '';
        const needed = Math.ceil(Math.max(0, (term?.until ?? 0) - Date.now()) + day);
        const run = () => link.run('change', keyOf(job), name, text, put, needed);
        if (await link.ask(run, { where: `leases of ${job}` })) return term;
      }
    },
    async list(job, prefix) {
      const { terms } = await look(job);
      const own = [...terms].filter(([name]) => name.startsWith(prefix));
      return own.flatMap(([, { term }]) => term ?? []);
    },
  };
}

function read(text: string, ahead: number): Term | undefined {
  if (!text) return undefined;
  const { member, until } = JSON.parse(text) as Term;
  return { member, until: until + ahead };
}
