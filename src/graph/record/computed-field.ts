import type { GraphQLResolveInfo } from "graphql";
import type { Kind, KnownFields } from "../../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { RecordView } from "./record-view.ts";

/** A field of a kind's type that is more than a value of the record: a relation, or worked out from several values. */
export interface ComputedField<K extends Kind, Args = never> {
  /** Fields of the record that must be known before it is resolved. */
  readonly requiredFields: readonly (keyof KnownFields<K> & string)[];
  readonly resolve: (
    view: RecordView<K>,
    args: Args,
    context: GraphContext,
    info: GraphQLResolveInfo,
  ) => unknown;
}
