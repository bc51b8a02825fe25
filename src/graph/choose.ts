import type { GraphQLResolveInfo } from "graphql";
import {
  DETAIL,
  type Entry,
  EXISTS,
  type Kind,
  type Level,
  type Members,
  SUMMARY,
} from "../catalog/index.ts";
import type { Test } from "./belongs.ts";
import type { Compiled } from "./compiled.ts";
import { Connection } from "./connection.ts";
import type { GraphContext } from "./context.ts";
import { encodeCursor } from "./cursor.ts";
import { doubts, noteGaps } from "./gap.ts";
import type { Later } from "./later.ts";
import { levelOfPage } from "./need.ts";
import { page } from "./page.ts";

/** Chooses a page of the candidates; under a parent, they are those that belong there by the index. */
export function choose<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kind: K,
  compiled: Compiled,
  found: Members,
  belongsUnder: Test | undefined,
): Later<Connection<K>> {
  const { order, ask, filtered, sorted } = compiled;
  const kept = keep(context, info, compiled, found, belongsUnder);
  const chosen = page(sorted ? [...kept].sort(order.compare) : kept, ask, order);
  const cursorOf = (entry: Entry) => encodeCursor(order, entry);
  if (!context.work.rereadsPages || !(filtered || belongsUnder))
    return new Connection<K>(context, chosen, chosen.rows, cursorOf, found.asOf);
  // Whatever the records turn out to be, the next page goes on where this one was cut from the index.
  const cursors = new Map(chosen.rows.map((entry) => [entry, cursorOf(entry)]));
  const level = belongsUnder
    ? DETAIL
    : (Math.max(compiled.filterLevel, levelOfPage(info, kind, context.settings.needs)) as Level);
  return reread(context, chosen.rows, level, compiled.filter.needs).then((entries) => {
    const now = keep(context, info, compiled, { entries, unread: [], unreadable: 0 }, belongsUnder);
    const shown = belongsUnder ? now.filter(belongsUnder) : now;
    return new Connection<K>(context, chosen, shown, (entry) => cursors.get(entry) as string, found.asOf);
  });
}

/** Who of them passes the filter. Those of whom nobody can say so are told beside the data. */
function keep(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { filter, filtered }: Compiled,
  found: Pick<Members, "entries" | "unread" | "unreadable">,
  belongsUnder: Test | undefined,
): readonly Entry[] {
  const doubtful = filtered ? doubts(found.entries, filter.needs) : [];
  const out = new Set(doubtful.map(({ entry }) => entry));
  noteGaps(context, info, { ...found, unread: [...found.unread, ...doubtful] }, belongsUnder);
  return filtered ? found.entries.filter((entry) => !out.has(entry) && filter.test(entry)) : found.entries;
}

/**
 * Reads the records of a page that an index chose, so that they are as young as was asked. Those gone are dropped; one
 * that cannot be read stays, and its fields say why.
 */
async function reread(
  context: GraphContext,
  rows: readonly Entry[],
  level: Level,
  decides: readonly string[],
): Promise<Entry[]> {
  const cutoff = context.work.reached;
  // A list tells that its records are there, and the fields that it does not leave open.
  const isTold = (entry: Entry) =>
    level !== DETAIL &&
    entry.at(EXISTS) > cutoff &&
    decides.every((field) => entry.at(SUMMARY, field) > cutoff) &&
    !entry.gone(cutoff);
  const want = { level: Math.max(level, SUMMARY) as Level, cutoff };
  const results = await Promise.allSettled(
    rows.map((record) => (isTold(record) ? record : context.load({ record, ...want }))),
  );
  return rows.filter((_, index) => {
    const result = results[index];
    return result?.status === "rejected" || result?.value !== undefined;
  });
}
