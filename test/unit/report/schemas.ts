import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';

const folder = join(import.meta.dirname, '../../../schemas');
const read = (name: string): object => JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': /^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ },
});
ajv.addSchema(read('run.schema.json'), 'run.schema.json');
ajv.addSchema(read('status.schema.json'), 'status.schema.json');
const validate = ajv.compile(read('plan.schema.json'));
const validateController = ajv.compile(read('controller.schema.json'));

/** What schemas/controller.schema.json says against the document; empty when it is valid. */
export function controllerDocumentErrors(document: unknown): string[] {
  return validateController(JSON.parse(JSON.stringify(document)))
    ? []
    : (validateController.errors ?? []).map((error) => `${error.instancePath}: ${error.message ?? ''}`);
}

/** What schemas/plan.schema.json says against the document; empty when it is valid. */
export function schemaErrors(document: unknown): string[] {
  // As a reader sees it: undefined and the like would not survive.
  return validate(JSON.parse(JSON.stringify(document)))
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath}: ${error.message ?? ''}`);
}
