import { useState } from "react";
import { useMutation, useQuery, useSubscription } from "urql";
import { faultsOf } from "../../shared/fault.ts";
import {
  type ChangeLine,
  Details,
  EditForm,
  Faults,
  type Filter,
  Filters,
  LiveView,
  More,
  type Row,
  Rows,
  UploadForm,
} from "../../shared/view.tsx";
import { addPhoto, counts, follow, form, page, record, update } from "./documents.ts";

export function List() {
  const [filter, setFilter] = useState<Filter>({});
  /** The rows of the pages before, the cursor behind them, and how many rows there are. */
  const [before, setBefore] = useState<{ rows: readonly Row[]; after?: string | null; total?: number }>({ rows: [] });
  const [{ data, error, fetching }, again] = useQuery({ query: page, variables: { ...filter, after: before.after } });
  const { pageInfo, totalCount: total = before.total, edges = [] } = data?.units ?? {};
  const isNext = !fetching && pageInfo?.endCursor !== before.after;
  const rows = isNext ? [...before.rows, ...edges.map(({ node }) => node)] : before.rows;
  const faults = faultsOf(error);
  const hasFailed = before.after !== undefined && faults.length > 0;
  const load = () =>
    data?.units ? setBefore({ rows, after: pageInfo?.endCursor, total }) : again({ requestPolicy: "network-only" });
  const apply = (filter: Filter) => {
    setBefore({ rows: [] });
    setFilter(filter);
  };
  return (
    <>
      <Filters faults={hasFailed ? [] : faults} apply={apply} />
      <Rows total={total} rows={rows} />
      {(hasFailed || (isNext && pageInfo?.hasNextPage)) && (
        <More isLoading={fetching} faults={hasFailed ? faults : []} load={load} />
      )}
    </>
  );
}

export function Record({ id }: { id: string }) {
  const [{ data, error }] = useQuery({ query: record, variables: { id }, requestPolicy: "cache-and-network" });
  return (
    <>
      <Faults faults={faultsOf(error)} />
      {data?.unit && <Details unit={data.unit} />}
    </>
  );
}

export function Edit({ id }: { id: string }) {
  const [{ data, error, fetching }, again] = useQuery({ query: form, variables: { id }, requestPolicy: "network-only" });
  const [, send] = useMutation(update);
  const audit = data?.viewer?.scopes?.includes("AUDIT") ?? false;
  return (
    <>
      <Faults faults={faultsOf(error)} retry={() => again({ requestPolicy: "network-only" })} />
      {!fetching && data?.unit && (
        <EditForm
          unit={data.unit}
          save={async (input, expected) => {
            const { data, error } = await send({ id, input, expected, audit });
            return [...faultsOf(error), ...(data?.updateUnit?.userErrors ?? [])];
          }}
        />
      )}
    </>
  );
}

export function Upload({ id }: { id: string }) {
  const [, send] = useMutation(addPhoto);
  return (
    <UploadForm
      id={id}
      attach={async (file) => {
        const { data, error } = await send({ id, file });
        return [...faultsOf(error), ...(data?.updateUnit?.userErrors ?? [])];
      }}
    />
  );
}

export function Live() {
  const [{ data, error }] = useQuery({ query: counts });
  const [following] = useSubscription({ query: follow }, (all: ChangeLine[] = [], { changes }) =>
    changes ? [changes, ...all] : all,
  );
  return (
    <>
      <Faults faults={[...faultsOf(error), ...faultsOf(following.error)]} />
      <LiveView units={data?.units} changes={following.data ?? []} />
    </>
  );
}
