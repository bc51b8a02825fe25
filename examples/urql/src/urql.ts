import { Client, subscriptionExchange } from "@urql/core";
import { cacheExchange, type KeyingConfig } from "@urql/exchange-graphcache";
import { address, isLive, isPersisted, run } from "../../shared/gateway.ts";
import { idOf } from "./manifest.ts";

/** For every type: records are identified by their id; objects without an id are embedded in their record. */
const keys: KeyingConfig = new Proxy({}, { get: () => (data: { id?: string }) => data.id ?? null });

/** Sends all operations: live ones as streams, others once. */
const network = subscriptionExchange({
  enableAllOperations: true,
  forwardSubscription: ({ query = "", variables, operationName }, { kind, query: document }) => ({
    subscribe: (sink) => {
      const isStreamed = isLive(document);
      // The cache ranks a query's first answer below later writes. Delivering a live answer twice puts it on top.
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
