import type { Import } from "../definition/import.ts";

/** How many rows of a table no job has: those about other records, and those that ask for no change. */
export interface LeftOut {
  readonly otherRows: number;
  readonly emptyRows: number;
}

/** What the address of a job tells beside it. */
export interface Beside extends LeftOut {
  /** The preview that was before it. */
  readonly since: string | undefined;
}

/** The query of such an address. */
export interface JobQuery {
  readonly _since?: string;
  readonly _others?: string;
  readonly _empty?: string;
}

/** The address of a job, or of what is below it. */
export function jobAddress(
  { name }: Import,
  path: string,
  { since, otherRows = 0, emptyRows = 0 }: Partial<Beside> = {},
  only?: string,
): string {
  const query = new URLSearchParams({
    ...(since !== undefined && { _since: since }),
    ...(otherRows > 0 && { _others: `${otherRows}` }),
    ...(emptyRows > 0 && { _empty: `${emptyRows}` }),
    ...(only !== undefined && { _only: only }),
  });
  return `/imports/${name}/jobs/${path}${query.size > 0 ? `?${query}` : ""}`;
}

export function readBeside({ _since, _others = "", _empty = "" }: JobQuery): Beside {
  const read = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : 0);
  return { since: _since, otherRows: read(_others), emptyRows: read(_empty) };
}

/** What is said of the rows that no job has; empty if there are none. */
export function tellLeftOut({ columns: [key] }: Import, { otherRows, emptyRows }: LeftOut): string {
  const kind = key?.only?.replace(/\B[A-Z]/g, " $&").toLowerCase();
  const parts = [
    otherRows > 0 && `${otherRows} about no ${kind}`,
    emptyRows > 0 && `${emptyRows} with nothing but ${key?.title}`,
  ].filter(Boolean);
  return parts.length > 0 ? `Rows that are left out: ${parts.join(", ")}.` : "";
}
