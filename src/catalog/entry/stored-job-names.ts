/** The name of the stored list of all job ids. */
export const JOB_IDS_NAME = "job:all";

/** Returns the name of a stored job; the names of its parts begin with it. */
export const jobName = (id: string): string => `job:${id}`;

/** What of a job is stored in parts. */
const partTypes = ["rows", "outcomes"] as const;

const partName =
  (type: (typeof partTypes)[number]) =>
  (id: string, start: number): string =>
    `${jobName(id)} ${type} ${start}`;

/** Returns the name of the part of a job's rows that begins with the row at index `start`. */
export const jobRowsName = partName("rows");

/** Returns the name of the outcomes of such a part. */
export const jobOutcomesName = partName("outcomes");

/** The parts of a stored job's name. */
export interface ParsedJobName {
  readonly id: string;
  /** The part of its rows or outcomes, and the index of the first; undefined for the job itself. */
  readonly part: { readonly type: (typeof partTypes)[number]; readonly start: number } | undefined;
}

const pattern = /^job:(\S+)(?: (rows|outcomes) (\d+)$)?/;

/** Parses the name of a stored job or of its part; undefined for any other name. */
export function parseJobName(name: string): ParsedJobName | undefined {
  const [, id, type, start] = (name !== JOB_IDS_NAME && pattern.exec(name)) || [];
  if (id === undefined) return undefined;
  const found = partTypes.find((one) => one === type);
  return { id, part: found && { type: found, start: Number(start) } };
}

/** Returns whether a value stored by this name belongs to jobs: to one, or to the list of all. */
export const isJobName = (name: string): boolean => name.startsWith(jobName(""));
