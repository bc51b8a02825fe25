import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { boxOf, type Fault } from "./fault.ts";
import { upload } from "./gateway.ts";

// The views of all three examples. They are independent of the clients: they receive data and call back.

const entriesOf = <Box extends string>(event: FormEvent<HTMLFormElement>) => {
  event.preventDefault();
  return Object.fromEntries(new FormData(event.currentTarget)) as Record<Box, string>;
};

/** Faults that belong to no input of a form, or to a screen. */
export const Faults = ({ faults, retry }: { readonly faults: readonly Fault[]; retry?: () => void }) =>
  faults.length > 0 && (
    <div className="faults" role="alert">
      {faults.map(({ message }) => (
        <p key={message}>{message}</p>
      ))}
      {retry && <button onClick={retry}>Try again</button>}
    </div>
  );

interface BoxProps {
  readonly name: string;
  readonly label: string;
  readonly faults: readonly Fault[];
  readonly children?: ReactNode;
}

/** A labelled input with its error. `children` replaces the default input. */
const Box = ({ name, label, faults, children }: BoxProps) => {
  const own = faults.filter((fault) => boxOf(fault) === name);
  return (
    <label>
      {label}
      {children ?? <input name={name} aria-invalid={own.length > 0} />}
      {own.map(({ message }) => (
        <em key={message}>{message}</em>
      ))}
    </label>
  );
};

/* The list. */

export interface Filter {
  readonly search?: string | null;
  readonly status?: string | null;
  readonly min?: string | null;
}

const filters = ["search", "status", "min"] as const;
const filterLabels = { search: "Search", status: "Status", min: "Rent from" };

export function Filters({ faults, apply }: { readonly faults: readonly Fault[]; apply(filter: Filter): void }) {
  const others = faults.filter((fault) => !filters.some((name) => name === boxOf(fault)));
  return (
    <>
      <form
        className="filters"
        onSubmit={(event) => {
          const { search, status, min } = entriesOf<(typeof filters)[number]>(event);
          apply({ search: search || null, status: status || null, min: min || null });
        }}
      >
        {filters.map((name) => (
          <Box key={name} name={name} label={filterLabels[name]} faults={faults} />
        ))}
        <button>Search</button>
      </form>
      <Faults faults={others} />
    </>
  );
}

export interface Row {
  readonly id: string;
  readonly name?: string | null;
  readonly goalRentCost?: string | null;
}

export const Rows = ({ total, rows }: { readonly total?: number; readonly rows: readonly Row[] }) => (
  <>
    <p className="total">{total ?? "…"} units</p>
    <ul className="rows">
      {rows.map(({ id, name, goalRentCost }) => (
        <li key={id}>
          <a href={`#/units/${id}`}>
            <span>{name}</span> <b>{goalRentCost}</b>
          </a>
        </li>
      ))}
    </ul>
  </>
);

interface MoreProps {
  readonly isLoading: boolean;
  /** Why there is no next page. */
  readonly faults: readonly Fault[];
  load(): void;
}

/** Asks for more when it is scrolled into sight, or clicked; after an error only when clicked. */
export function More({ isLoading, faults, load }: MoreProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isLoading) return;
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && load());
    if (button.current) seen.observe(button.current);
    return () => seen.disconnect();
  });
  if (faults.length > 0) return <Faults faults={faults} retry={load} />;
  return (
    <button ref={button} className="more" disabled={isLoading} onClick={load}>
      More
    </button>
  );
}

/* The record. */

interface Contract {
  readonly id: string;
  readonly state?: string | null;
  readonly startDate?: string | null;
  readonly endDate?: string | null;
  readonly price?: string | null;
  readonly client?: { readonly lastName?: string | null; readonly email?: string | null } | null;
}

export interface Unit {
  readonly id: string;
  readonly name?: string | null;
  readonly header?: string | null;
  readonly status?: string | null;
  readonly goalRentCost?: string | null;
  readonly photos?: readonly { readonly almaId?: number | null; readonly url?: string | null }[] | null;
  readonly tenantContracts?: { readonly nodes: readonly Contract[] } | null;
}

export const Details = ({ unit }: { readonly unit: Unit }) => (
  <article>
    <h1>{unit.name}</h1>
    <p className="header">{unit.header}</p>
    <dl>
      <dt>Status</dt>
      <dd>{unit.status ?? "none"}</dd>
      <dt>Rent</dt>
      <dd>{unit.goalRentCost ?? "none"}</dd>
    </dl>
    <p>
      <a href={`#/units/${unit.id}/edit`}>Edit</a> <a href={`#/units/${unit.id}/upload`}>Add a photo</a>
    </p>
    <div className="photos">
      {unit.photos?.map(({ almaId, url }) => url && <img key={almaId} src={url} alt="" loading="lazy" />)}
    </div>
    <h2>Contracts</h2>
    <ul className="contracts">
      {unit.tenantContracts?.nodes.map(({ id, state, startDate, endDate, price, client }) => (
        <li key={id}>
          {startDate} to {endDate}: {price} {state?.toLowerCase()} {client?.lastName} {client?.email}
        </li>
      ))}
    </ul>
  </article>
);

/* The form. */

const fields = { header: "Header", goalRentCost: "Rent" } as const;
type Field = keyof typeof fields;
export type Values = Record<Field, string | null>;
export type Change = Partial<Values>;
const names = Object.keys(fields) as Field[];

