import { ApolloClient, ApolloLink, InMemoryCache, Observable } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { type DocumentNode, print } from "graphql";
import { isLive, isPersisted, run } from "../../shared/gateway.ts";

/** A document's text, or its id in the manifest, set by codegen. */
const documentOf = (document: DocumentNode & { __meta__?: { hash: string } }) =>
  isPersisted ? { documentId: document.__meta__?.hash } : { query: print(document) };

const link = new ApolloLink(
  ({ query, variables, operationName, operationType }) =>
    new Observable((sink) =>
      run(
        { kind: operationType, isLive: isLive(query), ...documentOf(query), operationName, variables },
        {
          next: (result) => sink.next(result as ApolloLink.Result),
          complete: () => sink.complete(),
        },
      ),
    ),
);

export const client = new ApolloClient({
  link,
  cache: new InMemoryCache({
    // Without it, fragments on these interfaces match nothing.
    possibleTypes: { RentalObject: ["Unit", "Room"], Contract: ["OwnerContract", "TenantContract"] },
    typePolicies: { Query: { fields: { units: relayStylePagination(["filter", "orderBy"]) } } },
  }),
  // An unreadable record leaves a gap instead of failing the whole screen.
  defaultOptions: { watchQuery: { errorPolicy: "all" }, query: { errorPolicy: "all" }, mutate: { errorPolicy: "all" } },
});
