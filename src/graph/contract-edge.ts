import type { Known } from "../catalog/index.ts";
import { type Column, columns } from "./column.ts";
import type { GraphContext } from "./context.ts";
import { type ContractKind, type ContractState, stateOn } from "./contract-state.ts";
import { one } from "./edge.ts";
import type { Across, Edge } from "./entity.ts";
import type { FilterTable } from "./filter.ts";
import { custom, ref } from "./filter-field.ts";
import { vanished } from "./handle.ts";
import { levelBelow } from "./need.ts";
import { readUnlistedObjects } from "./unlisted.ts";

type Contract = {
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly unitUsage: {
    readonly unitId: number | null;
    readonly clientId: number | null;
    readonly isArchived: boolean | null;
  } | null;
};
const of = columns<Contract>();

/** What decides the state of a contract. */
const STATE = ["startDate", "endDate", "unitUsage"] as const;

/**
 * The unit or room of a contract. Its id does not say which of the two it is: what is selected below decides how that
 * is found out.
 */
const rentalObject: Edge<ContractKind> = {
  needs: ["unitUsage"],
  resolve: (handle, _args, context, info) => {
    const usage = handle.known("unitUsage") as Contract["unitUsage"];
    const id = usage?.unitId ?? null;
    if (id === null) return null;
    const known = context.catalog.store.rentalObject(id);
    if (known) return context.handle(known, handle.cutoff);
    const record = { rentalObject: id };
    const level = levelBelow(info, ["unit", "room"], context.settings.needs);
    return context.load({ record, level, cutoff: handle.cutoff }).then((entry) => {
      if (!entry) throw vanished(`unit or room ${id}`);
      return context.handle(entry, handle.cutoff);
    });
  },
};

/** The fields that owner and tenant contracts have beside their own. Alma: Contracts. */
export const contractEdges = {
  isArchived: {
    needs: ["unitUsage"],
    resolve: (handle) => (handle.known("unitUsage") as Contract["unitUsage"])?.isArchived ?? null,
  } satisfies Edge<ContractKind>,
  rentalObject,
  client: one<ContractKind, "unitUsage">("unitUsage", "client", ({ clientId }) => clientId),
  state: {
    needs: STATE,
    resolve: (handle, { on }, context) => {
      // What Alma answered unreadably makes the state unknown, not another.
      handle.trust(STATE);
      return stateOn(handle.value, on ?? context.today);
    },
  } satisfies Edge<ContractKind, { readonly on?: string | null }>,
};

/** The building of a contract's rental object, which is read from that object. */
const BUILDING = "rentalObject.building";

/** What the filter by building reads. */
export const across: Readonly<Record<string, Across>> = {
  [BUILDING]: {
    kinds: ["unit", "room"],
    link: "rentalObject",
    field: "building",
    readUnlisted: readUnlistedObjects,
  },
};

function buildingOf(context: GraphContext): Column<number> {
  const object = of.int("unitUsage", ({ unitId }) => unitId);
  return {
    needs: ["unitUsage", BUILDING],
    comparison: object.comparison,
    read: (row) => {
      const id = object.read(row);
      const value = id === null ? undefined : context.catalog.store.rentalObject(id)?.value;
      return (value as Known<"unit"> | undefined)?.building?.id ?? null;
    },
  };
}

/** The filters that both kinds of contracts have beside their own. */
export function contractFilters(context: GraphContext): FilterTable {
  return {
    startDate: of.date("startDate"),
    endDate: of.date("endDate"),
    isArchived: of.flag("unitUsage", ({ isArchived }) => isArchived),
    client: ref(
      of.int("unitUsage", ({ clientId }) => clientId),
      "Client",
    ),
    rentalObject: ref(
      of.int("unitUsage", ({ unitId }) => unitId),
      "Unit",
      "Room",
    ),
    building: ref(buildingOf(context), "Building"),
    state: custom<Contract, readonly ContractState[]>(
      STATE,
      (states) => (value) => states.includes(stateOn(value as Known<ContractKind>, context.today)),
    ),
    activeOn: custom<Contract, string>(
      STATE,
      (day) => (value) => stateOn(value as Known<ContractKind>, day) === "ACTIVE",
    ),
  };
}
