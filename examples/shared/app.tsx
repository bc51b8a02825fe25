import { type ComponentType, useState, useSyncExternalStore } from "react";
import type { State } from "../../client/index.ts";
import { gateway, signIn, signOut, tokenUrl } from "./gateway.ts";
import "./style.css";

/** The five screens, which each example builds with its client. */
export interface Screens {
  readonly List: ComponentType;
  readonly Record: ComponentType<{ readonly id: string }>;
  readonly Edit: ComponentType<{ readonly id: string }>;
  readonly Upload: ComponentType<{ readonly id: string }>;
  readonly Live: ComponentType;
}

const timeOf = (ms: number) => new Date(ms).toLocaleTimeString();

/** The data's freshness, in words. */
function describe(state: State): string {
  if (state?.kind === "live") return "Live";
  if (state?.kind === "polling") return `Refreshed every ${state.seconds} s`;
  if (state?.kind === "waiting") return `Waiting since ${timeOf(state.since)}. ${state.why ?? ""}`;
  return state?.kind === "signed out" ? "Signed out" : "";
}

const useHash = () =>
  useSyncExternalStore(
    (changed) => {
      addEventListener("hashchange", changed);
      return () => removeEventListener("hashchange", changed);
    },
    () => location.hash,
  );

export function App({ List, Record, Edit, Upload, Live }: Screens) {
  const state = useSyncExternalStore(gateway.onState, () => gateway.state);
  const [, , id = "", action] = useHash().split("/");
  const isLive = useHash() === "#/live";
  return (
    <>
      <header>
        <nav>
          <a href="#/units">Units</a> <a href="#/live">Live</a>
        </nav>
        <p role="status" className={state?.kind.replace(" ", "-")}>
          {describe(state)}
        </p>
        <button onClick={signOut}>Sign out</button>
      </header>
      {state?.kind === "signed out" && <SignIn />}
      <main>
        {isLive && <Live />}
        {!isLive && id === "" && <List />}
        {id !== "" && action === undefined && <Record key={id} id={id} />}
        {action === "edit" && <Edit key={id} id={id} />}
        {action === "upload" && <Upload key={id} id={id} />}
      </main>
    </>
  );
}

/** Shown above existing data, which stays. */
function SignIn() {
  const [wrong, setWrong] = useState<string>();
  const label = tokenUrl === undefined ? "Key" : "Name";
  return (
    <form
      className="sign-in"
      onSubmit={async (event) => {
        event.preventDefault();
        setWrong(await signIn(String(new FormData(event.currentTarget).get("name"))));
      }}
    >
      <label>
        {label}
        <input name="name" autoComplete="username" required />
        {wrong && <em>{wrong}</em>}
      </label>
      <button>Sign in</button>
    </form>
  );
}
