import type { Records } from "../../alma/index.ts";
import { endDate, isArchived, startDate } from "../contract/contract-state.ts";
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
import { type Column, createColumnFactories } from "../scan/column.ts";
import { decimals } from "../scan/comparison.ts";
import type { GroupContext, PeriodAmount } from "../spec/group-spec.ts";
import { AmountValues, amountColumn, readAmounts } from "../sum/amount-values.ts";
import { eachRowOnce } from "../sum/row-values.ts";

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
