import type { GraphQLResolveInfo } from "graphql";
import { AlmaError } from "../../../alma/index.ts";
import type { ChangeQuery, LoggedChange, LogPosition } from "../../../catalog/index.ts";
import { badInput, type GraphContext, noteCut, type PageInfo, parsePageSize } from "../../../graph/index.ts";
import { changeLogOf } from "../log/change-log.ts";
import { isBefore } from "../log/place.ts";

/** The arguments of a page of changes. */
export interface ChangePageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** A page of changes. */
export interface ChangePage {
  readonly nodes: readonly LoggedChange[];
  readonly pageInfo: PageInfo;
  readonly knownSince: Date;
}

/** Rejects with BAD_USER_INPUT, and with CURSOR_EXPIRED for a cursor after which changes may be missing. */
export async function changePage(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { first, after }: ChangePageArgs,
  query: Omit<ChangeQuery, "after" | "limit">,
): Promise<ChangePage> {
  const changeLog = changeLogOf(context.catalog);
  if (context.otherCatalog)
    throw badInput(
      "@asOf",
      `${info.fieldName} is the past itself. Ask for it in a query of its own, without @asOf.`,
    );
  const size = parsePageSize("first", first, context.maxPageOf(info.fieldNodes[0]));
  context.operation.basis.noteVersion(changeLog);
  const knownSince = new Date(changeLog.knownSince(query.kinds));
  const isFromNow = after === "now" && !query.record;
  const asked = after == null || isFromNow ? undefined : parseCursor(after);
  if (asked && !(await changeLog.reaches(asked, query.kinds))) throw expiredCursor();
  // Who follows a stream goes on after a kill, so that it is told only what outlasts one.
  const known = context.request.isStreamed ? changeLog.durableEnd : changeLog.end;
  // What a filter leaves out behind the last change need not be looked at again.
  const end = query.record ? undefined : asked && isBefore(known, asked) ? asked : known;
  const start = isFromNow ? end : asked;
  const read = await changeLog.read({ ...query, after: start, limit: size + 1 });
  const found = context.request.isStreamed ? read.filter((change) => !isBefore(known, change)) : read;
  const nodes = found.slice(0, size);
  const hasNextPage = found.length > size;
  if (first == null && hasNextPage) noteCut(context, info);
  const cursorOf = (position: LogPosition | undefined) => (position ? encodeCursor(position) : null);
  return {
    nodes,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: start !== undefined,
      startCursor: cursorOf(nodes[0]),
      endCursor: cursorOf(hasNextPage ? (nodes.at(-1) ?? start) : (end ?? nodes.at(-1))),
    },
    knownSince,
  };
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

const expiredCursor = () =>
  new AlmaError(
    "CURSOR_EXPIRED",
    "What has changed since this cursor is not known: it is older than what is remembered (`knownSince`), or of changes " +
      "that were lost, with a process that had no store or with the backup that was put back. Read the records themselves, " +
      "and begin anew without `after`.",
  );
