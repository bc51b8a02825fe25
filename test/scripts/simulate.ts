import { parseArgs } from "node:util";
import { plantedFaults, withFault } from "../share/simulation/planted.ts";
import { simulate } from "../share/simulation/run.ts";

/*
 * Simulates the processes that share a store with all possible faults, from seeds: `npm run simulate -- --seeds 10000`,
 * starting with seed 1 or `--from N`. It reports each seed that violates an invariant; `--seed N` runs a seed again and
 * prints a trace. `--planted` breaks the rules one by one and searches 300 seeds for one that detects it; with
 * `--recorded`, it starts with the recorded seed, which a change of the simulation may invalidate. `--fault TEXT`
 * selects faults whose names contain the text.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    planted: { type: "boolean", default: false },
    recorded: { type: "boolean", default: false },
    fault: { type: "string", default: "" },
  },
});
const first = Number(values.seed ?? values.from);

function* seedsFrom(from: number, count: number): Generator<number> {
  for (let seed = from; seed < from + count; seed++) yield seed;
}

async function searchPlanted(): Promise<boolean> {
  let isComplete = true;
  for (const fault of plantedFaults) {
    if (!fault.name.includes(values.fault)) continue;
    const from = values.recorded ? fault.seed : first;
    const seeds = seedsFrom(from, Number(values.seeds ?? 300));
    const found = await withFault(fault, async (simulateFault) => {
      for (const seed of seeds) {
        const { violation } = await simulateFault(seed);
        if (violation) return `seed ${seed}: ${violation}`;
      }
      return undefined;
    });
    isComplete &&= found !== undefined;
    process.stdout.write(`${fault.name}: ${found ?? "NOT FOUND"}\n`);
  }
  return isComplete;
}

async function run(): Promise<boolean> {
  const totals = { seeds: 0, violations: 0, terms: 0, answers: 0, writes: 0 };
  for (const seed of seedsFrom(first, values.seed ? 1 : Number(values.seeds ?? 1000))) {
    const { violation, trace, terms, answers, writes } = await simulate(seed);
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
  return totals.violations === 0;
}

process.exit((await (values.planted ? searchPlanted() : run())) ? 0 : 1);
