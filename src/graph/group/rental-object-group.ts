import type { CachedRecord, Kind } from "../../catalog/index.ts";
import { compileWith, type Filter } from "../argument/filter.ts";
import type { LinkedColumn } from "../argument/order.ts";
import { stateColumns, unitId } from "../letting/contract-state.ts";
import { lettablePredicate, occupiedPredicate, vacantPredicate } from "../letting/letting-filter.ts";
import {
  buildingId,
  numberOfBedrooms,
  parentUnitId,
  projectId,
  rentalObjectColumns,
} from "../letting/rental-object-column.ts";
import type { DayNumber } from "../rent/day.ts";
import { coverageOf, type DayRange } from "../rent/rent.ts";
import type {
  FilterContext,
  FlagCondition,
  GroupContext,
  GroupNumber,
  GroupSpec,
} from "../resolver/connection-spec.ts";
import type { Block } from "../scan/block.ts";
import { almaId, booleanOrdering, type Column, inOrderOf, numberOrdering } from "../scan/column.ts";
import { allOf } from "../scan/predicate.ts";
import { amountOf, toTotal } from "./group-number.ts";
import { choiceKey, linkKey, ownerKey, type Project, projectPart, requireLinks, valueKey } from "./key.ts";
import { daysWithin } from "./periods.ts";

/** Whether a unit or room can be let. */
const lettable: FlagCondition = ({ filters }, kind) =>
  compileWith((compilation) => lettablePredicate(filters, kind, compilation));

/** Whether it can be let and is vacant on the day. */
const vacant: FlagCondition = ({ filters, day }, kind) =>
  compileWith((compilation) => vacantPredicate(filters, kind, day, compilation));

/** Whether it can be let and is occupied on the day. */
const occupied: FlagCondition = ({ filters, day }, kind) =>
  compileWith((compilation) =>
    allOf([
      lettablePredicate(filters, kind, compilation),
      occupiedPredicate(filters, kind, day, compilation),
    ]),
  );

/** Returns a reader of 1 for the rows that meet a condition. */
const readWhere = (
  { columns, predicate }: Filter,
  readMask: (mask: Uint8Array, block: Block, start: number) => void,
) => ({
  columns,
  read(block: Block, start: number) {
    const mask = block.takeMask().fill(1);
    predicate(block, mask);
    readMask(mask, block, start);
    block.returnMask();
  },
});

/** Counts the rows that meet a condition; in periods, the days. */
function flagNumber(flag: FlagCondition, isInPeriods?: boolean): GroupNumber {
  return {
    isInPeriods,
    needs: flag,
    begin: (size, context) => {
      const holds = new Uint8Array(size);
      return {
        reader: (kind) => readWhere(flag(context, kind), (mask, _block, start) => holds.set(mask, start)),
        at: (position, from, to) => (holds[position] as number) * (isInPeriods ? to - from + 1 : 1),
      };
    },
    show: toTotal,
  };
}

/** Links to all contracts on the unit or room in the column. */
const contractLink = (context: FilterContext, column: Column<number>) =>
  requireLinks(context, "contracts with days", column, [
    {
      kind: "tenantContract",
      reference: { relation: "rentalObject", column: unitId },
      columns: stateColumns,
    },
  ]);

/** Links to all contracts that may cover days of a unit or room. */
function contractLinks(context: FilterContext, kind: Kind) {
  const own = contractLink(context, almaId);
  if (kind === "room") return [own, contractLink(context, parentUnitId)];
  const ofRooms = requireLinks(context, "rooms with contracts", almaId, [
    {
      kind: "room",
      reference: { relation: "parentUnit", column: parentUnitId },
      columns: [parentUnitId],
      follow: [contractLink(context, almaId)],
    },
  ]);
  return [own, ofRooms];
}

/** Counts the days in a period on which a lettable object is occupied or vacant. */
function letDays(countDays: (letDays: number, days: number) => number): GroupNumber {
  return {
    isInPeriods: true,
    needs: (context, kind) => {
      const { requiredFields, links } = lettable(context, kind);
      const columns = kind === "room" ? [...requiredFields, "parentUnit"] : requiredFields;
      return { requiredFields: columns, links: [...links, ...contractLinks(context.filters, kind)] };
    },
    begin: (size, context) => {
      const rangesOf = new Array<readonly DayRange[] | undefined>(size);
      return {
        // Objects that cannot be let have no entry.
        reader: (kind) =>
          readWhere(lettable(context, kind), (mask, block, start) => {
            for (let index = 0; index < block.size; index++) {
              if (mask[index] === 0) continue;
              const contracts = context.contractsOn(block.row(index) as CachedRecord);
              rangesOf[start + index] = unite(contracts.flatMap((one) => coverageOf(one) ?? []));
            }
          }),
        at(position, from, to) {
          const ranges = rangesOf[position];
          return ranges ? countDays(daysIn(ranges, from, to), to - from + 1) : 0;
        },
      };
    },
    show: toTotal,
  };
}

