import { type FieldNode, Kind, type ValueNode } from "graphql";
import { badInput } from "./bad-input.ts";

/**
 * Refuses variables without a value inside `or` and `not` of a field's filter, as it does a null: GraphQL leaves their
 * field out, so that the condition would select everything, or nothing. Throws BAD_USER_INPUT.
 */
export function refuseUnsetVariables({ arguments: args = [] }: FieldNode, variables: object): void {
  const check = (value: ValueNode, path: string, isInside: boolean) => {
    if (value.kind === Kind.VARIABLE && isInside && !Object.hasOwn(variables, value.name.value)) {
      const message = `$${value.name.value} has no value, which is no condition inside or and not; give it one, or leave the condition out of the query.`;
      throw badInput(path, message);
    }
    if (value.kind === Kind.LIST)
      for (const [index, item] of value.values.entries()) check(item, `${path}.${index}`, isInside);
    if (value.kind === Kind.OBJECT)
      for (const field of value.fields) {
        const name = field.name.value;
        check(field.value, `${path}.${name}`, isInside || name === "or" || name === "not");
      }
  };
  const filter = args.find(({ name }) => name.value === "filter");
  if (filter) check(filter.value, "filter", false);
}
