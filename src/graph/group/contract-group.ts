import type { Records } from "../../alma/index.ts";
import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import { compileWith, type FilterLink } from "../argument/filter.ts";
import {
  type ContractState,
  clientId,
  endDate,
  isArchived,
  isInState,
  startDate,
  stateColumns,
  unitId,
} from "../contract/contract-state.ts";
import { parentUnitId } from "../letting/letting-filter.ts";
import { calendarDayOfDigits } from "../rent/day.ts";
import {
  type DayEnd,
  dayEndOf,
  monthlyPriceOf,
  type PricedContract,
  pricePeriodOf,
  rentBetweenEnds,
  rentTerms,
} from "../rent/rent.ts";
import type { Block } from "../scan/block.ts";
import { almaId, type Column, createColumnFactories, decimals, inOrderOf } from "../scan/column.ts";
import type {
  FilterContext,
  Flag,
  GroupContext,
  GroupKey,
  GroupSpec,
  Measure,
  PeriodAmount,
} from "../spec/connection-spec.ts";
import { AmountValues, amountColumn, readAmounts } from "../sum/amount-values.ts";
import { dayNumberOfDigits } from "../sum/period.ts";
import { eachRowOnce } from "../sum/row-values.ts";
import { dayKey, linkKey, needs, ownerLinks, type Project, projectPart, valueKey } from "./key.ts";

const column = createColumnFactories<Records["tenantContract"]>();

const PRICE_FIELDS = ["price", "typeContract", "startDate", "endDate"];

/** The rents of tenant contracts by the month: `TenantContract.monthlyPrice`. */
export const monthlyPriceColumn = ({ rent }: GroupContext): Column =>
  amountColumn({
    key: "decimal monthlyPrice",
    requiredFields: PRICE_FIELDS,
    comparison: decimals,
    read: ({ value }) => monthlyPriceOf(value as PricedContract, rent),
  });

/** Read from columns: the records themselves take much longer to reach. */
const price = amountColumn(column.decimal("price"));
const typeContract = column.text("typeContract");

/** The rents of tenant contracts within a period: `TenantContract.rentBetween`. */
export const periodRent: PeriodAmount = {
  isInPeriods: true,
  needs: () => ({ requiredFields: [...PRICE_FIELDS, "unitUsage"], links: [] }),
  decimals: ({ rent }) => rent.decimals,
  begin: (size, { rent }) => {
    const prices = new AmountValues(size);
    const starts = new Float64Array(size);
    const ends = new Float64Array(size);
    const hasExceptions = rent.pricePeriods !== undefined && rent.pricePeriods.byType.size > 0;
    const types = new Array<string | null>(hasExceptions ? size : 0);
    const read = (block: Block, start: number) => {
      readAmounts(price, block, prices, start);
      block.copyNumbers(startDate, starts, start);
      block.copyNumbers(endDate, ends, start);
      const archived = block.numbers(isArchived).numbers;
      for (let index = 0; index < block.size; index++)
        if (archived[index] === 1) prices.set(start + index, null);
      if (!hasExceptions) return;
      for (const [index, type] of block.values(typeContract).entries())
        types[start + index] = type as string | null;
    };
    const termsAt = eachRowOnce((position) => {
      const amount = prices.at(position);
      const period = pricePeriodOf(types[position], rent);
      if (!amount || !period) return null;
      const first = calendarDay(starts[position] as number);
      const last = calendarDay(ends[position] as number);
      return rentTerms({ price: amount, period, first, last }, rent);
    });
    const columns = [price, startDate, endDate, isArchived, ...(hasExceptions ? [typeContract] : [])];
    // By the index of a period: what is the same for all contracts.
    const bounds: { readonly before: DayEnd; readonly last: DayEnd }[] = [];
    return {
      reader: () => ({ columns, read }),
      at(position, from, to, period) {
        const terms = termsAt(position);
        if (!terms) return null;
        const bound = bounds[period] ?? { before: dayEndOf(from - 1), last: dayEndOf(to) };
        bounds[period] = bound;
        return rentBetweenEnds(terms, bound.before, bound.last);
      },
    };
  },
};

const calendarDay = (digits: number) => (Number.isNaN(digits) ? undefined : calendarDayOfDigits(digits));

