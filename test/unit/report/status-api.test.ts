import { expect, test } from 'vitest';
import { controllerDocument } from '../../../src/report/status/status-api.ts';
import { expectGolden } from './golden.ts';
import { controllerDocumentErrors } from './schemas.ts';
import { snapshots } from './snapshots.ts';

test.each(Object.entries(snapshots))('the document of %s keeps to its schema', (_, snapshot) => {
  expect(controllerDocumentErrors(controllerDocument(snapshot))).toEqual([]);
});

test('the document of copying', () => {
  expectGolden('controller-copying.json', `${JSON.stringify(controllerDocument(snapshots['copying']!), null, 2)}\n`);
});
