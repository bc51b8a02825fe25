import { readdirSync, readFileSync } from "node:fs";
import {
  buildASTSchema,
  concatAST,
  type DirectiveNode,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  parse,
  Source,
} from "graphql";

const folder = new URL("../../schema/", import.meta.url);

/** The SDL files by name (`unit.graphql`), parsed, with their text as the location's source. */
export const documents: ReadonlyMap<string, DocumentNode> = new Map(
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".graphql"))
    .map((name) => [name, parse(new Source(readFileSync(new URL(name, folder), "utf8"), name))]),
);

/** All SDL files as one validated schema; throws if they contain an error. */
export const schema: GraphQLSchema = buildASTSchema(concatAST([...documents.values()]));

/** The types that the SDL itself defines: no introspection types, no built-in scalars. */
export const ownTypes: readonly GraphQLNamedType[] = Object.values(schema.getTypeMap()).filter(
  (type) => type.astNode,
);

/** The object and interface types among them, the root types included. */
export const outputTypes = ownTypes.filter((type) => isObjectType(type) || isInterfaceType(type));

/** The scope that `@requiresScope` puts on an element, or undefined. */
export function scopeOf(element: {
  readonly astNode?: { readonly directives?: readonly DirectiveNode[] | undefined } | null | undefined;
}): string | undefined {
  const directive = element.astNode?.directives?.find((node) => node.name.value === "requiresScope");
  const value = directive?.arguments?.[0]?.value;
  return value?.kind === "EnumValue" ? value.value : undefined;
}
