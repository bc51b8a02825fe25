import { useMemo, useState } from "react";
import { graphql, useLazyLoadQuery, useMutation, usePaginationFragment, useSubscription } from "react-relay";
import { type Fault, faultsOf } from "../../shared/fault.ts";
import {
  type ChangeLine,
  Details,
  EditForm,
  Faults,
  type Filter,
  Filters,
  LiveView,
  More,
  Rows,
  UploadForm,
} from "../../shared/view.tsx";
import { Boundary } from "./boundary.tsx";
import type { screens_units$key } from "./made/screens_units.graphql.ts";
import type { screensAddPhotoMutation } from "./made/screensAddPhotoMutation.graphql.ts";
import type { screensCountsQuery } from "./made/screensCountsQuery.graphql.ts";
import type { screensFollowSubscription } from "./made/screensFollowSubscription.graphql.ts";
import type { screensFormQuery } from "./made/screensFormQuery.graphql.ts";
import type { screensListQuery } from "./made/screensListQuery.graphql.ts";
import type { screensPageQuery } from "./made/screensPageQuery.graphql.ts";
import type { screensRecordQuery } from "./made/screensRecordQuery.graphql.ts";
import type { screensUpdateMutation } from "./made/screensUpdateMutation.graphql.ts";
import { faultsBeside } from "./relay.ts";

export function List() {
  const [filter, setFilter] = useState<Filter>({});
  const key = JSON.stringify(filter);
  return (
    <Boundary key={key} instead={(error) => <Filters faults={faultsOf(error)} apply={setFilter} />}>
      <Pages filter={filter} apply={setFilter} />
    </Boundary>
  );
}

function Pages({ filter, apply }: { filter: Filter; apply(filter: Filter): void }) {
  const query = useLazyLoadQuery<screensListQuery>(
    graphql`
      query screensListQuery($search: String, $status: String, $min: Decimal) {
        ...screens_units @arguments(search: $search, status: $status, min: $min)
      }
    `,
    filter,
    { fetchPolicy: "store-and-network" },
  );
  const { data, hasNext, loadNext, isLoadingNext } = usePaginationFragment<screensPageQuery, screens_units$key>(
    graphql`
      fragment screens_units on Query
      @refetchable(queryName: "screensPageQuery")
      @argumentDefinitions(
        first: { type: "Int", defaultValue: 20 }
        after: { type: "String" }
        search: { type: "String" }
        status: { type: "String" }
        min: { type: "Decimal" }
      ) {
        units(
          first: $first
          after: $after
          filter: { isArchived: false, search: $search, status: { eq: $status }, goalRentCost: { gte: $min } }
          orderBy: [{ field: NAME }]
        ) @connection(key: "screens_units") {
          totalCount
          edges { node { id name goalRentCost } }
        }
      }
    `,
    query,
  );
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const load = () => void loadNext(20, { onComplete: (error) => setFaults(faultsOf(error)) });
  return (
    <>
      <Filters faults={faultsBeside("screensListQuery")} apply={apply} />
      <Rows total={data.units?.totalCount} rows={data.units?.edges.map(({ node }) => node) ?? []} />
      {hasNext && <More isLoading={isLoadingNext} faults={faults} load={load} />}
    </>
  );
}

export const Record = ({ id }: { id: string }) => (
  <Boundary>
    <LiveRecord id={id} />
  </Boundary>
);

function LiveRecord({ id }: { id: string }) {
  const { unit } = useLazyLoadQuery<screensRecordQuery>(
    graphql`
      query screensRecordQuery($id: ID!) @client_polling(interval: 10) @live @missingScopes(as: NULL) {
        unit(ref: { id: $id }) {
          id
          name
          header
          status
          goalRentCost
          photos { almaId url }
          tenantContracts(first: 20) { nodes { id state startDate endDate price client { id lastName email } } }
        }
      }
    `,
    { id },
    { fetchPolicy: "store-and-network" },
  );
  return (
    <>
      <Faults faults={faultsBeside("screensRecordQuery")} />
      {unit && <Details unit={unit} />}
    </>
  );
}

export const Edit = ({ id }: { id: string }) => (
  <Boundary>
    <Form id={id} />
  </Boundary>
);

function Form({ id }: { id: string }) {
  const { unit, viewer } = useLazyLoadQuery<screensFormQuery>(
    graphql`
      query screensFormQuery($id: ID!) {
        viewer { scopes }
        unit(ref: { id: $id }) { id header goalRentCost }
      }
    `,
    { id },
    { fetchPolicy: "network-only" },
  );
  const [send] = useMutation<screensUpdateMutation>(graphql`
    mutation screensUpdateMutation($id: ID!, $input: UpdateUnitInput!, $expected: UpdateUnitInput, $audit: Boolean!) {
      updateUnit(ref: { id: $id }, input: $input, expected: $expected) {
        unit { id header goalRentCost }
        userErrors { code field message now change { notAfter by @include(if: $audit) { name } } }
      }
    }
  `);
  const audit = viewer?.scopes?.includes("AUDIT") ?? false;
  if (!unit) return <Faults faults={faultsBeside("screensFormQuery")} />;
  return (
    <EditForm
      unit={unit}
      save={(input, expected) =>
        new Promise<readonly Fault[]>((resolve) =>
          send({
            variables: { id, input, expected, audit },
            onError: (error) => resolve(faultsOf(error)),
            onCompleted: ({ updateUnit }, errors) => resolve([...faultsOf(errors), ...(updateUnit?.userErrors ?? [])]),
          }),
        )
      }
    />
  );
}

export function Upload({ id }: { id: string }) {
  const [send] = useMutation<screensAddPhotoMutation>(graphql`
    mutation screensAddPhotoMutation($id: ID!, $file: Int!) {
      updateUnit(ref: { id: $id }, input: { photos: { add: [$file] } }) {
        unit { id photos { almaId url } }
        userErrors { code field message }
      }
    }
  `);
  return (
    <UploadForm
      id={id}
      attach={(file) =>
        new Promise<readonly Fault[]>((resolve) =>
          send({
            variables: { id, file },
            onError: (error) => resolve(faultsOf(error)),
            onCompleted: ({ updateUnit }, errors) => resolve([...faultsOf(errors), ...(updateUnit?.userErrors ?? [])]),
          }),
        )
      }
    />
  );
}

export const Live = () => (
  <Boundary>
    <LiveCounts />
  </Boundary>
);

function LiveCounts() {
  const { units } = useLazyLoadQuery<screensCountsQuery>(
    graphql`
      query screensCountsQuery @client_polling(interval: 10) @live {
        units(filter: { isArchived: false }) {
          totalCount
          groups(by: [STATUS]) { nodes { keys { status } count } }
        }
      }
    `,
    {},
    { fetchPolicy: "store-and-network" },
  );
  const [changes, setChanges] = useState<readonly ChangeLine[]>([]);
  useSubscription<screensFollowSubscription>(
    useMemo(
      () => ({
        subscription: graphql`
          subscription screensFollowSubscription($after: String = "now") {
            changes(after: $after, kinds: [UNIT]) { cursor event recordId field after }
          }
        `,
        variables: {},
        onNext: (data) => data?.changes && setChanges((all) => [data.changes as ChangeLine, ...all]),
      }),
      [],
    ),
  );
  return (
    <>
      <Faults faults={[...faultsBeside("screensCountsQuery"), ...faultsBeside("screensFollowSubscription")]} />
      <LiveView units={units} changes={changes} />
    </>
  );
}
