import { type ChangeLog, createChangeLog } from "../../../src/capabilities/history/change-log.ts";
import { createRecorder } from "../../../src/capabilities/history/create-recorder.ts";
import { createStore } from "../../../src/catalog/store/store.ts";
import { cpuOf } from "../../support/cpu.ts";

/**
 * The cost of recording changes when nothing changes: the CPU for reading details again, with and without a change log,
 * in turn.
 */
const RECORDS = 5_000;
const ROUNDS = 15;

/** Returns a function that reads all unchanged records once more. */
function reading(log: ChangeLog | undefined): () => void {
  const store = createStore(log && createRecorder(log));
  let now = 0;
  return () => {
    for (let id = 1; id <= RECORDS; id++) {
      const building = { id: 7, name: "Palm Court" };
      const record = {
        id,
        name: `${id}`,
        header: `Unit ${id}`,
        status: "rented",
        address: "Marina Walk",
        building,
      };
      store.applyDetail("unit", { record }, ++now, ++now);
    }
    store.settle();
  };
}

const sides = { without: reading(undefined), with: reading(createChangeLog(() => 0)) };
const ratios = Array.from({ length: ROUNDS }, () => {
  const [first, second, third, fourth] = [sides.without, sides.with, sides.with, sides.without].map(cpuOf);
  return (Number(second) + Number(third)) / (Number(first) + Number(fourth));
});
const median = ratios.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
process.stdout.write(`equal readings with a change log, by those without: ${median.toFixed(2)}\n`);
