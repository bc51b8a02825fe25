import { createRoot } from "react-dom/client";
import { RelayEnvironmentProvider } from "react-relay";
import { App } from "../../shared/app.tsx";
import { environment } from "./relay.ts";
import * as screens from "./screens.tsx";

createRoot(document.getElementById("root") as HTMLElement).render(
  <RelayEnvironmentProvider environment={environment}>
    <App {...screens} />
  </RelayEnvironmentProvider>,
);