const unitColumn = createColumnFactories<Records["unit"]>();
const buildingId = unitColumn.int("building", "id");
const projectId = unitColumn.int("project", "id");

/** A value of a contract's rental object, by the id of that. */
const ofObject =
  <V>(read: (rentalObject: CachedRecord & { readonly value: KnownFields<"room"> }) => V | null) =>
  (context: GroupContext) =>
  (id: number): V | null => {
    const found = context.findRentalObject(id);
    return found ? read(found) : null;
  };

const projectOf = ofObject(({ value }) => (value.project ?? null) as Project | null);
/** The unit that is let, or that the room is in. */
const unitOf = ofObject(({ kind, id, value }) => (kind === "unit" ? id : (value.parentUnit?.id ?? null)));

/** Leads to the rental object, of which a field decides. */
const followObject = (key: string, field: Column) => (context: FilterContext) => [
  needs(
    context,
    `objects with ${key}`,
    unitId,
    [
      { kind: "unit", columns: [field] },
      { kind: "room", columns: [field] },
    ],
    "rentalObject",
  ),
];

/** Leads to the unit of the rental object, and to what that depends on. */
const followUnit =
  (
    key: string,
    follow: (context: FilterContext, column: Column<number>) => readonly FilterLink[] = () => [],
  ) =>
  (context: FilterContext) => [
    needs(
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

/** In the order of the schema. */
const STATES: readonly ContractState[] = ["PLANNED", "ACTIVE", "ENDED", "ARCHIVED"];

/** That a contract is in a state on the day. */
const inState =
  (state: ContractState): Flag =>
  (_context, _kind, day) =>
    compileWith(({ columns }) => {
      for (const one of stateColumns) columns.add(one);
      return isInState(state, day);
    });

/** The keys of groups that both kinds of contracts share. */
export const contractKeys = {
  BUILDING: {
    ...linkKey("building", ["building"], unitId),
    follow: followObject("building", buildingId),
    derive: ofObject(({ value }) => value.building?.id ?? null),
  },
  PROJECT: {
    ...valueKey("project", unitId),
    follow: followObject("project", projectId),
    derive: (context: GroupContext) => (id: number) => projectOf(context)(id)?.id ?? null,
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
  IS_ARCHIVED: valueKey("isArchived", isArchived),
  START_DATE: dayKey("startDate", startDate),
  END_DATE: dayKey("endDate", endDate),
} satisfies Readonly<Record<string, GroupKey>>;

/** The very unit or room of a tenant contract, and the owner of the unit. */
export const letObjectKeys = {
  RENTAL_OBJECT: linkKey("rentalObject", ["unit", "room"], unitId),
  OWNER: {
    ...linkKey("owner", ["client"], unitId),
    follow: followUnit("owned units of objects", ownerLinks),
    derive: (context: GroupContext) => (id: number) => {
      const unit = unitOf(context)(id);
      return unit === null ? null : context.ownerOf(unit);
    },
  },
} satisfies Readonly<Record<string, GroupKey>>;

/** The days of a contract within a period. Archived ones cover none: when one was archived is unknown. */
const days: Measure = {
  isInPeriods: true,
  needs: () => ({ requiredFields: ["startDate", "endDate", "unitUsage"], links: [] }),
  begin: (size) => {
    const starts = new Float64Array(size);
    const ends = new Float64Array(size);
    const archived = new Uint8Array(size);
    const read = (block: Block, start: number) => {
      block.copyNumbers(startDate, starts, start);
      block.copyNumbers(endDate, ends, start);
      block.copyNumbers(isArchived, archived, start);
    };
    const daysOf = eachRowOnce((position) => ({
      first: dayNumberOfDigits(starts[position] as number, Number.NEGATIVE_INFINITY),
      last: dayNumberOfDigits(ends[position] as number, Number.POSITIVE_INFINITY),
    }));
    return {
      reader: () => ({ columns: stateColumns, read }),
      at(position, from, to) {
        if (archived[position] === 1) return 0;
        const { first, last } = daysOf(position);
        return Math.max(0, Math.min(last, to) - Math.max(first, from) + 1);
      },
    };
  },
};

/** What both kinds of contracts show beside keys. One counts in each period that has a day of it, in any state. */
export const contractGroups = {
  dates: { startDate, endDate },
  measures: { days },
  coverage: { startDate, endDate },
} satisfies Partial<GroupSpec>;
