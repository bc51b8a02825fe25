import { parseArgs } from "node:util";
import { simulate } from "./share/simulation/run.ts";
import type { Fault } from "./share/simulation/store.ts";

/*
 * Runs the processes that share a store through whatever can happen to them, from seeds: `npm run simulate -- --seeds
 * 10000`, from 1 or `--from N`. A seed that shows what must never be is named; `--seed N` runs it again and prints what
 * happened. `--fault` plants one: commitWithoutToken, lossUnnoticed, lossMadeUpForByAnyStep, leaseByCalendar or
 * intentAfterSend.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    fault: { type: "string" },
  },
});
const fault = values.fault as Fault | undefined;
const first = Number(values.seed ?? values.from);
const last = values.seed ? first : first + Number(values.seeds) - 1;
const totals = { seeds: 0, violations: 0, terms: 0, answers: 0, writes: 0 };
for (let seed = first; seed <= last; seed++) {
  const { violation, trace, terms, answers, writes } = await simulate(seed, fault);
  totals.seeds++;
  totals.terms += terms;
  totals.answers += answers;
  totals.writes += writes;
  if (values.seed) process.stdout.write(`${trace.join("\n")}\n`);
  if (!violation) continue;
  totals.violations++;
  process.stdout.write(`seed ${seed}: ${violation}\n`);
}
process.stdout.write(`${JSON.stringify(totals)}\n`);
process.exit(totals.violations === 0 ? 0 : 1);
