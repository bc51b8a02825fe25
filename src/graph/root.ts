import type { GraphQLResolveInfo } from "graphql";
import { type Entry, EXISTS, facts, type Kind, kinds, type Level, SUMMARY } from "../catalog/index.ts";
import { connect } from "./connect.ts";
import type { Connection, ConnectionArgs } from "./connection.ts";
import type { GraphContext } from "./context.ts";
import { badInput } from "./errors.ts";
import type { QueryNodeArgs, QueryNodesArgs } from "./generated.ts";
import type { Handle } from "./handle.ts";
import type { Later } from "./later.ts";
import { levelBelow } from "./need.ts";
import { decodeId, type Named, type RefInput, requestRef } from "./ref.ts";
import { kindOf, lookUp } from "./resolve-ref.ts";

type Resolve<Args, Answer> = (
  parent: unknown,
  args: Args,
  context: GraphContext,
  info: GraphQLResolveInfo,
) => Answer;

/** `unit(ref)`: one record of one of these kinds, or null if the ref names none. */
export function single<K extends Kind>(
  ...among: readonly [K, ...K[]]
): Resolve<{ readonly ref: RefInput }, Later<Handle<K> | null>> {
  const types = among.map((kind) => facts[kind].typeName) as [string, ...string[]];
  return (_parent, { ref }, context, info) =>
    named(context, requestRef(ref, "ref", types), info) as Later<Handle<K> | null>;
}

/** `units(...)`: the records that Alma lists. */
export function list<K extends Kind>(kind: K): Resolve<ConnectionArgs, Later<Connection<K>>> {
  return (_parent, args, context, info) => connect(context, info, args, kind);
}

/** `node(id)`: one record of any type. */
export const node: Resolve<QueryNodeArgs, Later<Handle | null>> = (_parent, { id }, context, info) =>
  named(context, globalId(id, "id"), info);

/** `nodes(ids)`: several records of any types, in the order asked for. */
export const nodes: Resolve<QueryNodesArgs, Later<Handle | null>[]> = (_parent, { ids }, context, info) => {
  return globalIds(ids, context).map((one) => named(context, one, info));
};

const typeNames = kinds.map((kind) => facts[kind].typeName);

/** What several global ids name. Throws BAD_USER_INPUT for one that is none, and for too many. */
export function globalIds(ids: readonly string[], { settings }: GraphContext): Named<string>[] {
  const { maxPage } = settings;
  if (ids.length > maxPage)
    throw badInput("ids", `${ids.length} ids are too many; ask for ${maxPage} at most.`);
  return ids.map((id, index) => globalId(id, `ids.${index}`));
}

/** What a global id names. Throws BAD_USER_INPUT. */
export function globalId(id: string, argument: string): Named<string> {
  const found = decodeId(id);
  if (found && typeNames.includes(found.type)) return { ref: { id: found.id }, types: [found.type] };
  throw badInput(
    argument,
    `${JSON.stringify(id)} is no id of a record; one looks like "Unit:9199" and begins with ${typeNames.join(", ")}.`,
  );
}

/** The record that a ref names, read as well as what is selected below needs it; null if there is none. */
export function named(
  context: GraphContext,
  { ref, types }: Named<string>,
  info: GraphQLResolveInfo,
): Later<Handle | null> {
  const cutoff = context.work.named;
  const handle = (entry: Entry | undefined) =>
    entry && !entry.gone(cutoff) ? context.handle(entry, cutoff) : null;
  if ("externalId" in ref) return lookUp(context, ref.externalId, types).then(handle);
  const among = types.map(kindOf);
  const level = levelBelow(info, among, context.settings.needs);
  const [kind] = among;
  const store = context.catalog.store;
  const entry = kind && among.length === 1 ? store.entry(kind, ref.id) : store.rentalObject(ref.id);
  if (entry && (entry.gone(cutoff) || isKnown(entry, level, cutoff))) return handle(entry);
  const record = entry ?? { rentalObject: ref.id };
  return context.load({ record, level, cutoff }).then(handle);
}

/** Whether a record is there, as far as is known well and freshly enough for what is selected below it. */
function isKnown(entry: Entry, level: Level, cutoff: number): boolean {
  return entry.at(level === EXISTS ? SUMMARY : level) > cutoff;
}
