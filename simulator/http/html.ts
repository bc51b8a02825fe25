import type { ApiResponse } from "./route.ts";

/** An error page of Django with debugging off. */
export function htmlPage(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<head>
  <title>${title}</title>
</head>
<body>
  <h1>${title}</h1><p>${text}</p>
</body>
</html>
`;
}

/** Django's page for an unknown path. */
export const notFoundPage: ApiResponse = {
  status: 404,
  html: htmlPage("Not Found", "The requested resource was not found on this server."),
};

/** Django's page for an uncaught exception. */
export const serverErrorPage: ApiResponse = { status: 500, html: htmlPage("Server Error (500)", "") };

/** The page of a proxy that cannot reach Alma. */
export function proxyPage(status: number): ApiResponse {
  return {
    status,
    html: `<html>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  };
}
