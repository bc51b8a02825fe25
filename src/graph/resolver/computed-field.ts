import type { GraphQLResolveInfo } from "graphql";
import { type AnyDeclaration, declarations } from "../../alma/index.ts";
import type { Kind, KnownFields } from "../../catalog/index.ts";
import type { RecordView } from "../view/record-view.ts";
import type { GraphContext } from "./context.ts";

/** What Alma shows of a file, as a link that works. What is no path and no link, such as an id, stays as it is. */
export function linkTo({ request, operation }: GraphContext, shown: string | null): string | null {
  const { files } = request;
  if (!files || !shown?.includes("/")) return shown;
  // A link that ends must not be in an answer that is given again.
  if (!files.isLasting) operation.basis.refuse();
  return files.linkTo(shown);
}

/** The fields of a kind that are scans, which Alma shows as paths. */
export function scanFields(kind: Kind): Readonly<Record<string, ComputedField<Kind>>> {
  const { fields }: AnyDeclaration = declarations[kind];
  const names = Object.keys(fields).filter((name) => fields[name]?.accepts === "file");
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        requiredFields: [name as never],
        resolve: (view, _args, context) => linkTo(context, view.getField(name) as string | null),
      },
    ]),
  );
}

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
