// The page that shows the document, and everything that it loads: all of it comes from here.
import { readFile } from 'node:fs/promises'

/** One file of the page; `path` is relative to /docs. */
export type DocsFile = { path: string, type: string, content: () => Promise<string | Buffer> }

/** Nothing from elsewhere, nothing inline. The viewer's stylesheet holds its pictures as data. */
export const DOCS_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// Relative links, so that the page works behind a proxy that adds a prefix.
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mulegate</title>
<link rel="icon" type="image/png" href="docs/icon.png">
<link rel="stylesheet" href="docs/viewer.css">
</head>
<body>
<div id="viewer"></div>
<noscript>The document itself is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/viewer.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`

// Without the layout that has a field for other documents' addresses, and without the badge of a remote validator.
const START = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#viewer',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: null
})
`

/** Of Swagger UI, as the package @fastify/swagger-ui has it. */
function viewerFile (name: string): DocsFile['content'] {
  let content: Promise<Buffer> | undefined
  return () => {
    content ??= readFile(new URL(`static/${name}`, import.meta.resolve('@fastify/swagger-ui')))
    return content
  }
}

export const DOCS_PAGE: DocsFile = { path: '', type: 'text/html; charset=utf-8', content: async () => PAGE }

/** What the page loads. */
export const DOCS_FILES: readonly DocsFile[] = [
  { path: '/start.js', type: 'text/javascript; charset=utf-8', content: async () => START },
  { path: '/viewer.js', type: 'text/javascript; charset=utf-8', content: viewerFile('swagger-ui-bundle.js') },
  { path: '/viewer.css', type: 'text/css; charset=utf-8', content: viewerFile('swagger-ui.css') },
  { path: '/icon.png', type: 'image/png', content: viewerFile('favicon-32x32.png') }
]
