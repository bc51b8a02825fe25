import type { Config } from "../../../config/index.ts";
import type { Import } from "../definition/import.ts";
import type { ImportJobs, Job, JobRow } from "./import-job.ts";
import { isSeenAgain, outcomesOf, seenAt, shownAt } from "./outcome-table.ts";

/** Whether what a preview has read is not older than what queries may be shown, beside the time that it has taken. */
export function isYoung({ startedAt, endedAt }: Job, { maxAge }: Pick<Config, "maxAge">): boolean {
  const [start, end] = [startedAt, endedAt ?? startedAt].map(Date.parse) as [number, number];
  // Where the wall clock was set back, it is no younger for that.
  return Math.abs(Date.now() - end) <= maxAge + (end - start);
}

/** Makes a preview again. Resolves with the new one, unless it shows the same. */
export async function previewAgain(
  jobs: ImportJobs,
  asked: Import,
  earlier: readonly JobRow[],
): Promise<Job | undefined> {
  const job = await jobs.wait(await jobs.start(asked.document, earlier, true));
  const isSame = (row: JobRow, index: number) => isSeenAgain(row, earlier[index]);
  return job.state === "OVER" && (await jobs.rows(job)).every(isSame) ? undefined : job;
}

/**
 * Writes what a preview has shown to be possible; what is unchanged is looked at once more. Each row is told what was
 * seen; the same preview is written once.
 */
export async function run(
  jobs: ImportJobs,
  asked: Import,
  preview: Job,
  seen: readonly JobRow[],
): Promise<string> {
  const rows = outcomesOf(asked, preview, seen).flatMap(({ row }) => {
    if (row.state !== "DONE") return [];
    const shown = asked.columns.flatMap((column) =>
      column.was !== undefined && row.variables[column.variable] !== undefined
        ? [[column.was, shownAt(column.shows, row)]]
        : [],
    );
    const seen = Object.entries(asked.seen).map(([variable, path]) => [variable, seenAt(path, row)]);
    return [
      { number: row.number, variables: { ...row.variables, ...Object.fromEntries([...shown, ...seen]) } },
    ];
  });
  rows.sort((one, other) => one.number - other.number);
  const { id } = await jobs.start(asked.document, rows, false, `import ${preview.id}`);
  return id;
}
