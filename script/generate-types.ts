import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';

const root = join(import.meta.dirname, '..');

/** The generated file, below the checkout. */
export const generatedPath = 'src/topology/schema-types.ts';

const schemas = [
  { file: 'schemas/topology.schema.json', type: 'TopologyFile', constant: 'topologySchema' },
  { file: 'schemas/goatherd.schema.json', type: 'HostFile', constant: 'hostSchema' },
];

/**
 * The text of `src/topology/schema-types.ts`: the raw file's types and the schemas themselves, which the pure rooms could not
 * read from disk and which the compiled package must find without its source tree.
 */
export async function generateTypes(): Promise<string> {
  const parts = ['// Made from schemas/*.schema.json by `node script/generate-types.ts`. Change the schemas, not this file.'];
  for (const { file, type, constant } of schemas) {
    const text = await readFile(join(root, file), 'utf8');
    const schema = JSON.parse(text) as JSONSchema & { title?: string };
    // The title names the type in the generator, and is prose in the reference.
    const types = await compile(named(schema, type), type, { bannerComment: '', format: false, ignoreMinAndMaxItems: true });
    parts.push(types, `export const ${constant} = ${text.trim()} as const;`);
  }
  const path = join(root, generatedPath);
  return format(parts.join('\n\n'), { ...(await resolveConfig(path)), parser: 'typescript' });
}

/** The schema without titles, which would become type names wherever they stand; definitions are named by their keys. */
function named(schema: JSONSchema, type: string): JSONSchema {
  const withoutTitles = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(withoutTitles);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (key === 'title' ? [] : [[key, withoutTitles(inner)]])));
  };
  return { ...(withoutTitles(schema) as JSONSchema), title: type };
}

if (import.meta.main) await writeFile(join(root, generatedPath), await generateTypes());
