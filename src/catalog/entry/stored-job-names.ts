/** The name of the stored list of all job ids. */
export const JOB_IDS_NAME = "job:all";

/** Returns the name of a stored job; the names of its parts begin with it. */
export const jobName = (id: string): string => `job:${id}`;

/** What of a job is stored in parts. */
type JobPart = "rows" | "outcomes";

/** Returns the name of the part of a job's rows or outcomes that begins with the one at index `start`. */
export const jobPartName = (id: string, type: JobPart, start: number): string =>
  `${jobName(id)} ${type} ${start}`;

/** The parts of a stored job's name. */
interface ParsedJobName {
  readonly id: string;
  /** The part of its rows or outcomes, and the index of the first; undefined for the job itself. */
  readonly part: { readonly type: JobPart; readonly start: number } | undefined;
}

const pattern = /^job:(\S+)(?: (rows|outcomes) (\d+)$)?/;

/** Parses the name of a stored job or of its part; undefined for any other name. */
export function parseJobName(name: string): ParsedJobName | undefined {
  const [, id, type, start] = (name !== JOB_IDS_NAME && pattern.exec(name)) || [];
  // Safe: the pattern matches only these types.
  return id === undefined
    ? undefined
    : { id, part: type ? { type: type as JobPart, start: Number(start) } : undefined };
}

/** Returns whether a value stored by this name belongs to jobs: to one, or to the list of all. */
export const isJobName = (name: string): boolean => name.startsWith(jobName(""));
