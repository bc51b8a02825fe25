import type { Showing, ShownSource } from "./note-changes.ts";
import type { SourcesState } from "./record-state.ts";
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

  /** What `restore` makes the same of, as of when it was read. */
  toState(): SourcesState["detail"] {
    const { values, fieldErrors, untold } = this;
    return { values, fieldErrors, untold: untold && [...untold] };
  }

  static restore(
    { values, fieldErrors, untold }: NonNullable<SourcesState["detail"]>,
    readAt: number,
  ): Detail {
    return new Detail({ values, fieldErrors }, readAt, readAt, untold && new Map(untold));
  }
}
