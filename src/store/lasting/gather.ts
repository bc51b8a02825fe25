import type { CatalogEntry, ChangeLog } from "../../catalog/index.ts";
import type { Commit } from "./lasting-store.ts";

/** The most entries of a commit. */
export const MAX_ENTRIES = 500;

/** What has changed up to a moment, on its way into the store. */
export interface Gather {
  readonly entries: Iterator<CatalogEntry, void>;
  /** The writes that these entries show. */
  readonly endedIds: readonly string[];
  readonly settledBefore: number;
  /** What the store has refused when it was last tried. */
  part?: Part | undefined;
}

type Part = Pick<Commit, "entries" | "changes" | "lost">;

/** Entries, and all changes that they show: where those are too many for a commit, some of the changes. */
export function nextPart({ entries }: Gather, changeLog: ChangeLog | undefined): Part {
  const { changes = [], lost } = changeLog?.take() ?? {};
  return { changes, lost, entries: changeLog?.hasUntaken ? [] : nextEntries(entries) };
}

function nextEntries(entries: Iterator<CatalogEntry, void>): CatalogEntry[] {
  const part: CatalogEntry[] = [];
  while (part.length < MAX_ENTRIES) {
    const next = entries.next();
    if (next.done) break;
    part.push(next.value);
  }
  return part;
}
