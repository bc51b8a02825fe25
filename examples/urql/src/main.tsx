import { createRoot } from "react-dom/client";
import { Provider } from "urql";
import { App } from "../../shared/app.tsx";
import * as screens from "./screens.tsx";
import { client } from "./urql.ts";

createRoot(document.getElementById("root") as HTMLElement).render(
  <Provider value={client}>
    <App {...screens} />
  </Provider>,
);
