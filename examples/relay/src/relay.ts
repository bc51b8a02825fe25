import {
  Environment,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  type RequestParameters,
  Store,
} from "relay-runtime";
import { type Asked, run } from "../../shared/gateway.ts";

/** Errors beside data: Relay passes them to nobody, so the screens ask here. */
const faults = new Map<string, readonly { message: string }[]>();
export const faultsBeside = (name: string) => faults.get(name) ?? [];

/** Runs an operation: by its text, or by its id if the compiler has put the texts into a manifest. */
const ask = ({ name, id, text, operationKind }: RequestParameters, variables: Asked["variables"], isLive: boolean) =>
  Observable.create<GraphQLResponse>((sink) => {
    const document = text ? { query: text } : { documentId: id ?? "" };
    return run(
      { kind: operationKind as "query", isLive, ...document, operationName: name, variables },
      {
        ...sink,
        next(result) {
          faults.set(name, result.errors ?? []);
          sink.next(result as GraphQLResponse);
        },
      },
    );
  });

/** A query whose text has `@live` is asked with `networkCacheConfig: live`: its text may be in the manifest alone. */
export const live = { force: true, metadata: { isLive: true } };

export const environment = new Environment({
  network: Network.create(
    (request, variables, { metadata }) => ask(request, variables, metadata?.isLive === true),
    (request, variables) => ask(request, variables, true),
  ),
  store: new Store(new RecordSource()),
});
