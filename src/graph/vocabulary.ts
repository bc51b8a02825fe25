import { badInput } from "./argument/bad-input.ts";
import type { QueryResolvers } from "./generated.ts";
import { allChoices } from "./resolver/choices.ts";

/** `Query.choices`. What records show changes with each reading. Throws BAD_USER_INPUT for a field without choices. */
export const choices: QueryResolvers["choices"] = (_parent, { fields }, { catalog, operation }) => {
  operation.basis.refuse();
  const all = allChoices(catalog);
  const unknown = fields?.find((name) => !all.some(({ field }) => field === name));
  if (unknown !== undefined)
    throw badInput(
      "fields",
      `${JSON.stringify(unknown)} has no choices. These have: ${all.map(({ field }) => field).join(", ")}.`,
    );
  return fields ? all.filter(({ field }) => fields.includes(field)) : all;
};

/** `Query.settings`. */
export const settings: QueryResolvers["settings"] = (_parent, _args, context) => {
  const { currency, timeZone, maxPage, rent } = context.settings;
  const { pricePeriods } = rent;
  return {
    currency: currency ?? null,
    timeZone,
    today: context.today,
    maxPage,
    pricePeriods: pricePeriods
      ? {
          usual: pricePeriods.usual,
          exceptions: [...pricePeriods.byType].map(([typeContract, period]) => ({ typeContract, period })),
        }
      : null,
  };
};
