import type { Showing, ShownSource } from "./note-changes.ts";
import type { FieldErrors, FieldValues, Source } from "./source.ts";

/** The fields of a record as its own read shows them. */
export class Detail implements ShownSource {
  readonly values: FieldValues;
  readonly fieldErrors: FieldErrors;
  startedAt: number;
  endedAt: number;
  untold: Map<string, Showing> | undefined;

  constructor(
    { values, fieldErrors }: Source,
    startedAt: number,
    endedAt: number,
    untold?: Detail["untold"],
  ) {
    this.values = values;
    this.fieldErrors = fieldErrors;
    this.startedAt = startedAt;
    this.endedAt = endedAt;
    this.untold = untold;
  }
}
