import { ApolloProvider } from "@apollo/client/react";
import { createRoot } from "react-dom/client";
import { App } from "../../shared/app.tsx";
import { client } from "./apollo.ts";
import * as screens from "./screens.tsx";

createRoot(document.getElementById("root") as HTMLElement).render(
  <ApolloProvider client={client}>
    <App {...screens} />
  </ApolloProvider>,
);
