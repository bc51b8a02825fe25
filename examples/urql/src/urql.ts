import { Client, subscriptionExchange } from "@urql/core";
import { cacheExchange, type KeyingConfig } from "@urql/exchange-graphcache";
import { address, isLive, isPersisted, run } from "../../shared/gateway.ts";
import { idOf } from "./manifest.ts";

/** Of every type: a record is known by its id, and what has none is inside the record that shows it. */
const keys: KeyingConfig = new Proxy({}, { get: () => (data: { id?: string }) => data.id ?? null });

/** Sends all operations: what is live again and again, all else once. */
const network = subscriptionExchange({
  enableAllOperations: true,
  forwardSubscription: ({ query = "", variables, operationName }, { kind, query: document }) => ({
    subscribe: (sink) => {
      const isStreamed = isLive(document);
      // The cache ranks a query's first answer below what was written since it was asked. Told twice, a live one is on top.
      const next = (result: object) => {
        sink.next(result);
        if (isStreamed && kind === "query") sink.next(result);
      };
      let end = () => {};
      const start = (text: { query?: string; documentId?: string }) => {
        const asked = { kind: kind as "query", isLive: isStreamed, ...text, operationName, variables: { ...variables } };
        end = run(asked, { ...sink, next });
      };
      if (isPersisted) void idOf(query).then((documentId) => start({ documentId }));
      else start({ query });
      return { unsubscribe: () => end() };
    },
  }),
});

export const client = new Client({ url: address, exchanges: [cacheExchange({ keys }), network], preferGetMethod: false });