interface EditFormProps {
  /** The record's values when the form was opened. */
  readonly unit: { readonly id: string } & { readonly [name in Field]?: string | null };
  /** Sends the changed fields with their previous values. Returns errors; none if it succeeded. */
  save(input: Change, expected: Change): Promise<readonly Fault[]>;
}

/** Sends only changed fields and their previous values, so that another user's change is not overwritten unseen. */
export function EditForm({ unit, save }: EditFormProps) {
  const [seen, setSeen] = useState<Values>({ header: unit.header ?? null, goalRentCost: unit.goalRentCost ?? null });
  const [values, setValues] = useState(seen);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [isSaving, setSaving] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const changed = names.filter((name) => values[name] !== seen[name]);
    const pick = (from: Values): Change => Object.fromEntries(changed.map((name) => [name, from[name]]));
    setSaving(true);
    const wrong = changed.length === 0 ? [] : await save(pick(values), pick(seen));
    setSaving(false);
    setFaults(wrong);
    if (wrong.length === 0) location.hash = `#/units/${unit.id}`;
  }

  /** The conflict is resolved: the user has seen the current value. */
  function settle(name: Field, now: string | null, isMine: boolean) {
    setSeen({ ...seen, [name]: now });
    if (!isMine) setValues({ ...values, [name]: now });
    setFaults(faults.filter((fault) => boxOf(fault) !== name));
  }

  const isConflict = ({ code, field }: Fault) => code === "CONFLICT" && field?.[0] === "expected";
  return (
    <form onSubmit={submit}>
      <Faults faults={faults.filter((fault) => !names.some((name) => name === boxOf(fault)))} />
      {names.map((name) => {
        const conflict = faults.find((fault) => isConflict(fault) && boxOf(fault) === name);
        return (
          <div key={name}>
            <Box name={name} label={fields[name]} faults={faults.filter((fault) => !isConflict(fault))}>
              <input
                name={name}
                value={values[name] ?? ""}
                onChange={({ target }) => setValues({ ...values, [name]: target.value === "" ? null : target.value })}
              />
            </Box>
            {conflict && <Conflict fault={conflict} seen={seen[name]} settle={(...how) => settle(name, ...how)} />}
          </div>
        );
      })}
      <button disabled={isSaving}>{isSaving ? "Saving…" : "Save"}</button> <a href={`#/units/${unit.id}`}>Cancel</a>
    </form>
  );
}

interface ConflictProps {
  readonly fault: Fault;
  readonly seen: string | null;
  settle(now: string | null, isMine: boolean): void;
}

/** Another user has changed a field since the form was opened. */
function Conflict({ fault: { now, change }, seen, settle }: ConflictProps) {
  const value = now === null || now === undefined ? null : String(now);
  return (
    <div className="conflict" role="alert">
      <p>
        You saw <b>{seen ?? "nothing"}</b>. Now it is <b>{value ?? "nothing"}</b>
        {change && `, since ${new Date(change.notAfter).toLocaleTimeString()}`}
        {change?.by?.name && `, by ${change.by.name}`}.
      </p>
      <button type="button" onClick={() => settle(value, true)}>
        Keep mine
      </button>{" "}
      <button type="button" onClick={() => settle(value, false)}>
        Take theirs
      </button>
    </div>
  );
}

/* The upload. */

interface UploadFormProps {
  readonly id: string;
  /** Adds the file to the unit's photos. Returns errors; none if it succeeded. */
  attach(file: number): Promise<readonly Fault[]>;
}

export function UploadForm({ id, attach }: UploadFormProps) {
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [isSending, setSending] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const file = new FormData(event.currentTarget).get("file") as File;
    setSending(true);
    const sent = await upload(file);
    const wrong = "error" in sent ? [{ message: sent.error }] : await attach(sent.id);
    setSending(false);
    setFaults(wrong);
    if (wrong.length === 0) location.hash = `#/units/${id}`;
  }

  return (
    <form onSubmit={submit}>
      <Faults faults={faults} />
      <Box name="file" label="Photo" faults={[]}>
        <input name="file" type="file" accept="image/*" required />
      </Box>
      <button disabled={isSending}>{isSending ? "Sending…" : "Add"}</button> <a href={`#/units/${id}`}>Cancel</a>
    </form>
  );
}

/* The live screen. */

interface Counts {
  readonly totalCount: number;
  readonly groups?: {
    readonly nodes: readonly { readonly count: number; readonly keys: { readonly status?: string | null } }[];
  } | null;
}

export interface ChangeLine {
  readonly cursor: string;
  readonly event: string;
  readonly recordId: string;
  readonly field?: string | null;
  readonly after?: string | null;
}

export const LiveView = ({ units, changes }: { readonly units?: Counts | null; readonly changes: readonly ChangeLine[] }) => (
  <>
    <h1>{units?.totalCount ?? "…"} units</h1>
    <table>
      <tbody>
        {units?.groups?.nodes.map(({ keys, count }) => (
          <tr key={keys.status}>
            <th>{keys.status ?? "none"}</th>
            <td>{count}</td>
          </tr>
        ))}
      </tbody>
    </table>
    <h2>Changes</h2>
    <ol className="changes">
      {changes.map(({ cursor, event, recordId, field, after }) => (
        <li key={cursor}>
          {event.toLowerCase()} {recordId} {field} {after}
        </li>
      ))}
    </ol>
  </>
);
