/** What the days of one group come to. The names are the schema's. */
export interface DateSummary {
  readonly count: number;
  readonly min: string | null;
  readonly max: string | null;
}

/** The number of each group's days, the first and the last of them. */
export function createDateRanges(groupCount: number) {
  const counts = new Int32Array(groupCount);
  const mins = new Int32Array(groupCount);
  const maxs = new Int32Array(groupCount);
  return {
    /** Adds a day, given by its digits: 20240131. */
    add(group: number, digits: number) {
      counts[group] = (counts[group] as number) + 1;
      const min = mins[group] as number;
      if (min === 0 || digits < min) mins[group] = digits;
      if (digits > (maxs[group] as number)) maxs[group] = digits;
    },
    summary: (group: number): DateSummary => ({
      count: counts[group] as number,
      min: textOf(mins[group] as number),
      max: textOf(maxs[group] as number),
    }),
  };
}

export type DateRanges = ReturnType<typeof createDateRanges>;

function textOf(digits: number) {
  if (digits === 0) return null;
  const text = String(digits).padStart(8, "0");
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}
