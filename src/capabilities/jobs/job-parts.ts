import { jobOutcomesName, jobRowsName, type StoredValues } from "../../catalog/index.ts";
import type { JobRowOutcome, Variables } from "./api.ts";

/** The number of rows stored together. */
export const PART_SIZE = 50;

/** A stored outcome; null if there is none. */
type StoredOutcome = JobRowOutcome | null;

/** Returns the index of the first row of the part that contains a row. */
export const partOf = (index: number): number => index - (index % PART_SIZE);

/** Stores the rows of a job and their outcomes, in parts. All functions reject with AlmaError. */
export function createJobParts(values: StoredValues, id: string, total: number) {
  /** The rows read last; running rows are close to each other. */
  let recent: { readonly start: number; readonly rows: Promise<readonly Variables[]> } | undefined;

  /** Yields the index of the first row of each part. */
  function* starts(): Generator<number> {
    for (let start = 0; start < total; start += PART_SIZE) yield start;
  }

  // Safe, here and below: stored as this type.
  async function rowsFrom(start: number) {
    const rows = (await values.find(jobRowsName(id, start)))?.value as readonly Variables[] | undefined;
    if (rows) return rows;
    throw new Error(`The rows of the job ${id} from ${start + 1} on are no longer stored.`);
  }

  const outcomesFrom = async (start: number) =>
    ((await values.find(jobOutcomesName(id, start)))?.value ?? []) as readonly StoredOutcome[];

  return {
    starts,

    /** Reads the rows of the part that begins at `start`. */
    rowsFrom,

    /** Reads the outcomes of the part that begins at `start`: as far as there are any. */
    outcomesFrom,

    /** Yields the variables of all rows, in order. */
    async *rows(): AsyncGenerator<Variables> {
      for (const start of starts()) yield* await rowsFrom(start);
    },

    /** Resolves with the variables of a row. */
    async variablesOf(index: number): Promise<Variables> {
      const start = partOf(index);
      if (recent?.start !== start) recent = { start, rows: rowsFrom(start) };
      const { rows } = recent;
      // Safe: a part has all of its rows.
      return (
        await rows.catch((error) => {
          recent = undefined;
          throw error;
        })
      )[index - start] as Variables;
    },

    /** Stores the rows. `ms`: the shortest time for which they are stored. */
    async keepRows(rows: readonly Variables[], ms: number): Promise<void> {
      for (const start of starts())
        await values.keep(jobRowsName(id, start), rows.slice(start, start + PART_SIZE), ms);
    },

    /**
     * Stores those of the outcomes that belong to the part from `start` on, by the index of their row, with the earlier
     * ones. Resolves with all outcomes of the part.
     */
    async keepOutcomes(
      start: number,
      outcomes: ReadonlyMap<number, JobRowOutcome>,
      timeLeft: () => number,
    ): Promise<readonly StoredOutcome[]> {
      const before = await outcomesFrom(start);
      const length = Math.min(PART_SIZE, total - start);
      const merged = Array.from(
        { length },
        (_, place) => outcomes.get(start + place) ?? before[place] ?? null,
      );
      await values.keep(jobOutcomesName(id, start), merged, timeLeft());
      return merged;
    },

    /** Removes all parts from the store. */
    async forget(): Promise<void> {
      for (const start of starts())
        for (const partName of [jobRowsName, jobOutcomesName]) await values.forget(partName(id, start));
    },
  };
}
