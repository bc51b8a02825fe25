import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  getArgumentValues,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind as NodeKind,
  type SelectionSetNode,
} from "graphql";
import { type Kind, kindDefinitions, kinds } from "../../catalog/index.ts";
import { compileFilter } from "../argument/filter.ts";
import type { OperationInfo } from "../execution/operation-info.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type ConnectionName, connectionOf, groupsOf, typeNameOf } from "../spec/connection-spec.ts";
import { needsOf } from "../spec/group-links.ts";
import { type GroupSpec, measureOf } from "../spec/group-spec.ts";
import { selectedGroup } from "../spec/selected-group.ts";
import { addPlaces, type Places, scale } from "./places.ts";
import { CALLS_OF_KIND, WholeKinds } from "./whole-kinds.ts";

/** Whether a record is named by the query, or reached from a connection. */
type Origin = "named" | "connection";

const DEFAULT_PAGE = 50;
const DEFAULT_GROUPS = 1_000;
/** Calls for a Bitrix id of one kind: Alma's lookup, and the list and the record that decide an unclear answer. */
const CALLS_OF_LOOKUP = 3;
/** The same for a Bitrix id of a unit or a room: two lookups and two lists. */
const CALLS_OF_OBJECT_LOOKUP = 5;

/**
 * The largest number of calls that a query can need, by its document and by what is known of each kind: each list and
 * each record is read once at most. Not counted are calls that are repeated after a failure, and records that Alma has
 * got or lost since its lists were read.
 */
export class CallBound {
  readonly #context: GraphContext;
  readonly #info: OperationInfo;
  readonly #wholeKinds: WholeKinds;
  readonly #placesOf = new Map<SelectionSetNode, Map<string, Places>>();
  #otherCalls = 0;

  constructor(context: GraphContext, info: OperationInfo) {
    this.#context = context;
    this.#info = info;
    this.#wholeKinds = new WholeKinds(context);
  }

  /** At most the calls that an operation may make. */
  count(): number {
    const { operation } = this.#context;
    const queryType = this.#info.schema.getQueryType();
    if (!queryType) return 0;
    const places = this.#placesIn(this.#info.operation.selectionSet, queryType, "named");
    const calls = this.#otherCalls + this.#wholeKinds.count((kind) => places.get(kind) ?? 0);
    return Math.min(calls, operation.maxCalls);
  }

