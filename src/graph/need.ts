import {
  type FieldNode,
  type GraphQLResolveInfo,
  isAbstractType,
  Kind as Node,
  type SelectionSetNode,
} from "graphql";
import { facts, type Kind, type Level, levelOf } from "../catalog/index.ts";

/** The record fields that a field of a type needs, by type name and field name, where they differ from its own name. */
export type Needs = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Whether a field of an object type is selected below the field that is being resolved. */
export function selects(info: GraphQLResolveInfo, typeName: string, field: string): boolean {
  let found = false;
  for (const { selectionSet } of info.fieldNodes) {
    if (selectionSet) collect(selectionSet, info, typeName, (name) => (found ||= name === field));
  }
  return found;
}

/**
 * How well a record, which may be of any of the kinds, must be known for what is selected below a field: looked up
 * before a record is read by its id, so that one call brings all of it, and to tell whether a list would do.
 */
export function levelBelow(info: GraphQLResolveInfo, among: readonly Kind[], needs: Needs): Level {
  return Math.max(...among.map((kind) => levelOfKind(info, kind, needs))) as Level;
}

function levelOfKind(info: GraphQLResolveInfo, kind: Kind, needs: Needs): Level {
  const { typeName, summary } = facts[kind];
  const own = needs[typeName] ?? {};
  const fields = new Set<string>();
  for (const node of info.fieldNodes) {
    if (node.selectionSet) collect(node.selectionSet, info, typeName, (name) => fields.add(name));
  }
  const read = [...fields].flatMap((name) => own[name] ?? [name]);
  return levelOf(summary, read);
}

function collect(
  { selections }: SelectionSetNode,
  info: GraphQLResolveInfo,
  typeName: string,
  add: (field: string) => unknown,
): void {
  for (const selection of selections) {
    if (selection.kind === Node.FIELD) {
      if (!isMeta(selection)) add(selection.name.value);
      continue;
    }
    const fragment =
      selection.kind === Node.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value];
    const condition = fragment?.typeCondition?.name.value;
    if (fragment && (condition === undefined || applies(condition, typeName, info))) {
      collect(fragment.selectionSet, info, typeName, add);
    }
  }
}

function applies(condition: string, typeName: string, { schema }: GraphQLResolveInfo): boolean {
  if (condition === typeName) return true;
  const type = schema.getType(condition);
  const object = schema.getType(typeName);
  return isAbstractType(type) && schema.getPossibleTypes(type).some((one) => one === object);
}

function isMeta({ name }: FieldNode): boolean {
  return name.value === "__typename" || name.value === "id" || name.value === "almaId";
}
