import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { AlmaError } from "../alma/index.ts";
import { DETAIL, type Entry, facts, type Kind, levelOf, type Members } from "../catalog/index.ts";
import { Connection, type ConnectionArgs } from "./connection.ts";
import type { GraphContext } from "./context.ts";
import type { Across } from "./entity.ts";
import { compileFilter, type Filter } from "./filter.ts";
import { after, all, type Later } from "./later.ts";
import { compileOrder, type Order } from "./order.ts";
import { type PageAsk, page, readPage } from "./page.ts";
import { resolveRefs } from "./resolve-ref.ts";

/** A reverse edge: the link by which its members refer to their parents, and the parents' ids. */
export interface Under {
  readonly link: string;
  readonly parents: () => Later<readonly number[]>;
}

/** A connection's arguments, read once for all parents of one place in the query. */
export interface Compiled {
  readonly filter: Filter;
  readonly order: Order;
  readonly ask: PageAsk;
  readonly filtered: boolean;
  readonly sorted: boolean;
  readonly byDetail: boolean;
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
  const members = (of: Kind, parents?: readonly number[]): Later<Members> =>
    context.catalog.members(context.work, {
      kind: of,
      byDetail: compiled.byDetail || parents !== undefined,
      ...(under && parents && { under: { link: under.link, parents } }),
    });
  const { across } = compiled;
  const others = new Set(across.flatMap(({ kinds }) => kinds));
  compiled.refs ??= resolveRefs(context, compiled.filter.refs);
  return after(compiled.refs, () =>
    after(all([...others].map((other) => members(other))), () =>
      after(under?.parents(), (parents) =>
        after(members(kind, parents), (found) =>
          after(all(across.map(({ readUnlisted }) => readUnlisted(context, found.entries))), () =>
            choose(context, info, compiled, found, under && parents && belongs(kind, under.link, parents)),
          ),
        ),
      ),
    ),
  );
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
    across: [...new Set(needs.flatMap((need) => across?.[need] ?? []))],
  };
}

type Test = (entry: Entry) => boolean;

/** Whether a record still refers to one of the parents. */
function belongs(kind: Kind, link: string, parents: readonly number[]): Test {
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
  noteGaps(context, info, found);
  const kept = filtered ? found.entries.filter(filter.test) : found.entries;
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

/** Says beside the data what could not be taken into account: once for each place in the query. */
function noteGaps(context: GraphContext, info: GraphQLResolveInfo, { unread, unreadable }: Members): void {
  const place = info.fieldNodes[0];
  if (context.once.has(place) || (unread.length === 0 && unreadable === 0)) return;
  context.once.set(place, true);
  const path = responsePathAsArray(info.path);
  const [first] = unread;
  if (first) {
    const message =
      `${unread.length} of the records that Alma lists could not be read (the first is ${first.entry.key}), so nobody ` +
      `knows whether they belong here, and they are left out. ${first.error.message}`;
    context.work.notes.push({ error: new AlmaError(first.error.code, message), path });
  }
  if (unreadable > 0) {
    const message = `${unreadable} entries of Alma's list have no usable id, so they are left out here. Tell Alma's operator.`;
    context.work.notes.push({ error: new AlmaError("ALMA_BAD_ANSWER", message), path });
  }
}
