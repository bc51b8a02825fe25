import { setImmediate } from "node:timers/promises";
import type { PlacedRow, RowPlace, Variables } from "./api.ts";
import type { StoredJob } from "./stored-job.ts";

/** The rows about one subject, in order. */
export type Lane = readonly PlacedRow[];

/** The number of rows placed between two yields. */
const STEP = 100;

/** The rows of a job: the remaining rows, in lanes by stage, and all rows that have a subject. */
export interface JobLanes {
  readonly stages: readonly (readonly Lane[])[];
  readonly lanes: ReadonlyMap<string, Lane>;
}

/** The place of a row whose variables were erased. */
const nowhere: RowPlace = { subject: undefined, stage: 0, needs: [], changedAt: 0 };

/** Assigns the rows of a job to lanes. */
export async function placeRows(job: StoredJob, placeOf: (row: Variables) => RowPlace): Promise<JobLanes> {
  const lanes = new Map<string, PlacedRow[]>();
  let index = 0;
  for await (const variables of job.rows()) {
    const row = { ...(job.isForgotten(index) ? nowhere : placeOf(variables)), index };
    const subject = row.subject ?? `row ${index}`;
    const lane = lanes.get(subject);
    if (lane) lane.push(row);
    else lanes.set(subject, [row]);
    index += 1;
    if (index % STEP === 0) await setImmediate();
  }
  for (const lane of lanes.values()) lane.sort((one, other) => one.changedAt - other.changedAt);
  const isLeft = ({ index }: PlacedRow) => job.stateOf(index) === "LEFT";
  const left = [...lanes.values()].map((lane) => lane.filter(isLeft));
  const stages = [0, 1, 2].map((stage) => left.filter(([first]) => first?.stage === stage));
  return { stages, lanes };
}

/** Returns the rows that a row needs, dependencies first; if there are several rows about one subject, the last. */
export function findNeededRows({ needs }: RowPlace, lanes: JobLanes["lanes"]): readonly PlacedRow[] {
  return needs.flatMap((subject) => {
    const row = lanes.get(subject)?.at(-1);
    return row ? [...findNeededRows(row, lanes), row] : [];
  });
}
