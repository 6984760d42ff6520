// openapi.yaml as a judge: which routes exist, and whether an answer is one of those it promises.
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from './server.mjs';

export const document = parse(fs.readFileSync(path.join(root, 'openapi.yaml'), 'utf8'));
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const ajv = new (Ajv2020.default ?? Ajv2020)({ strict: false, allErrors: true });
(addFormats.default ?? addFormats)(ajv);
ajv.addSchema(document, 'api');

function follow(node) {
    while (node?.$ref) node = node.$ref.slice(2).split('/').reduce((at, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    return node;
}

/** [{method: 'GET', path, id, operation}] */
export const operations = Object.entries(document.paths).flatMap(([route, item]) =>
    methods.filter((m) => item[m]).map((m) => ({ method: m.toUpperCase(), path: route, id: item[m].operationId, operation: item[m] })));

export const validator = (name) => ajv.compile({ $ref: `api#/components/schemas/${name}` });

/** Null when the answer is as documented, otherwise what is wrong with it. */
export function judge(operation, { status, headers, text, body }) {
    const documented = operation.responses[status] ?? operation.responses.default;
    if (!documented) return `status ${status} is not documented`;
    const response = follow(documented);
    for (const [name, header] of Object.entries(response.headers ?? {})) {
        if (header.required && !headers.get(name)) return `header ${name} is missing`;
    }
    if (!response.content) return text === '' ? null : `status ${status} must have no body: ${text.slice(0, 100)}`;
    const type = (headers.get('content-type') ?? '').split(';')[0].trim();
    const content = response.content[type];
    if (!content) return `content type ${type || '(none)'} is not documented for ${status}`;
    if (!/json/.test(type)) return null;
    const check = compiled(content.schema);
    return check(body) ? null : `${ajv.errorsText(check.errors)}: ${text.slice(0, 400)}`;
}

const checks = new WeakMap();
function compiled(schema) {
    if (!checks.has(schema)) checks.set(schema, ajv.compile(schemaAt(schema)));
    return checks.get(schema);
}

/** References inside a schema mean places in the document. */
function schemaAt(schema) {
    return JSON.parse(JSON.stringify(schema), (key, value) => (key === '$ref' && value.startsWith('#') ? `api${value}` : value));
}
