import type { GraphQLResolveInfo } from "graphql";
import { DETAIL, type Entry, type Kind, type Known, type Records } from "../catalog/index.ts";
import { belongs, type Test } from "./belongs.ts";
import { connect } from "./connect.ts";
import type { ConnectionArgs } from "./connection.ts";
import type { GraphContext } from "./context.ts";
import { type ContractKind, type ContractState, stateOn } from "./contract-state.ts";
import type { Edge } from "./entity.ts";
import { doubts, gap, noteGaps } from "./gap.ts";
import type { Handle } from "./handle.ts";
import { after, type Later } from "./later.ts";

/** A reference to one record of another kind, at the age of the record that holds it. */
export function one<K extends Kind, F extends keyof Known<K> & string>(
  field: F,
  kind: Kind,
  id: (value: NonNullable<Known<K>[F]>) => number | null,
): Edge<K> {
  return {
    needs: [field],
    resolve: (handle, _args, context) => {
      const value = handle.known(field) as Known<K>[F];
      const target = value == null ? null : id(value);
      return target === null
        ? null
        : context.handle(context.catalog.store.entry(kind, target), handle.cutoff);
    },
  };
}

/** The records of a kind that refer to this one by `link`. */
export function many<K extends Kind>(kind: Kind, link: string): Edge<K, ConnectionArgs> {
  return {
    needs: [],
    resolve: (handle, args, context, info) =>
      connect(context, info, args, kind, { link, parents: () => ({ ids: [handle.id] }) }),
  };
}

/** The contract on this rental object that is in force on a day, at the age of the object. */
export function current<K extends Kind>(kind: ContractKind): Edge<K, { readonly on?: string | null }> {
  return {
    needs: [],
    resolve: (handle, { on }, context, info) =>
      currentContract(context, info, kind, handle as Handle, on ?? context.today),
  };
}

/** What decides whether a contract is in force, and on what. */
const PERIOD = ["startDate", "endDate"];
const DECIDES = [...PERIOD, "unitUsage"];

/** Throws AlmaError if a contract that was on the object when it was last read cannot be read: it may be the one. */
function currentContract(
  context: GraphContext,
  info: GraphQLResolveInfo,
  kind: ContractKind,
  object: Handle,
  day: string,
): Later<Handle | null> {
  const under = { link: "rentalObject", parents: [object.id] };
  const isOn = belongs(kind, under.link, under.parents);
  const members = context.catalog.members(context.work, { kind, byDetail: true, under });
  return after(members, (found) => {
    const own = [...found.unread.filter(({ entry }) => isOn(entry)), ...doubts(found.entries, PERIOD)];
    if (own.length > 0) throw gap(own, "nobody knows which contract is the current one");
    noteGaps(context, info, found, isOn);
    return pick(context, found.entries, isOn, day, object.cutoff);
  });
}

/** Picks from the index, then looks at the record itself; if it turns out otherwise, the next one is looked at. */
function pick(
  context: GraphContext,
  entries: readonly Entry[],
  isOn: Test,
  day: string,
  cutoff: number,
): Later<Handle | null> {
  const [chosen] = entries.filter((entry) => stateOf(entry, day) === "ACTIVE").sort(latestFirst);
  if (!chosen) return null;
  const handle = context.handle(chosen, cutoff);
  const isGone = () => chosen.gone(cutoff);
  const looked = handle.ensure(DETAIL)?.catch((error: unknown) => {
    if (!isGone()) throw error;
  });
  return after(looked, () => {
    if (!isGone()) {
      handle.trust(DECIDES);
      if (stateOf(handle, day) === "ACTIVE" && isOn(handle)) return handle;
    }
    const others = entries.filter((entry) => entry !== chosen);
    return pick(context, others, isOn, day, cutoff);
  });
}

const stateOf = ({ value }: Pick<Entry, "value">, day: string): ContractState =>
  stateOn(value as Known<ContractKind>, day);

/** The latest start counts, a missing one being the earliest; then the highest id. */
function latestFirst(a: Entry, b: Entry): number {
  const start = (entry: Entry): string => (entry.value as Partial<Records[ContractKind]>).startDate ?? "";
  return start(b).localeCompare(start(a), "en") || b.id - a.id;
}
