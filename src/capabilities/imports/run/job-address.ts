import type { Import } from "../definition/import.ts";

/** What of a table no job has. */
export interface LeftOut {
  /** How many rows are about other records, and how many ask for no change. */
  readonly otherRows: number;
  readonly emptyRows: number;
  /** The names of columns and sheets that are not read, as people are told them. */
  readonly notRead: string;
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
  readonly _unread?: string;
}

/** The address of a job, or of what is below it. */
export function jobAddress(
  { name }: Import,
  path: string,
  { since, otherRows = 0, emptyRows = 0, notRead = "" }: Partial<Beside> = {},
  only?: string,
): string {
  const query = new URLSearchParams({
    ...(since !== undefined && { _since: since }),
    ...(otherRows > 0 && { _others: `${otherRows}` }),
    ...(emptyRows > 0 && { _empty: `${emptyRows}` }),
    ...(notRead !== "" && { _unread: notRead }),
    ...(only !== undefined && { _only: only }),
  });
  return `/imports/${name}/jobs/${path}${query.size > 0 ? `?${query}` : ""}`;
}

export function readBeside({ _since, _others = "", _empty = "", _unread = "" }: JobQuery): Beside {
  const read = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : 0);
  return { since: _since, otherRows: read(_others), emptyRows: read(_empty), notRead: _unread.slice(0, 300) };
}

/** What is said of what no job has; empty if there is nothing. */
export function tellLeftOut({ columns: [key] }: Import, { otherRows, emptyRows, notRead }: LeftOut): string {
  const kind = key?.only?.replace(/\B[A-Z]/g, " $&").toLowerCase();
  const parts = [
    otherRows > 0 && `${otherRows} about no ${kind}`,
    emptyRows > 0 && `${emptyRows} with nothing but ${key?.title}`,
  ].filter(Boolean);
  return [
    parts.length > 0 && `Rows that are left out: ${parts.join(", ")}.`,
    notRead !== "" && `Not read: ${notRead}.`,
  ]
    .filter(Boolean)
    .join(" ");
}
