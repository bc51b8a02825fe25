import type { ShownSource } from "./note-changes.ts";
import type { SourcesState } from "./record-state.ts";
import type { Source } from "./source.ts";

/** The fields of a record as its own read shows them. */
export const createDetail = (
  { values, fieldErrors }: Source,
  startedAt: number,
  endedAt: number,
  untold?: ShownSource["untold"],
): ShownSource => ({ values, fieldErrors, startedAt, endedAt, untold });

/** What `restoreDetail` makes the same of, as of when it was read. */
export const detailState = ({ values, fieldErrors, untold }: ShownSource): SourcesState["detail"] => ({
  values,
  fieldErrors,
  untold: untold && [...untold],
});

export const restoreDetail = (
  { values, fieldErrors, untold }: NonNullable<SourcesState["detail"]>,
  readAt: number,
): ShownSource => createDetail({ values, fieldErrors }, readAt, readAt, untold && new Map(untold));
