import { badInput } from "./argument/bad-input.ts";
import { parseGlobalId, parseGlobalIds } from "./argument/ref.ts";
import { resolveRecord } from "./connection/record-field.ts";
import type { QueryResolvers, Scope } from "./generated.ts";
import { map as mapSteps } from "./metering/steps.ts";
import { allChoices } from "./resolver/choices.ts";

/** `node(id)`: a record of any type. */
const node: QueryResolvers["node"] = (_parent, { id }, context, info) =>
  resolveRecord(context, parseGlobalId(id, "id"), info);

/** `nodes(ids)`: records of any types, in the order of the ids. */
const nodes: QueryResolvers["nodes"] = (_parent, { ids }, context, info) => {
  const refs = parseGlobalIds(ids, context.settings.maxPage);
  return context.limits.run(
    `the records of ${info.fieldName}`,
    mapSteps(refs, (ref) => resolveRecord(context, ref, info)),
  );
};

/** `Query.choices`. The reported values change with each reading. Throws BAD_USER_INPUT for a field without choices. */
const choices: QueryResolvers["choices"] = (_parent, { fields }, { catalog, operation }) => {
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
const settings: QueryResolvers["settings"] = (_parent, _args, context) => {
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

/** `Query.viewer`: the caller. */
const viewer: QueryResolvers["viewer"] = (_parent, _args, { request, scopes }) => {
  const { name = null, expires = null } = request.caller ?? {};
  return {
    name,
    // Safe: the server grants only scopes of the schema.
    scopes: [...scopes] as Scope[],
    expires: expires === null ? null : new Date(expires),
  };
};

/** The root fields of no kind. */
export const rootFields = { node, nodes, viewer, choices, settings };
