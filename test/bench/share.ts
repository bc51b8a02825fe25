import { compile } from "./compile.ts";
import { measureCalls } from "./share/calls.ts";
import { measureCreates } from "./share/create.ts";
import { measureFailover } from "./share/failover.ts";
import { measureFreshness } from "./share/fresh.ts";
import type { Figures } from "./share/part.ts";
import { measurePrice } from "./share/price.ts";
import { measureReads } from "./share/read.ts";
import { measureRolling } from "./share/roll.ts";
import { measureSize } from "./share/size.ts";

/**
 * Measures the guarantees and the cost of several processes that share a store, each in its own process over a
 * simulated Alma.
 * Arguments select parts: `npx tsx test/bench/share.ts create read`; without arguments, all run.
 */
const parts: Readonly<Record<string, (main: string) => Promise<Figures>>> = {
  create: measureCreates,
  read: measureReads,
  fresh: measureFreshness,
  calls: measureCalls,
  roll: measureRolling,
  failover: measureFailover,
  price: measurePrice,
  size: measureSize,
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
for (const name of names)
  if (!parts[name])
    throw new Error(`There is no part "${name}": name some of ${Object.keys(parts).join(", ")}.`);
const main = compile()("../../src/main.ts");
let isHeld = true;
for (const name of names) {
  process.stdout.write(`\n${name}\n\n| | measured | at most |\n| --- | ---: | ---: |\n`);
  for (const [what, figure, atMost] of (await parts[name]?.(main)) ?? []) {
    isHeld &&= atMost === undefined || Number(figure) <= atMost;
    process.stdout.write(`| ${what} | ${figure} | ${atMost ?? ""} |\n`);
  }
}
process.exit(isHeld ? 0 : 1);
