import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind as NodeKind,
  type SelectionSetNode,
} from "graphql";
import { type Kind, kindDefinitions, kinds, NEVER } from "../../catalog/index.ts";
import { compileFilter } from "../argument/filter.ts";
import type { OperationInfo } from "../execution/operation-info.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type ConnectionName, connectionOf } from "../spec/connection-spec.ts";

/** How many records of each kind a selection can show that may have to be read. */
type Places = Map<Kind, number>;

const DEFAULT_PAGE = 50;
/** Calls for a Bitrix id: two lookups and two lists, where it may be a unit's or a room's. */
const CALLS_OF_LOOKUP = 5;
/** Reads that tell whether an Alma id is a unit's or a room's. */
const CALLS_OF_KIND = 2;

/**
 * The largest number of calls that a query can need, by its document and by what is known of each kind: each list and
 * each record is read once at most. What groups and filters that follow links may read is any record. Not counted are
 * calls that are repeated after a failure, and records that Alma has got or lost since its lists were read.
 */
export function countCallBound(context: GraphContext, info: OperationInfo): number {
  const { catalog, operation, settings } = context;
  const { schema } = info;
  const queryType = schema.getQueryType();
  const { unlisted } = catalog.progress();
  const areUnlistedKnown = operation.indexCutoff === NEVER && unlisted?.read === unlisted?.of;
  const placesOf = new Map<SelectionSetNode, Map<string, Places>>();
  const completeKinds = new Map<Kind, boolean>();
  /** The kinds whose lists may have to be read, and those of which every record may have to be. */
  const lists = new Set<Kind>();
  const whole = new Set<Kind>();
  let otherCalls = 0;

  /** The places in one object of a type. Each fragment is counted once for each type. */
  function placesIn(set: SelectionSetNode | undefined, type: GraphQLCompositeType): Places {
    const sum: Places = new Map();
    if (!set) return sum;
    const byType = placesOf.get(set) ?? new Map<string, Places>();
    placesOf.set(set, byType);
    const known = byType.get(type.name);
    if (known) return known;
    byType.set(type.name, sum);
    for (const node of set.selections) {
      if (node.kind === NodeKind.FIELD) {
        add(sum, placesOfField(node, type));
        continue;
      }
      const fragment = node.kind === NodeKind.FRAGMENT_SPREAD ? info.fragments[node.name.value] : node;
      const condition = fragment?.typeCondition?.name.value;
      const narrowed = condition === undefined ? type : schema.getType(condition);
      if (isCompositeType(narrowed)) add(sum, placesIn(fragment?.selectionSet, narrowed));
    }
    return sum;
  }

  function placesOfField(node: FieldNode, parent: GraphQLCompositeType): Places {
    const fields = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields() : {};
    const field = fields[node.name.value];
    const places: Places = new Map();
    if (!field) return places;
    for (const kind of kindsReadBy(parent, field.name)) places.set(kind, 1);
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) return places;
    const args = getArgumentValues(field, node, info.variableValues);
    const inner = placesIn(node.selectionSet, type);
    const connected = connectionOf(type.name, "Connection");
    if (connectionOf(type.name, "Groups")) {
      mayReadAny();
      add(places, belowConnection(inner), (args.first as number | null | undefined) ?? settings.maxPage);
    } else if (connected) {
      noteConnection(connected, parent, args);
      const size = (args.last ?? args.first ?? Math.min(DEFAULT_PAGE, settings.maxPage)) as number;
      add(places, belowConnection(inner), size);
    } else add(places, belowField(inner, type, parent, isListType(getNullableType(field.type)), args));
    return places;
  }

  /** The places of records that are named, or referred to, and of what is selected of them. */
  function belowField(
    inner: Places,
    type: GraphQLCompositeType,
    parent: GraphQLCompositeType,
    isList: boolean,
    { ref, ids }: Readonly<Record<string, unknown>>,
  ): Places {
    const found = kindsOf(type);
    if (found.length === 0 && parent === queryType) mayReadAny();
    const places = new Map(inner);
    for (const kind of found) {
      if (!isKnown(kind)) lists.add(kind);
      places.set(kind, (places.get(kind) ?? 0) + 1);
    }
    if ((ref as { readonly externalId?: unknown } | undefined)?.externalId != null)
      otherCalls += CALLS_OF_LOOKUP;
    // A list of records outside of connections has no known length, but for that of the ids.
    const isRow = /(Connection|Edge)$/.test(parent.name);
    if (isList && !isRow && !ids) for (const kind of found) mayReadAll(kind);
    return add(new Map(), places, Array.isArray(ids) ? ids.length : 1);
  }

  /** What is selected of a connection's records without those that are not read again. */
  function belowConnection(places: Places): Places {
    return new Map(
      [...places].filter(([kind]) => {
        const isKept = operation.cutoffOf({ kind, isClosed: false }, operation.connectionCutoff) === NEVER;
        return !(isKept && areUnlistedKnown && isKnown(kind));
      }),
    );
  }

  function noteConnection(
    name: ConnectionName,
    parent: GraphQLCompositeType,
    { filter, orderBy }: Readonly<Record<string, unknown>>,
  ) {
    const { kinds: members, filters } = context.connectionSpec(name);
    const isOfRecord = kindsOf(parent).length > 0;
    for (const kind of members) {
      const { refs, links } = compileFilter(filter ? filters(context, kind) : {}, filter as object | null);
      otherCalls += refs.length * CALLS_OF_LOOKUP;
      if (links.length > 0) mayReadAny();
      if (!catalog.store.tables[kind].isListKnown(operation.connectionCutoff)) lists.add(kind);
      if (filter || orderBy || isOfRecord) mayReadAll(kind);
    }
  }

  /** The kinds of which a computed field looks at records beside the one that it shows. */
  function kindsReadBy(parent: GraphQLCompositeType, name: string) {
    const types = kindsOf(parent).map((kind) => kindDefinitions[kind].typeName);
    const read = new Set(types.flatMap((typeName) => settings.kindsRead[typeName]?.[name] ?? []));
    for (const kind of read) {
      mayReadAll(kind);
      if (kindDefinitions[kind].relations.rentalObject) mayLeadToUnlisted(kind);
    }
    return read;
  }

  function mayReadAll(kind: Kind) {
    if (isKnown(kind)) return;
    lists.add(kind);
    whole.add(kind);
  }

  function mayReadAny() {
    for (const kind of kinds) {
      mayReadAll(kind);
      mayLeadToUnlisted(kind);
    }
  }

  /** Records of a kind may lead to others that no list names, and that have to be read. */
  function mayLeadToUnlisted(kind: Kind) {
    if (!areUnlistedKnown) otherCalls += CALLS_OF_KIND * catalog.store.tables[kind].size;
  }

  /** Whether connections of a kind need no reads to know what belongs to them. */
  function isKnown(kind: Kind) {
    const isKnown = completeKinds.get(kind) ?? catalog.isComplete(operation, kind);
    completeKinds.set(kind, isKnown);
    return isKnown;
  }

  function kindsOf(type: GraphQLNamedType) {
    const names: readonly string[] = isInterfaceType(type)
      ? schema.getPossibleTypes(type).map(({ name }) => name)
      : [type.name];
    return kinds.filter((kind) => names.includes(kindDefinitions[kind].typeName));
  }

  if (!queryType) return 0;
  const places = placesIn(info.operation.selectionSet, queryType);
  let calls = otherCalls + lists.size;
  for (const kind of kinds) {
    const { size, listAt } = catalog.store.tables[kind];
    const known = Number.isFinite(listAt) ? size : Number.POSITIVE_INFINITY;
    calls += whole.has(kind) ? known : Math.min(places.get(kind) ?? 0, known);
  }
  return Math.min(calls, operation.maxCalls);
}

/** Adds the places of so many objects to a sum, which it returns. */
function add(sum: Places, places: Places, factor = 1) {
  for (const [kind, count] of places) sum.set(kind, (sum.get(kind) ?? 0) + count * factor);
  return sum;
}
