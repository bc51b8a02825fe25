import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { AlmaError } from "../alma/index.ts";
import { type Entry, faultIn, type Members } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";

/** Records of which nobody can say whether they belong where they are asked for, each with the reason. */
export type Unread = Members["unread"];

/** What a choice rests on: the oldest reading behind it, and of whom nobody can say whether they count. */
export type Ground = Pick<Members, "asOf" | "unread">;

/** The records of which Alma answered unreadably one of these fields, which decide something. */
export function doubts(entries: readonly Entry[], fields: readonly string[]): Unread {
  const found: Unread[number][] = [];
  for (const entry of entries) {
    const error = faultIn(entry, fields);
    if (error) found.push({ entry, error });
  }
  return found;
}

/**
 * Says beside the data what could not be taken into account. A record that, when it was last read, belonged here is
 * told at this path; of all others nobody knows where they belong: they are told once for each place in the query.
 */
export function noteGaps(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { unread, unreadable }: Pick<Members, "unread" | "unreadable">,
  belongs?: (entry: Entry) => boolean,
): void {
  if (unread.length === 0 && unreadable === 0) return;
  const note = (error: AlmaError) =>
    context.work.notes.push({ error: context.work.fieldError(error), path: responsePathAsArray(info.path) });
  const own = belongs ? unread.filter(({ entry }) => belongs(entry)) : [];
  if (own.length > 0) note(gap(own, "they are left out here"));
  if (!isFirst(context, info)) return;
  const others = belongs ? unread.filter(({ entry }) => !belongs(entry)) : unread;
  if (others.length > 0) {
    const scope = belongs ? "here or at another place of the same list" : "here";
    note(gap(others, `nobody knows whether they belong ${scope}, and they are left out`));
  }
  if (unreadable > 0) note(nameless(unreadable));
}

/** Whether this is the first of the objects at its place in the query; a fragment has a place for each spread. */
function isFirst({ once }: GraphContext, { fieldNodes: [node], path }: GraphQLResolveInfo): boolean {
  const places = (once.get(node) as Set<string> | undefined) ?? new Set();
  once.set(node, places);
  const place = responsePathAsArray(path)
    .filter((key) => typeof key === "string")
    .join(".");
  return places.size < places.add(place).size;
}

/** What is wrong with records of which nobody knows what would decide. */
export function gap(unread: Unread, consequence: string): AlmaError {
  const [first] = unread;
  const { code = "ALMA_BAD_ANSWER", message = "" } = first?.error ?? {};
  return new AlmaError(
    code,
    `${unread.length} of the records that decide this could not be read (the first is ${first?.entry.key}), so ` +
      `${consequence}. ${message}`,
  );
}

/** What is wrong with entries of a list that are no records. */
export function nameless(count: number): AlmaError {
  const message = `${count} entries of one of Alma's lists have no usable id, so they are left out here. Tell Alma's operator.`;
  return new AlmaError("ALMA_BAD_ANSWER", message);
}
