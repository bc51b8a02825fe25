import type { Records } from "../../alma/index.ts";
import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import { compileWith, type FilterLink } from "../argument/filter.ts";
import type { LinkedColumn } from "../argument/order.ts";
import {
  archivedColumn,
  COVERAGE_FIELDS,
  type ContractState,
  clientId,
  endDate,
  startDate,
  stateColumns,
  statePredicate,
  unitId,
} from "../letting/contract-state.ts";
import { PRICE_FIELDS, RENT_FIELDS } from "../letting/rent-field.ts";
import {
  buildingId,
  buildingName,
  parentUnitId,
  projectId,
  rentalObjectColumns,
  unitName,
} from "../letting/rental-object-column.ts";
import {
  type DayEnd,
  type DayRange,
  dayEndOf,
  monthlyPriceOf,
  type PricedContract,
  type RentSettings,
  type RentTerms,
  rentBetweenEnds,
  rentTermsOf,
} from "../rent/rent.ts";
import type {
  FilterContext,
  FlagCondition,
  GroupContext,
  GroupKey,
  GroupNumber,
  GroupSpec,
  RowReader,
} from "../resolver/connection-spec.ts";
import {
  almaId,
  type Column,
  createColumnFactories,
  decimalOrdering,
  inOrderOf,
  textOrdering,
} from "../scan/column.ts";
import { amountOf, collectValues, daysOf, toDecimalSummary, toTotal } from "./group-number.ts";
import {
  dayKey,
  linkKey,
  ownerKey,
  ownerLinks,
  type Project,
  projectPart,
  requireLinks,
  valueKey,
} from "./key.ts";
import { daysWithin } from "./periods.ts";
import { eachRange } from "./row-values.ts";

/** The monthly rent of tenant contracts: `TenantContract.monthlyPrice`. */
const monthlyPrice = amountOf(({ rent }) => ({
  key: "decimal monthlyPrice",
  requiredFields: PRICE_FIELDS,
  comparison: decimalOrdering,
  read: ({ value }) => monthlyPriceOf(value as PricedContract, rent),
}));

/** What decides the rents of a contract. Cached, because accessing the records takes much longer. */
const rentTerms = (settings: RentSettings): Column<RentTerms> => ({
  key: "rent terms",
  requiredFields: RENT_FIELDS,
  comparison: inOrderOf([]),
  read: ({ value }) => rentTermsOf(value as PricedContract, settings),
});

/** The rent of tenant contracts within a period: `TenantContract.rentBetween`. */
const rent: GroupNumber = {
  isInPeriods: true,
  needs: () => ({ requiredFields: RENT_FIELDS, links: [] }),
  begin: (size, { rent }) => {
    if (!rent.pricePeriods) return undefined;
    const { values, reader } = collectValues(size, rentTerms(rent));
    // Values by period that are the same for all contracts.
    const bounds: { readonly before: DayEnd; readonly last: DayEnd }[] = [];
    return {
      scale: rent.decimals,
      reader,
      at(position, from, to, period) {
        const terms = values[position];
        if (!terms) return null;
        const bound = bounds[period] ?? { before: dayEndOf(from - 1), last: dayEndOf(to) };
        bounds[period] = bound;
        return rentBetweenEnds(terms, bound.before, bound.last);
      },
    };
  },
  show: toDecimalSummary,
};

/** The rents of groups of tenant contracts. */
export const rentNumbers = { monthlyPrice, rent };

/** Reads a value of a contract's rental object by its id. */
const ofObject =
  <V>(read: (rentalObject: CachedRecord & { readonly value: KnownFields<"room"> }) => V | null) =>
  ({ filters }: Pick<GroupContext, "filters">) =>
  (id: number): V | null => {
    const found = filters.catalog.store.findRentalObject(id);
    return found ? read(found) : null;
  };

const projectOf = ofObject(({ value }) => (value.project ?? null) as Project | null);
/** The unit that is rented, or that contains the room. */
const unitOf = ofObject(({ kind, id, value }) => (kind === "unit" ? id : (value.parentUnit?.id ?? null)));

/** Creates links to the rental object, if one of its fields decides. */
const followObject = (field: Column) => (context: FilterContext) => [
  requireLinks(
    context,
    `objects with ${field.key}`,
    unitId,
    [
      { kind: "unit", columns: [field] },
      { kind: "room", columns: [field] },
    ],
    "rentalObject",
  ),
];

/** Creates an order by a column of the rental object. */
const orderByObject =
  (column: Column<string>) =>
  (context: FilterContext): LinkedColumn => {
    const read = ofObject(column.read)({ filters: context });
    return {
      requiredFields: unitId.requiredFields,
      comparison: column.comparison,
      read: (row) => read(unitId.read(row) ?? 0),
      links: () => followObject(column)(context),
    };
  };

