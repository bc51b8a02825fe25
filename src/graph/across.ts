import type { Kind, Members } from "../catalog/index.ts";
import { belongs } from "./belongs.ts";
import type { GraphContext } from "./context.ts";
import type { Across } from "./entity.ts";
import { doubts, type Ground } from "./gap.ts";
import { after, all, type Later } from "./later.ts";

/** Reads the records of other kinds that a filter reads, as far as lists name them. */
export function readAcross(context: GraphContext, across: Across | undefined): Later<Ground | undefined> {
  if (!across) return undefined;
  const grounds: Ground[] = [];
  const reads = across.kinds.map((kind) => {
    const members = context.catalog.members(context.work, { kind, byDetail: true, decides: [across.field] });
    return after(members, (found) => void grounds.push(found));
  });
  return after(all(reads), () => ({
    asOf: Math.min(...grounds.map(({ asOf }) => asOf)),
    unread: grounds.flatMap(({ unread }) => unread),
  }));
}

/**
 * Leaves out the candidates that refer to a record of another kind of which nobody knows the field that the filter
 * reads: one of those `listed`, or one that no list names.
 */
export function lookAcross(
  context: GraphContext,
  across: Across | undefined,
  kind: Kind,
  found: Members,
  listed: Ground | undefined,
): Later<Members> {
  if (!across || !listed) return found;
  return after(across.readUnlisted(context, found.entries), (unlisted) => {
    const lost = [...listed.unread, ...unlisted.unread, ...doubts(unlisted.entries, [across.field])];
    const asOf = Math.min(found.asOf, listed.asOf, unlisted.asOf);
    if (lost.length === 0) return { ...found, asOf };
    const ids = lost.map(({ entry }) => entry.id);
    const refers = belongs(kind, across.link, ids);
    const entries = found.entries.filter((entry) => !refers(entry));
    return { ...found, asOf, entries, unread: [...found.unread, ...lost] };
  });
}
