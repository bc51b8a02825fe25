import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo } from "graphql";
import { facts, type Kind, type Level, levelOf } from "../catalog/index.ts";
import { namesBelow, selected } from "./selected.ts";

/** The record fields that a field of a type needs, by type name and field name, where they differ from its own name. */
export type Needs = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Fields that every record has before it is read. */
const unread: ReadonlySet<string> = new Set(["__typename", "id", "almaId"]);

/** Whether a field of an object type is selected below the field that is being resolved. */
export function selects(info: GraphQLResolveInfo, typeName: string, field: string): boolean {
  return namesBelow(info, typeName).has(field);
}

/**
 * How well a record, which may be of any of the kinds, must be known for what is selected below a field: looked up
 * before a record is read by its id, so that one call brings all of it, and to tell whether a list would do.
 */
export function levelBelow(info: GraphQLResolveInfo, among: readonly Kind[], needs: Needs): Level {
  return Math.max(...among.map((kind) => levelOfKind(info, kind, needs))) as Level;
}

/** How well the records of a connection must be known for what is selected of them, by `nodes` or by `edges`. */
export function levelOfPage(info: GraphQLResolveInfo, kind: Kind, needs: Needs): Level {
  const { typeName } = facts[kind];
  const below = (nodes: readonly FieldNode[], type: string, field: string) =>
    selected(info, info.schema.getType(type) as GraphQLObjectType, nodes).flatMap(({ definition, nodes }) =>
      definition.name === field ? nodes : [],
    );
  const connection = `${typeName}Connection`;
  const edges = below(info.fieldNodes, connection, "edges");
  const shown = [...below(info.fieldNodes, connection, "nodes"), ...below(edges, `${typeName}Edge`, "node")];
  return levelBelow({ ...info, fieldNodes: shown }, [kind], needs);
}

/**
 * The levels found so far, by the nodes of a field and the kind. GraphQL makes that array once for all objects at a
 * place of one execution, so that the variables are the same, too.
 */
const found = new WeakMap<readonly FieldNode[], Map<Kind, Level>>();

function levelOfKind(info: GraphQLResolveInfo, kind: Kind, needs: Needs): Level {
  const here = found.get(info.fieldNodes) ?? new Map<Kind, Level>();
  found.set(info.fieldNodes, here);
  const level = here.get(kind) ?? workOut(info, kind, needs);
  here.set(kind, level);
  return level;
}

function workOut(info: GraphQLResolveInfo, kind: Kind, needs: Needs): Level {
  const { typeName, summary } = facts[kind];
  const own = needs[typeName] ?? {};
  const names = [...namesBelow(info, typeName)].filter((name) => !unread.has(name));
  return levelOf(
    summary,
    names.flatMap((name) => own[name] ?? [name]),
  );
}
