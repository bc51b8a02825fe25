import type { Kind } from "../../catalog/index.ts";
import { createSharedLink, type FilterCompilation, type FilterField, isLinked } from "../argument/filter.ts";
import type { FilterContext } from "../resolver/connection-spec.ts";
import { almaId } from "../scan/column.ts";
import { compileCondition } from "../scan/condition.ts";
import { allOf, always, anyOf, not, type Predicate } from "../scan/predicate.ts";
import { activeOn, unitId } from "./contract-state.ts";
import { letWholeColumn, parentUnitId, rentalObjectColumns } from "./rental-object-column.ts";

const { isArchived: archivedColumn } = rentalObjectColumns;

/** Filters for units or rooms that can be let and are let, by the rules of `letting-field.ts`. */
export function lettingFilters(context: FilterContext, kind: Kind) {
  return {
    isLettable: (isWanted, _argument, compilation) => {
      const lettable = lettablePredicate(context, kind, compilation);
      return isWanted === true ? lettable : not(lettable);
    },
    isVacantOn: (day, _argument, compilation) => vacantPredicate(context, kind, day as string, compilation),
    hasContractOn: (day, _argument, compilation) =>
      isLinked(compilation, almaId, contractsLink(context, day as string)),
  } satisfies Readonly<Record<string, FilterField>>;
}

/** Creates the condition that a unit or room can be let. */
export const lettablePredicate = (
  context: FilterContext,
  kind: Kind,
  compilation: FilterCompilation,
): Predicate =>
  kind === "unit" ? lettableUnitPredicate(context, compilation) : lettableRoomPredicate(context, compilation);

/** Creates the condition that a unit or room can be let and is vacant on a day. */
export function vacantPredicate(
  context: FilterContext,
  kind: Kind,
  day: string,
  compilation: FilterCompilation,
) {
  const occupied = occupiedPredicate(context, kind, day, compilation);
  return allOf([not(occupied), lettablePredicate(context, kind, compilation)]);
}

function lettableUnitPredicate(context: FilterContext, compilation: FilterCompilation) {
  compilation.columns.add(archivedColumn).add(letWholeColumn);
  return allOf([
    compileCondition(archivedColumn, "ne", true),
    anyOf([
      compileCondition(letWholeColumn, "eq", true),
      not(isLinked(compilation, almaId, unitsWithRooms(context))),
    ]),
  ]);
}

function lettableRoomPredicate(context: FilterContext, compilation: FilterCompilation) {
  compilation.columns.add(archivedColumn);
  return allOf([
    compileCondition(archivedColumn, "ne", true),
    not(isLinked(compilation, parentUnitId, unitsNotLetByRoom(context), "parentUnit")),
  ]);
}

/** Creates the condition that a contract covers a day on the object, on the unit of a room, or on a room of a unit. */
export function occupiedPredicate(
  context: FilterContext,
  kind: Kind,
  day: string,
  compilation: FilterCompilation,
) {
  const contracts = contractsLink(context, day);
  const isLet = isLinked(compilation, almaId, contracts);
  if (kind === "room") return anyOf([isLet, isLinked(compilation, parentUnitId, contracts)]);
  return anyOf([isLet, isLinked(compilation, almaId, unitsOfRoomsLetOn(context, day))]);
}

/** The units and rooms with tenant contracts that cover a day. */
const contractsLink = (context: FilterContext, day: string) =>
  createSharedLink(context, `contracts on ${day}`, [
    {
      kind: "tenantContract",
      reference: { relation: "rentalObject", column: unitId },
      compile: (compilation) => activeOn(day, "filter", compilation, 1),
    },
  ]);

/** The units of the selected rooms. */
const unitsOfRooms = (
  context: FilterContext,
  key: string,
  compile: (compilation: FilterCompilation) => Predicate,
) =>
  createSharedLink(context, key, [
    {
      kind: "room",
      reference: { relation: "parentUnit", column: parentUnitId },
      compile: (compilation) => {
        compilation.columns.add(parentUnitId);
        return compile(compilation);
      },
    },
  ]);

const unitsOfRoomsLetOn = (context: FilterContext, day: string) =>
  unitsOfRooms(context, `units of rooms let on ${day}`, (compilation) =>
    isLinked(compilation, almaId, contractsLink(context, day)),
  );

const unitsWithRooms = (context: FilterContext) => unitsOfRooms(context, "units with rooms", () => always);

/** The units in which no room can be let, because they are archived or let as a whole. */
const unitsNotLetByRoom = (context: FilterContext) =>
  createSharedLink(context, "units not let by room", [
    {
      kind: "unit",
      compile: ({ columns }) => {
        columns.add(archivedColumn).add(letWholeColumn);
        return anyOf([
          compileCondition(archivedColumn, "eq", true),
          compileCondition(letWholeColumn, "eq", true),
        ]);
      },
    },
  ]);