/** Merges ranges of days so that none overlap. */
function unite(ranges: DayRange[]): readonly DayRange[] {
  const united: { from: DayNumber; to: DayNumber }[] = [];
  for (const { from, to } of ranges.sort((one, other) => one.from - other.from)) {
    const last = united.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else united.push({ from, to });
  }
  return united;
}

function daysIn(ranges: readonly DayRange[], from: DayNumber, to: DayNumber) {
  let days = 0;
  for (const range of ranges) days += daysWithin(range, from, to);
  return days;
}

/** Measures of units and rooms: how many can be let and are occupied, on a day or over periods. */
const lettingNumbers = {
  lettable: flagNumber(lettable),
  occupied: flagNumber(occupied, false),
  vacant: flagNumber(vacant, false),
  lettableDays: flagNumber(lettable, true),
  occupiedDays: letDays((letDays) => letDays),
  /** Used only to order groups. */
  vacantDays: letDays((letDays, days) => days - letDays),
};

const { status, propertyType, isArchived, goalRentCost, internalArea } = rentalObjectColumns;

/** Returns the column of the unit itself, or of a room's unit. */
const unitIdOf = (kind: Kind) => (kind === "room" ? parentUnitId : almaId);

/** Group keys of both units and rooms. */
export const rentalObjectKeys = {
  BUILDING: linkKey("building", ["building"], buildingId),
  PROJECT: {
    ...valueKey("project", projectId),
    part: projectPart(
      () =>
        ({ value }) =>
          (value.project ?? null) as Project | null,
    ),
  },
  STATUS: valueKey("status", status),
  PROPERTY_TYPE: choiceKey("propertyType", propertyType),
  IS_ARCHIVED: valueKey("isArchived", isArchived),
  OWNER: ownerKey(unitIdOf),
} satisfies GroupSpec["keys"];

/** Amounts of units and rooms, and orders by their sums. */
export const rentalObjectAmounts = {
  numbers: {
    goalRentCost: amountOf(() => goalRentCost),
    internalArea: amountOf(() => internalArea),
  },
  orders: { GOAL_RENT_COST_SUM: "goalRentCost", INTERNAL_AREA_SUM: "internalArea" },
} satisfies Partial<GroupSpec>;

/** The kinds in the order of the schema. */
const kinds = inOrderOf(["UNIT", "ROOM"]);

const kindColumn: Column<string> = {
  requiredFields: [],
  comparison: kinds,
  read: (row) => ((row as CachedRecord).kind === "unit" ? "UNIT" : "ROOM"),
};

/** Links to the unit whose bedrooms count. */
const followBedrooms = (context: FilterContext, kind: Kind) => [
  requireLinks(context, "units with bedrooms", unitIdOf(kind), [
    { kind: "unit", columns: [numberOfBedrooms] },
  ]),
];

/** Orders units and rooms by the bedrooms of the unit. */
export const bedroomsOrder = (context: FilterContext): LinkedColumn => ({
  ...numberOfBedrooms,
  key: undefined,
  requiredFields: [...numberOfBedrooms.requiredFields, ...parentUnitId.requiredFields],
  read(row) {
    const unitId = (row as CachedRecord).kind === "room" ? parentUnitId.read(row) : row.id;
    const unit = context.catalog.store.tables.unit.get(unitId ?? 0);
    return unit ? numberOfBedrooms.read(unit) : null;
  },
  links: (kind) => followBedrooms(context, kind),
});

/** Groups of units and rooms together. */
export const rentalObjectGroups: GroupSpec = {
  keys: {
    KIND: { field: "kind", column: kindColumn, comparison: kinds },
    ...rentalObjectKeys,
    UNIT: linkKey("unit", ["unit"], unitIdOf),
    NUMBER_OF_BEDROOMS: {
      field: "numberOfBedrooms",
      column: unitIdOf,
      comparison: numberOrdering,
      follow: followBedrooms,
      derive:
        ({ filters }: GroupContext) =>
        (id: number) => {
          const found = filters.catalog.store.findRentalObject(id);
          return found ? numberOfBedrooms.read(found) : null;
        },
    },
    IS_LETTABLE: {
      field: "isLettable",
      flags: [lettable],
      decide: (holds) => holds(0),
      comparison: booleanOrdering,
    },
    IS_VACANT: {
      field: "isVacant",
      flags: [lettable, vacant],
      decide: (holds) => (holds(0) ? holds(1) : null),
      comparison: booleanOrdering,
    },
  },
  numbers: { ...rentalObjectAmounts.numbers, ...lettingNumbers },
  ratios: {
    occupancy: {
      part: { plain: "occupied", inPeriods: "occupiedDays" },
      whole: { plain: "lettable", inPeriods: "lettableDays" },
    },
  },
  orders: {
    VACANT: { plain: "vacant", inPeriods: "vacantDays" },
    OCCUPANCY: "occupancy",
    ...rentalObjectAmounts.orders,
  },
  coverage: "all",
};
