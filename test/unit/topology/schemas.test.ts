import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { hostSchema, topologySchema } from '../../../src/topology/schema-types.ts';

// The commands take the schemas as they are, without this look at them.
test.each([
  ['topology', topologySchema],
  ['goatherd', hostSchema],
])('the schema of a %s file is a JSON Schema', (_, schema) => {
  const ajv = new Ajv2020();
  expect([ajv.validateSchema(schema), ajv.errors]).toEqual([true, null]);
  expect(ajv.validateSchema({ ...schema, type: 'nonsense' })).toBe(false);
});
