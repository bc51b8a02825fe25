import type { Block } from "../column/block.ts";
import type { Column } from "../column/column.ts";
import { decimals } from "../column/comparison.ts";
import type { DayNumber } from "../letting/day.ts";
import {
  type DayEnd,
  dayEndOf,
  monthlyPriceOf,
  type PricedContract,
  type RentTerms,
  rentTermsOf,
  rentUntil,
} from "../letting/rent.ts";
import type { GroupContext, PeriodAmount } from "../record/group-spec.ts";
import { amountColumn } from "../sum/amount-column.ts";

const PRICE_FIELDS = ["price", "typeContract", "startDate", "endDate"];

/** The rents of tenant contracts by the month: `TenantContract.monthlyPrice`. */
export const monthlyPriceColumn = ({ rent }: GroupContext): Column => {
  const column: Column<string> = {
    key: "decimal monthlyPrice",
    requiredFields: PRICE_FIELDS,
    comparison: decimals,
    read: ({ value }) => monthlyPriceOf(value as PricedContract, rent),
  };
  return amountColumn(column);
};

/** The rents of tenant contracts within a period: `TenantContract.rentBetween`. */
export const periodRent: PeriodAmount = {
  isInPeriods: true,
  needs: () => ({ requiredFields: [...PRICE_FIELDS, "unitUsage"], links: [] }),
  decimals: ({ rent }) => rent.decimals,
  begin: (size, { rent }) => {
    const terms = new Array<RentTerms | null>(size);
    const ends = new Map<DayNumber, DayEnd>();
    const endOf = (day: DayNumber): DayEnd => {
      const known = ends.get(day) ?? dayEndOf(day);
      ends.set(day, known);
      return known;
    };
    const read = (block: Block, start: number) => {
      for (let index = 0; index < block.size; index++)
        terms[start + index] = rentTermsOf(block.row(index).value as PricedContract, rent);
    };
    return {
      reader: () => ({ columns: [], read }),
      at(position, from, to) {
        const found = terms[position] ?? null;
        return found && rentUntil(found, endOf(to)) - rentUntil(found, endOf(from - 1));
      },
    };
  },
};
