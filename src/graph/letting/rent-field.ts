import { decimal } from "../../alma/index.ts";
import { type PeriodArgs, parsePeriod } from "../argument/period.ts";
import {
  type DayRange,
  monthlyPriceOf,
  type PricedContract,
  type RentSettings,
  rentOfDays,
  rentTermsOf,
} from "../rent/rent.ts";
import type { ComputedField } from "../resolver/computed-field.ts";
import type { GraphContext } from "../resolver/context.ts";

/** The fields that decide the monthly price of a contract, and its rent. */
export const PRICE_FIELDS = ["price", "typeContract", "startDate", "endDate"] as const;
export const RENT_FIELDS = [...PRICE_FIELDS, "unitUsage"] as const;

/** `TenantContract.monthlyPrice`. */
export const monthlyPrice: ComputedField<"tenantContract"> = {
  requiredFields: PRICE_FIELDS,
  resolve: (view, _args, context) => {
    view.assertReadable(PRICE_FIELDS);
    return monthlyPriceOf(view.value, rentSettingsOf(context));
  },
};

/** `TenantContract.rentBetween(from, to)`. Throws BAD_USER_INPUT if `to` is before `from`. */
export const rentBetween: ComputedField<"tenantContract", PeriodArgs> = {
  requiredFields: RENT_FIELDS,
  resolve: (view, args, context) => {
    view.assertReadable(RENT_FIELDS);
    return rentWithin(context, view.value, parsePeriod(args));
  },
};

/** Computes the rent of a period. Null if it is unknown. */
export function rentWithin(context: GraphContext, contract: PricedContract, { from, to }: DayRange) {
  const settings = rentSettingsOf(context);
  const terms = rentTermsOf(contract, settings);
  return terms && decimal.formatAmount(rentOfDays(terms, from, to), settings.decimals);
}

/** Returns the settings for rents. Adds a missing-setting notice if PRICE_PERIOD is not set. */
export function rentSettingsOf({ settings, missingSettings }: GraphContext): RentSettings {
  if (!settings.rent.pricePeriods) missingSettings.add("PRICE_PERIOD");
  return settings.rent;
}
