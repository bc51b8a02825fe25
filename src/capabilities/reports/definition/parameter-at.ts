import { type ASTNode, Kind, parse, visit } from "graphql";

/**
 * The parameter that gives a query the value of an argument, or the object that the argument is in; undefined if none
 * does. `argument`: its path, such as `filter.building`; of a field that takes a ref, the name of the field.
 */
export function parameterAt(query: string, argument: string): string | undefined {
  const parameters = new Map<string, string>();
  visit(parse(query), {
    Field({ name, arguments: given = [] }) {
      for (const { name: path, value } of given) {
        for (const [place, parameter] of variablesIn(value, path.value)) parameters.set(place, parameter);
        if (path.value === "ref" && value.kind === Kind.VARIABLE)
          parameters.set(name.value, value.name.value);
      }
    },
  });
  for (let place = argument; place !== ""; place = place.slice(0, Math.max(0, place.lastIndexOf("."))))
    if (parameters.has(place)) return parameters.get(place);
  return undefined;
}

/** The variables in a value, by their paths. */
function* variablesIn(value: ASTNode, path: string): Generator<readonly [path: string, variable: string]> {
  if (value.kind === Kind.VARIABLE) yield [path, value.name.value];
  if (value.kind === Kind.LIST)
    for (const [index, item] of value.values.entries()) yield* variablesIn(item, `${path}.${index}`);
  if (value.kind === Kind.OBJECT)
    for (const field of value.fields) yield* variablesIn(field.value, `${path}.${field.name.value}`);
}
