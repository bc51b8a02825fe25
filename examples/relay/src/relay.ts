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

/** Errors beside data: Relay discards them, so the screens read them here. */
const faults = new Map<string, readonly { message: string }[]>();
export const faultsBeside = (name: string) => faults.get(name) ?? [];

/** Runs an operation by its text, or by its id if the compiler has moved the texts into a manifest. */
const ask = ({ name, id, text, operationKind, metadata }: RequestParameters, variables: Asked["variables"]) =>
  Observable.create<GraphQLResponse>((sink) => {
    const document = text ? { query: text } : { documentId: id ?? "" };
    const isSubscription = operationKind === "subscription";
    // `@client_polling` marks queries with `@live`, for Relay too: it ends their requests when their screen is left.
    const isLive = isSubscription || metadata.live !== undefined;
    return run(
      { kind: operationKind as "query", isLive, ...document, operationName: name, variables },
      {
        ...sink,
        next(result) {
          faults.set(name, result.errors ?? []);
          // Relay would end a subscription because of a result without data.
          if (result.data || !isSubscription) sink.next(result as GraphQLResponse);
        },
      },
    );
  });

export const environment = new Environment({
  network: Network.create(ask, ask),
  store: new Store(new RecordSource()),
});
