import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { controllerDocument } from '../../../src/report/status-api.ts';
import { expectGolden } from './golden.ts';
import { snapshots } from './snapshots.ts';

const schema = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../../schemas/${name}.schema.json`), 'utf8')) as object;
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': /^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ },
});
ajv.addSchema(schema('run'), 'run.schema.json').addSchema(schema('status'), 'status.schema.json');
const validate = ajv.compile(schema('controller'));

test.each(Object.entries(snapshots))('the document of %s keeps to its schema', (_, snapshot) => {
  const document: unknown = JSON.parse(JSON.stringify(controllerDocument(snapshot)));
  expect([validate(document), validate.errors]).toEqual([true, null]);
});

test('the document of copying', () => {
  expectGolden('controller-copying.json', `${JSON.stringify(controllerDocument(snapshots['copying']!), null, 2)}\n`);
});
