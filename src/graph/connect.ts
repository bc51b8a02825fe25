import type { GraphQLResolveInfo } from "graphql";
import { DETAIL, type Entry, facts, type Kind, levelOf, type Members } from "../catalog/index.ts";
import { Connection, type ConnectionArgs } from "./connection.ts";
import type { GraphContext } from "./context.ts";
import type { Across } from "./entity.ts";
import { compileFilter, type Filter } from "./filter.ts";
import { doubts, noteGaps, type Unread } from "./gap.ts";
import { after, all, type Later } from "./later.ts";
import { compileOrder, type Order } from "./order.ts";
import { type PageAsk, page, readPage } from "./page.ts";
import { resolveRefs } from "./resolve-ref.ts";

/** A reverse edge: the link by which its members refer to their parents, and the parents' ids. */
export interface Under {
  readonly link: string;
  readonly parents: () => Later<Parents>;
}

/** The ids of parents, and records that could not be read, so that nobody knows whether they are parents too. */
interface Parents {
  readonly ids: readonly number[];
  readonly unread?: Unread;
}

/** A connection's arguments, read once for all parents of one place in the query. */
export interface Compiled {
  readonly filter: Filter;
  readonly order: Order;
  readonly ask: PageAsk;
  readonly filtered: boolean;
  readonly sorted: boolean;
  readonly byDetail: boolean;
  /** The record's own fields that decide who belongs, or in what order. */
  readonly needs: readonly string[];
  /** What has to be known of other kinds. */
  readonly across: readonly Across[];
  /** Done once the refs in the filter have been looked up. */
  refs?: Later<void>;
}

/**
 * Answers a connection field, at once if nothing has to be read. Throws BAD_USER_INPUT before any call to Alma,
 * AlmaError if membership cannot be known.
 */
export function connect<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  kind: K,
  under?: Under,
): Later<Connection<K>> {
  const compiled = compile(context, info, args, kind);
  const { catalog, work } = context;
  const { across, byDetail } = compiled;
  const members = (parents?: readonly number[]): Later<Members> =>
    catalog.members(work, {
      kind,
      asListed: !compiled.filtered && !under,
      byDetail: byDetail || parents !== undefined,
      byList: compiled.needs,
      ...(under && parents && { under: { link: under.link, parents } }),
    });
  const others = new Set(across.flatMap(({ kinds }) => kinds));
  const lost: Unread[number][] = [];
  const listed = (other: Kind) =>
    after(catalog.members(work, { kind: other, byDetail }), ({ unread }) => void lost.push(...unread));
  compiled.refs ??= resolveRefs(context, compiled.filter.refs);
  return after(compiled.refs, () =>
    after(all([...others].map(listed)), () =>
      after(under?.parents(), (parents) =>
        after(members(parents?.ids), (found) =>
          after(lookAcross(context, compiled, kind, found, lost), (seen) => {
            const unread = [...(parents?.unread ?? []), ...seen.unread];
            const belongsUnder = under && parents && belongs(kind, under.link, parents.ids);
            return choose(context, info, compiled, { ...seen, unread }, belongsUnder);
          }),
        ),
      ),
    ),
  );
}

/**
 * Leaves out the candidates that refer to a record of another kind which the filter reads, and nobody could: one of
 * `listed`, or one that no list names.
 */
function lookAcross(
  context: GraphContext,
  { across: [first] }: Compiled,
  kind: Kind,
  found: Members,
  listed: Unread,
): Later<Members> {
  if (!first) return found;
  return after(first.readUnlisted(context, found.entries), (unlisted) => {
    const lost = [...listed, ...unlisted];
    if (lost.length === 0) return found;
    const ids = lost.map(({ entry }) => entry.id);
    const refers = belongs(kind, first.link, ids);
    const entries = found.entries.filter((entry) => !refers(entry));
    return { ...found, entries, unread: [...found.unread, ...lost] };
  });
}

function compile(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  kind: Kind,
): Compiled {
  const known = context.once.get(info.fieldNodes) as Compiled | undefined;
  if (known) return known;
  const compiled = readArguments(context, args, kind);
  context.once.set(info.fieldNodes, compiled);
  return compiled;
}

/** What a connection's arguments ask for. Throws BAD_USER_INPUT. */
export function readArguments(context: GraphContext, args: ConnectionArgs, kind: Kind): Compiled {
  const { typeName, summary } = facts[kind];
  const { filters, orders, across } = context.listable(kind);
  const order = compileOrder(typeName, orders, args.orderBy);
  const ask = readPage(args, order, context.settings.maxPage);
  const filter = compileFilter(filters(context), args.filter);
  const needs = [...filter.needs, ...order.needs];
  return {
    filter,
    order,
    ask,
    filtered: args.filter != null,
    sorted: (args.orderBy?.length ?? 0) > 0,
    byDetail: levelOf(summary, needs) === DETAIL,
    needs,
    across: [...new Set(needs.flatMap((need) => across?.[need] ?? []))],
  };
}

/** What is known of a record, at a time. */
export type Version = Pick<Entry, "value">;

/** Whether a record belongs somewhere, by what is known of it. */
export type Test = (record: Version) => boolean;

/** Whether a record still refers to one of the parents. */
export function belongs(kind: Kind, link: string, parents: readonly number[]): Test {
  const parent = (facts[kind].links as Record<string, (value: Entry["value"]) => number | null | undefined>)[
    link
  ];
  return ({ value }) => parents.includes(parent?.(value) ?? 0);
}

function choose<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { filter, order, ask, filtered, sorted }: Compiled,
  found: Members,
  belongsUnder: Test | undefined,
): Later<Connection<K>> {
  const doubtful = filtered ? doubts(found.entries, filter.needs) : [];
  const out = new Set(doubtful.map(({ entry }) => entry));
  noteGaps(context, info, { ...found, unread: [...found.unread, ...doubtful] }, belongsUnder);
  const kept = filtered
    ? found.entries.filter((entry) => !out.has(entry) && filter.test(entry))
    : found.entries;
  const rows = sorted ? [...kept].sort(order.compare) : kept;
  const chosen = page(rows, ask, order);
  const answer = (now: readonly Entry[]) =>
    new Connection<K>(context, { ...chosen, rows: now }, order, found.asOf);
  if (!context.work.rereadsPages || !(filtered || belongsUnder)) return answer(chosen.rows);
  return reread(context, chosen.rows).then((now) =>
    answer(now.filter((entry) => filter.test(entry) && (belongsUnder?.(entry) ?? true))),
  );
}

/** Reads the records of a page that an index chose, so that they are as young as was asked; those gone are dropped. */
async function reread(context: GraphContext, rows: readonly Entry[]): Promise<Entry[]> {
  const cutoff = context.work.reached;
  const results = await Promise.allSettled(
    rows.map((record) => context.load({ record, level: DETAIL, cutoff })),
  );
  // One that cannot be read stays, and its fields say why.
  return rows.filter((_, index) => {
    const result = results[index];
    return result?.status === "rejected" || result?.value !== undefined;
  });
}