  /** The places in one object of a type. Each fragment is counted once for each type and origin. */
  #placesIn(set: SelectionSetNode | undefined, type: GraphQLCompositeType, origin: Origin): Places {
    if (!set) return new Map();
    const known = this.#placesOf.get(set) ?? new Map<string, Places>();
    this.#placesOf.set(set, known);
    const key = `${type.name} ${origin}`;
    const places = known.get(key) ?? this.#sumOf(set, type, origin);
    known.set(key, places);
    return places;
  }

  #sumOf({ selections }: SelectionSetNode, type: GraphQLCompositeType, origin: Origin): Places {
    const sum = new Map<Kind, number>();
    for (const node of selections) {
      if (node.kind === NodeKind.FIELD) addPlaces(sum, this.#placesOfField(node, type, origin));
      else {
        const fragment =
          node.kind === NodeKind.FRAGMENT_SPREAD ? this.#info.fragments[node.name.value] : node;
        const condition = fragment?.typeCondition?.name.value;
        const narrowed = condition === undefined ? type : this.#info.schema.getType(condition);
        if (isCompositeType(narrowed))
          addPlaces(sum, this.#placesIn(fragment?.selectionSet, narrowed, origin));
      }
    }
    return sum;
  }

  #placesOfField(node: FieldNode, parent: GraphQLCompositeType, origin: Origin): Places {
    const field =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    const type = field && getNamedType(field.type);
    if (!field || !type) return new Map();
    const computed = this.#placesOfComputed(parent, field.name, origin);
    if (!isCompositeType(type)) return computed;
    const connected = connectionOf(type.name);
    const grouped = groupsOf(type.name);
    const args = getArgumentValues(field, node, this.#info.variableValues);
    if (grouped) return this.#placesInGroups(grouped, node, type, args);
    if (connected) return this.#placesInConnection(connected, node, type, parent, args);
    const found = this.#kindsOf(type);
    if (found.length > 0) {
      const places = new Map(computed);
      addPlaces(places, this.#placesOfRecord(found, node, field, parent, origin, args));
      return places;
    }
    if (parent === this.#info.schema.getQueryType())
      for (const kind of kinds) this.#wholeKinds.mayReadAll(kind);
    return this.#placesIn(node.selectionSet, type, origin);
  }

  #placesInConnection(
    name: ConnectionName,
    node: FieldNode,
    type: GraphQLCompositeType,
    parent: GraphQLCompositeType,
    args: Readonly<Record<string, unknown>>,
  ): Places {
    this.#countRefs(args.filter);
    const { operation, catalog } = this.#context;
    const { kinds: members, filters } = this.#context.connectionSpec(name);
    const isChosen = args.filter != null || args.orderBy != null;
    for (const kind of members) {
      const table = catalog.store.tables[kind];
      if (!table.isListKnown(operation.connectionCutoff)) this.#wholeKinds.mayReadList(kind);
      if (isChosen || this.#kindsOf(parent).length > 0) this.#wholeKinds.mayReadAll(kind);
      if (args.filter != null)
        this.#wholeKinds.mayFollow(kind, compileFilter(filters(this.#context, kind), args.filter));
    }
    const size = (args.last ??
      args.first ??
      Math.min(DEFAULT_PAGE, this.#context.settings.maxPage)) as number;
    return scale(this.#placesIn(node.selectionSet, type, "connection"), size);
  }

  #placesInGroups(
    name: ConnectionName,
    node: FieldNode,
    type: GraphQLCompositeType,
    args: Readonly<Record<string, unknown>>,
  ): Places {
    const { settings, today } = this.#context;
    const spec = settings.groupSpecs[name] as GroupSpec;
    const by = (args.by ?? []) as readonly (string | { readonly field: string })[];
    const orderBy = (args.orderBy ?? []) as readonly { readonly field: string }[];
    const { fields, distinct } = selectedGroup(this.#info, typeNameOf(name), [node]);
    const keys = [...by.map((key) => (typeof key === "string" ? key : key.field)), ...distinct];
    const sums = orderBy.flatMap(({ field }) => {
      const sum = spec.sums?.[field] ?? field;
      return [true, false].map((isOver) => measureOf(sum, isOver));
    });
    for (const kind of this.#context.connectionSpec(name).kinds) {
      this.#wholeKinds.mayReadAll(kind);
      this.#wholeKinds.mayFollow(
        kind,
        needsOf(spec, [...keys, ...fields, ...sums], this.#context, kind, today),
      );
    }
    for (const key of keys) for (const kind of spec.keys[key]?.links ?? []) this.#wholeKinds.mayReadAll(kind);
    const size = (args.first ?? Math.min(DEFAULT_GROUPS, settings.maxPage)) as number;
    return scale(this.#placesIn(node.selectionSet, type, "connection"), size);
  }

  #placesOfRecord(
    found: readonly Kind[],
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    parent: GraphQLCompositeType,
    origin: Origin,
    args: Readonly<Record<string, unknown>>,
  ): Places {
    const isRef = (args.ref as { readonly externalId?: unknown } | undefined)?.externalId != null;
    if (isRef) this.#otherCalls += found.length > 1 ? CALLS_OF_OBJECT_LOOKUP : CALLS_OF_LOOKUP;
    const places = new Map<Kind, number>();
    for (const kind of found) {
      if (!this.#wholeKinds.isComplete(kind)) this.#wholeKinds.mayReadList(kind);
      const isFresh = origin === "connection" && this.#wholeKinds.isFresh(kind);
      if (!isFresh) places.set(kind, 1);
    }
    const type = getNamedType(field.type) as GraphQLCompositeType;
    addPlaces(places, this.#placesIn(node.selectionSet, type, origin));
    if (Array.isArray(args.ids)) return scale(places, args.ids.length);
    // A list of records outside of connections has no known length.
    const isRow = /(Connection|Edge)$/.test(parent.name);
    if (isList(field.type) && !isRow) for (const kind of found) this.#wholeKinds.mayReadAll(kind);
    return places;
  }

  /** The places of the records that a computed field looks at beside the one that it shows. */
  #placesOfComputed(parent: GraphQLCompositeType, name: string, origin: Origin): Places {
    const { kindsRead } = this.#context.settings;
    const places = new Map<Kind, number>();
    for (const parentKind of this.#kindsOf(parent)) {
      for (const kind of kindsRead[kindDefinitions[parentKind].typeName]?.[name] ?? []) {
        this.#wholeKinds.mayReadAll(kind);
        if (kindDefinitions[kind].relations.rentalObject) this.#wholeKinds.mayLeadToUnlisted(kind);
        if (!(origin === "connection" && this.#wholeKinds.isFresh(kind))) places.set(kind, 1);
      }
    }
    return places;
  }

  /** Counts the calls that find the records of the refs in a filter. */
  #countRefs(value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === "externalId" && typeof inner === "string") this.#otherCalls += CALLS_OF_OBJECT_LOOKUP;
      if (/^(almaId|id)$/.test(name) && typeof inner !== "object") this.#otherCalls += CALLS_OF_KIND;
      this.#countRefs(inner);
    }
  }

  #kindsOf(type: GraphQLNamedType): readonly Kind[] {
    const { schema } = this.#info;
    const names: readonly string[] = isInterfaceType(type)
      ? schema.getPossibleTypes(type).map(({ name }) => name)
      : [type.name];
    return kinds.filter((kind) => names.includes(kindDefinitions[kind].typeName));
  }
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}
