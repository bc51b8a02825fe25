import type { GraphQLResolveInfo } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import { isBefore, type LoggedChange, type LogPosition } from "../../catalog/index.ts";
import { badInput } from "../argument/bad-input.ts";
import { type PageInfo, parsePageSize, WHOLE } from "../argument/page.ts";
import type { GraphContext } from "../resolver/context.ts";
import { noteCut } from "../resolver/note-cut.ts";

/** The arguments of a page of changes. */
export interface ChangePageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** What a page is taken from: changes in their order, those after a position. */
type ChangesFrom = (after: LogPosition | undefined) => Iterable<LoggedChange>;

/** A page of changes. */
export interface ChangePage {
  readonly nodes: readonly LoggedChange[];
  readonly pageInfo: PageInfo;
  readonly knownSince: Date;
}

/**
 * A page of changes. `end`: where an empty page ends, if more may follow. Throws BAD_USER_INPUT, and CURSOR_EXPIRED for
 * a cursor after which changes may be missing.
 */
export function changePage(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { first, after }: ChangePageArgs,
  from: ChangesFrom,
  end?: LogPosition,
): ChangePage {
  const { changeLog, dates } = context.catalog;
  const isWhole = info.fieldNodes.some((node) => context.wholeFields.has(node));
  const size = parsePageSize("first", first, isWhole ? WHOLE : context.settings.maxPage);
  const start = after == null ? undefined : parseCursor(after);
  if (start && !changeLog.reaches(start)) throw expiredCursor();
  context.operation.basis.noteChanges(changeLog);
  const nodes: LoggedChange[] = [];
  let hasNextPage = false;
  for (const change of from(start)) {
    hasNextPage = nodes.length === size;
    if (hasNextPage) break;
    nodes.push(change);
  }
  if (first == null && hasNextPage) noteCut(context, info);
  const cursorOf = (position: LogPosition | undefined) => (position ? encodeCursor(position) : null);
  return {
    nodes,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: start !== undefined,
      startCursor: cursorOf(nodes[0]),
      // What a filter leaves out behind the last change need not be looked at again.
      endCursor: cursorOf(hasNextPage ? (nodes.at(-1) ?? start) : (end ?? nodes.at(-1))),
    },
    knownSince: dates.of(changeLog.knownSince),
  };
}

/** The changes of a list that are older than a position, the newest first. */
export function* newestFirst(
  changes: readonly LoggedChange[],
  before: LogPosition | undefined,
): Generator<LoggedChange, void> {
  for (let index = changes.length - 1; index >= 0; index--) {
    const change = changes[index] as LoggedChange;
    if (!before || isBefore(change, before)) yield change;
  }
}

/** The cursor of a place in the log. */
export const encodeCursor = ({ term, seq, n }: LogPosition): string =>
  Buffer.from(`change ${term} ${seq} ${n}`).toString("base64url");

function parseCursor(cursor: string): LogPosition {
  const text = cursor.length > 200 ? "" : Buffer.from(cursor, "base64url").toString();
  const [, term, seq, n] = /^change ([\w-]+) (\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  if (term === undefined)
    throw badInput("after", "this is no cursor of changes; use endCursor or an edge's cursor as they came.");
  return { term, seq: Number(seq), n: Number(n) };
}

const expiredCursor = (): AlmaError =>
  new AlmaError(
    "CURSOR_EXPIRED",
    "What has changed since this cursor is not known: the process that gave it has ended, or it is older than what is " +
      "remembered (`knownSince`). Read the records themselves, and begin anew without `after`.",
  );
