import type { GraphQLResolveInfo } from "graphql";
import type { Kind, KnownFields } from "../../catalog/index.ts";
import type { RecordView } from "../view/record-view.ts";
import type { GraphContext } from "./context.ts";

/** A field of a kind's type that is not a plain value of the record: a relation, or computed from several values. */
export interface ComputedField<K extends Kind, Args = never> {
  /** The fields of the record that must be known before `resolve` is called. */
  readonly requiredFields: readonly (keyof KnownFields<K> & string)[];
  /** The kinds of which any record may have to be read, besides what the record refers to. */
  readonly readsAllOf?: readonly Kind[];
  readonly resolve: (
    view: RecordView<K>,
    args: Args,
    context: GraphContext,
    info: GraphQLResolveInfo,
  ) => unknown;
}
