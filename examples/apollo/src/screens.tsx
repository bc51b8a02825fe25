import { useMutation, useQuery, useSubscription } from "@apollo/client/react";
import { useState } from "react";
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
import { addPhoto, counts, follow, form, page, record, update } from "./documents.ts";

export function List() {
  const [filter, setFilter] = useState<Filter>({});
  const { data, error, loading, fetchMore } = useQuery(page, { variables: filter });
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const { pageInfo, totalCount, edges = [] } = data?.units ?? {};
  const load = () =>
    fetchMore({ variables: { after: pageInfo?.endCursor } })
      .catch((error: unknown) => ({ error }))
      .then(({ error }) => setFaults(faultsOf(error)));
  const apply = (filter: Filter) => {
    setFaults([]);
    setFilter(filter);
  };
  return (
    <>
      <Filters faults={faultsOf(error)} apply={apply} />
      <Rows total={totalCount} rows={edges.map(({ node }) => node)} />
      {pageInfo?.hasNextPage && <More isLoading={loading} faults={faults} load={load} />}
    </>
  );
}

export function Record({ id }: { id: string }) {
  // With this policy, it also shows what this page writes.
  const { data, error } = useQuery(record, { variables: { id }, fetchPolicy: "cache-and-network" });
  return (
    <>
      <Faults faults={faultsOf(error)} />
      {data?.unit && <Details unit={data.unit} />}
    </>
  );
}

export function Edit({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(form, { variables: { id }, fetchPolicy: "network-only" });
  const [send] = useMutation(update);
  const audit = data?.viewer?.scopes?.includes("AUDIT") ?? false;
  return (
    <>
      <Faults faults={faultsOf(error)} retry={() => refetch()} />
      {data?.unit && (
        <EditForm
          unit={data.unit}
          save={async (input, expected) => {
            const { data, error } = await send({ variables: { id, input, expected, audit } });
            return [...faultsOf(error), ...(data?.updateUnit?.userErrors ?? [])];
          }}
        />
      )}
    </>
  );
}

export function Upload({ id }: { id: string }) {
  const [send] = useMutation(addPhoto);
  return (
    <UploadForm
      id={id}
      attach={async (file) => {
        const { data, error } = await send({ variables: { id, file } });
        return [...faultsOf(error), ...(data?.updateUnit?.userErrors ?? [])];
      }}
    />
  );
}

export function Live() {
  const { data, error } = useQuery(counts);
  const [changes, setChanges] = useState<ChangeLine[]>([]);
  const following = useSubscription(follow, {
    onData: ({ data: { data } }) => data?.changes && setChanges((all) => [data.changes as ChangeLine, ...all]),
  });
  return (
    <>
      <Faults faults={[...faultsOf(error), ...faultsOf(following.error)]} />
      <LiveView units={data?.units} changes={changes} />
    </>
  );
}
