import {
  type FieldNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isLeafType,
  isObjectType,
  TypeNameMetaFieldDef,
} from "graphql";
import { FieldRun } from "../kept-text/field-run.ts";
import type { KeptTexts } from "../kept-text/kept-texts.ts";
import { type CollectionInfo, collectFields, type HasSelectionSet } from "./collect-fields.ts";
import { createCompleteValue } from "./complete-value.ts";
import type { CompletingField, LeafPlan, PlannedField, SelectionPlan } from "./plan.ts";
import { isVersioned, linkLevelOf, sourceReaderOf } from "./source-resolver.ts";

/** What the plans of one operation share. */
export interface PlanInfo extends CollectionInfo {
  /** Called with the number of fields whenever some have been planned. */
  readonly onPlanned: (count: number) => void;
  /** Keeps the texts of objects that the plan writes; undefined if the plan is not kept itself. */
  readonly texts: KeptTexts | undefined;
  /** Whether the operation has been executed before. */
  isRepeated: boolean;
}

/**
 * The plan for all values of one field of a query, or for the operation as a whole. The fields of an object type are
 * planned when its first object is completed.
 */
export class FieldPlan implements CompletingField {
  readonly nodes: readonly FieldNode[];
  readonly #info: PlanInfo;
  /** By the type of the object: a field whose type is an interface may have several. */
  #selectionPlans: Map<GraphQLObjectType, SelectionPlan> | undefined;

  constructor(info: PlanInfo, nodes: readonly HasSelectionSet[]) {
    this.#info = info;
    // Of an operation as a whole no value is completed, so that its node is in no error.
    this.nodes = nodes as readonly FieldNode[];
  }

  planOf(type: GraphQLObjectType): SelectionPlan {
    this.#selectionPlans ??= new Map();
    let plan = this.#selectionPlans.get(type);
    if (!plan) {
      plan = this.#plan(type);
      this.#selectionPlans.set(type, plan);
    }
    return plan;
  }

  #plan(type: GraphQLObjectType): SelectionPlan {
    const info = this.#info;
    const collected = collectFields(info, type, this.nodes);
    info.onPlanned(collected.length);
    const isOfVersions = info.texts !== undefined && isVersioned(type);
    // No spread: in a small query with a single record it would cost more than everything else.
    const fields = collected.map(
      ({ key, nodes, parentType, definition, constantArgs }, index): PlannedField => {
        const prefix = `${index === 0 ? "{" : ","}${JSON.stringify(key)}:`;
        const below = new FieldPlan(info, nodes);
        return {
          key,
          nodes,
          parentType,
          definition,
          constantArgs,
          prefix,
          completeValue: createCompleteValue(definition.type, below),
          level: isOfVersions ? levelOf(definition, parentType, below, info) : undefined,
          leaf: planLeaf(definition, parentType, prefix),
          isComposite: isCompositeType(getNamedType(definition.type)),
        };
      },
    );
    const runs = planRuns(fields, info);
    const [first] = runs;
    return {
      fields,
      runs,
      whole: first?.length === fields.length ? first : undefined,
      minBytes: minimumBytes(fields.map(({ key }) => key)),
    };
  }
}

function planLeaf(
  definition: GraphQLField<unknown, unknown>,
  parentType: GraphQLObjectType,
  prefix: string,
): LeafPlan | undefined {
  const type = getNullableType(definition.type);
  const reader = isLeafType(type) ? sourceReaderOf(definition, parentType) : undefined;
  const nullText = type === definition.type ? `${prefix}null` : undefined;
  return reader && { type: type as GraphQLLeafType, quotedPrefix: `${prefix}"`, nullText, read: reader.read };
}

/** The `PlannedField.level` of a field of a `VersionedSource`. */
function levelOf(
  definition: GraphQLField<unknown, unknown>,
  parentType: GraphQLObjectType,
  below: FieldPlan,
  { schema }: PlanInfo,
): number | undefined {
  if (definition === TypeNameMetaFieldDef) return 0;
  const type = getNullableType(definition.type);
  const level = sourceReaderOf(definition, parentType)?.level;
  if (isLeafType(type)) return level;
  if (isObjectType(type) && level !== undefined && !isVersioned(type))
    return below.planOf(type).fields.every(({ leaf }) => leaf) ? level : undefined;
  const linkLevel = linkLevelOf(definition);
  if (linkLevel === undefined || !isCompositeType(type)) return undefined;
  const types = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  return types.every((one) => below.planOf(one).whole) ? linkLevel : undefined;
}

/** The fields with a level that follow each other, by the index of the first. */
function planRuns(fields: readonly PlannedField[], info: PlanInfo): SelectionPlan["runs"] {
  const { texts } = info;
  const hasLevel = (field: PlannedField | undefined) => field?.level !== undefined;
  if (!texts || !fields.some(hasLevel)) return [];
  const isKept = () => info.isRepeated;
  return fields.map((field, index) => {
    if (!hasLevel(field) || hasLevel(fields[index - 1])) return undefined;
    const end = fields.findIndex((later, at) => at > index && !hasLevel(later));
    const levels = fields.slice(index, end < 0 ? undefined : end).map(({ level = 0 }) => level);
    return new FieldRun(levels, texts, isKept);
  });
}

/**
 * The least size of an object with these keys, in bytes of JSON: quotes, colon, comma, and one digit for each value.
 */
export function minimumBytes(keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + key.length + 5, 0);
}
