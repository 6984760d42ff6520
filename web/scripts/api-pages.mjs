// Adds to dist what describes the interface: openapi.json out of the hand-kept openapi.yaml, and two pages that show it,
// Swagger UI and Redoc, from their npm packages and without any other server. Names of their files get a hash.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(web, 'dist');
const pages = path.join(web, 'api-pages');
const packages = createRequire(import.meta.url);
const in_package = (name, file) => path.join(path.dirname(packages.resolve(`${name}/package.json`)), file);

const assets = [
  in_package('swagger-ui-dist', 'swagger-ui.css'),
  in_package('swagger-ui-dist', 'swagger-ui-bundle.js'),
  in_package('redoc', 'bundles/redoc.standalone.js'),
  path.join(pages, 'docs.js'),
  path.join(pages, 'redoc.js'),
  path.join(pages, 'redoc.css'),
];

// Redoc would fetch its logo from elsewhere; its name stays, the picture is an empty one.
const empty_picture = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';

function copy_hashed(file) {
  const text = readFileSync(file, 'utf8')
    .replace(/^\/[/*]# sourceMappingURL=.*$/m, '')
    .replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', empty_picture);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const { name, ext } = path.parse(file);
  writeFileSync(path.join(dist, 'docs-assets', `${name}-${hash}${ext}`), text);
  return [`/docs-assets/${name}${ext}`, `/docs-assets/${name}-${hash}${ext}`];
}

mkdirSync(path.join(dist, 'docs-assets'), { recursive: true });
const names = assets.map(copy_hashed);
for (const page of ['docs.html', 'redoc.html']) {
  let html = readFileSync(path.join(pages, page), 'utf8');
  for (const [plain, hashed] of names) html = html.replace(`"${plain}"`, `"${hashed}"`);
  writeFileSync(path.join(dist, page), html);
}

const document = path.join(web, '..', 'openapi.yaml');
if (!existsSync(document)) throw new Error(`${document} is missing: it is the source of /openapi.json`);
writeFileSync(path.join(dist, 'openapi.json'), JSON.stringify(parse(readFileSync(document, 'utf8'))));