const clientColumn = createColumnFactories<Records["client"]>();
const clientNames = [clientColumn.text("lastName"), clientColumn.text("firstName")];

/** Orders of both kinds of contracts by what they are linked to. */
export const linkedOrders = {
  BUILDING_NAME: orderByObject(buildingName),
  UNIT_NAME: orderByObject(unitName),
  RENTAL_OBJECT_NAME: orderByObject(rentalObjectColumns.name),
  CLIENT_NAME: (context: FilterContext): LinkedColumn => ({
    requiredFields: clientId.requiredFields,
    comparison: textOrdering,
    read(row) {
      const found = context.catalog.store.tables.client.get(clientId.read(row) ?? 0);
      const names = found ? clientNames.flatMap((name) => name.read(found) ?? []) : [];
      return names.length > 0 ? names.join(" ") : null;
    },
    links: () => [
      requireLinks(context, "named clients", clientId, [{ kind: "client", columns: clientNames }], "client"),
    ],
  }),
};

/** Creates links to the unit of the rental object, and to the records that the unit's value depends on. */
const followUnit =
  (
    key: string,
    follow: (context: FilterContext, column: Column<number>) => readonly FilterLink[] = () => [],
  ) =>
  (context: FilterContext) => [
    requireLinks(
      context,
      key,
      unitId,
      [
        { kind: "unit", columns: [], follow: follow(context, almaId) },
        { kind: "room", columns: [parentUnitId], follow: follow(context, parentUnitId) },
      ],
      "rentalObject",
    ),
  ];

/** The states in the order of the schema. */
const STATES: readonly ContractState[] = ["PLANNED", "ACTIVE", "ENDED", "ARCHIVED"];

/** Counts contracts in a state on the day. */
const inState =
  (state: ContractState): FlagCondition =>
  ({ day }) =>
    compileWith(({ columns }) => {
      for (const one of stateColumns) columns.add(one);
      return statePredicate(state, day);
    });

/** Group keys of both kinds of contracts. */
export const contractKeys = {
  BUILDING: {
    ...linkKey("building", ["building"], unitId),
    follow: followObject(buildingId),
    derive: ofObject(({ value }) => value.building?.id ?? null),
  },
  PROJECT: {
    ...valueKey("project", unitId),
    follow: followObject(projectId),
    derive: ofObject(({ value }) => value.project?.id ?? null),
    part: projectPart((context) => (row) => projectOf(context)(unitId.read(row) ?? 0)),
  },
  UNIT: { ...linkKey("unit", ["unit"], unitId), follow: followUnit("units of objects"), derive: unitOf },
  CLIENT: linkKey("client", ["client"], clientId),
  STATE: {
    field: "state",
    flags: STATES.map(inState),
    decide: (holds) => STATES.find((_, index) => holds(index)) ?? null,
    comparison: inOrderOf(STATES),
  },
  IS_ARCHIVED: valueKey("isArchived", archivedColumn),
  START_DATE: dayKey("startDate", startDate),
  END_DATE: dayKey("endDate", endDate),
} satisfies Readonly<Record<string, GroupKey>>;

/** Keys for the unit or room of a tenant contract, and for the owner of the unit. */
export const letObjectKeys = {
  RENTAL_OBJECT: linkKey("rentalObject", ["unit", "room"], unitId),
  OWNER: {
    ...ownerKey(unitId),
    follow: followUnit("owned units of objects", ownerLinks),
    derive: (context: GroupContext) => (id: number) => {
      const unit = unitOf(context)(id);
      return unit === null ? null : context.ownerOf(unit);
    },
  },
} satisfies Readonly<Record<string, GroupKey>>;

const coverage = { startDate, endDate };

/** The days of a contract within a period. Archived contracts have none, since the day of archiving is unknown. */
const days: GroupNumber = {
  isInPeriods: true,
  needs: () => ({ requiredFields: COVERAGE_FIELDS, links: [] }),
  begin: (size) => {
    const ranges = new Array<DayRange | undefined>(size);
    const read: RowReader["read"] = (block, start) => {
      const archived = block.numbers(archivedColumn).numbers;
      eachRange(block, coverage, (index, from, to) => {
        if (archived[index] !== 1) ranges[start + index] = { from, to };
      });
    };
    return {
      reader: () => ({ columns: stateColumns, read }),
      at(position, from, to) {
        const range = ranges[position];
        return range ? daysWithin(range, from, to) : 0;
      },
    };
  },
  show: toTotal,
};

/**
 * Groups of both kinds of contracts, without keys. A contract counts in each period in which it has a day,
 * whatever its state.
 */
export const contractGroups = {
  numbers: { startDate: daysOf(startDate), endDate: daysOf(endDate), days },
  coverage,
} satisfies Partial<GroupSpec>;
