import type { ApiResponse } from "./route.ts";

/** A page as Django prints it with debugging off. */
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

/** No such path: Django's own page, before Alma's code is reached. */
export const notFoundPage: ApiResponse = {
  status: 404,
  html: htmlPage("Not Found", "The requested resource was not found on this server."),
};

/** An exception that nobody caught. */
export const serverErrorPage: ApiResponse = { status: 500, html: htmlPage("Server Error (500)", "") };

/** What a proxy before Alma says when it cannot reach it. */
export function proxyPage(status: number): ApiResponse {
  return {
    status,
    html: `<html>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  };
}
