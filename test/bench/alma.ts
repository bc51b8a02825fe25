import { createSimulator, type Faults } from "../../src/simulator/index.ts";
import { answerParent } from "./child.ts";
import { size } from "./query.ts";

const latency = Number(process.env.LATENCY ?? 0);
const portfolio = JSON.parse(process.env.SIZE ?? JSON.stringify(size)) as typeof size;
const simulator = await createSimulator({ size: portfolio, latency, keepLog: 0, apiKey: "bench" });
if (process.env.FAULTS) simulator.faults.mix(Number(process.env.FAULTS));
if (process.env.RATE) limitRate(simulator.faults, Number(process.env.RATE), process.env.RETRY_AFTER);
answerParent(simulator.url);

/** Answers 429 to what exceeds `rate` calls in a second. `retryAfter` is the header's value; none if undefined. */
function limitRate(faults: Faults, rate: number, retryAfter: string | undefined): void {
  let second = { at: 0, calls: 0 };
  faults.add({
    kind: "status",
    status: 429,
    ...(retryAfter !== undefined && { retryAfter }),
    when: () => {
      const now = performance.now();
      if (now - second.at >= 1_000) second = { at: now, calls: 0 };
      second.calls += 1;
      return second.calls > rate;
    },
  });
}
